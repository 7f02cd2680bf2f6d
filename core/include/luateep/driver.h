/* TEE driver: what a back end offers to the TEEP Agent.
 *
 * A driver stages, commits, reads, keeps sealed state, holds keys; the agent's ledger decides what
 * is installed. Nothing persistent changes before `txn_commit`. Drivers are synchronous; LTEEP_ERR_BUSY
 * means retry. A NULL entry means the back end lacks the operation (LTEEP_ERR_UNSUPPORTED). The
 * table only ever grows at its end; `size` is sizeof the table the driver was compiled against.
 */
#ifndef LTEEP_DRIVER_H
#define LTEEP_DRIVER_H

#include "luateep/bytes.h"
#include "luateep/crypto.h"
#include "luateep/status.h"

#define LTEEP_DRIVER_ABI 1

/* SUIT component identifier: an array of byte strings. */
typedef struct {
  const lteep_bytes *segments;
  size_t count;
} lteep_component_id;

/* Why a call failed, next to the portable status: the back end's own number and text. */
typedef struct {
  int64_t native;
  char text[120];
} lteep_driver_error;

typedef struct {
  const char *key;
  const char *value;
} lteep_driver_option;

typedef struct {
  uint64_t size;       /* bytes */
  int digest_alg;      /* COSE number, LTEEP_ALG_SHA256 */
  uint8_t digest[LTEEP_DIGEST_MAX];
  size_t digest_size;  /* 0: there is no such component */
} lteep_component_state;

typedef struct lteep_tee lteep_tee;         /* an open back end */
typedef struct lteep_tee_txn lteep_tee_txn; /* a transaction: all staged changes or none */
typedef struct lteep_tee_slot lteep_tee_slot; /* a component being staged */

typedef struct {
  unsigned abi;
  size_t size;
  const char *name;
  const char *version;
  const char *isolation; /* "none", "process", "trustzone", ... */
  bool hardware_root;    /* false = development only */

  lteep_status (*open)(const lteep_driver_option *options, size_t count, lteep_tee **tee,
                       lteep_driver_error *error);
  void (*close)(lteep_tee *tee);

  /* Component store. */
  lteep_status (*txn_begin)(lteep_tee *tee, lteep_tee_txn **txn, lteep_driver_error *error);
  lteep_status (*stage)(lteep_tee_txn *txn, const lteep_component_id *id, lteep_tee_slot **slot,
                        lteep_driver_error *error);
  lteep_status (*stage_write)(lteep_tee_slot *slot, lteep_bytes data, lteep_driver_error *error);
  lteep_status (*stage_end)(lteep_tee_slot *slot, lteep_component_state *state,
                            lteep_driver_error *error); /* durable when it returns */
  lteep_status (*stage_remove)(lteep_tee_txn *txn, const lteep_component_id *id,
                               lteep_driver_error *error);
  lteep_status (*txn_commit)(lteep_tee_txn *txn, lteep_driver_error *error); /* ends the txn */
  void (*txn_abort)(lteep_tee_txn *txn);                                     /* ends the txn */
  lteep_status (*probe)(lteep_tee *tee, const lteep_component_id *id, lteep_component_state *state,
                        lteep_driver_error *error); /* digest measured from the stored bytes */
  lteep_status (*read)(lteep_tee *tee, const lteep_component_id *id, uint64_t offset,
                       lteep_buffer *out, lteep_driver_error *error); /* fills up to capacity */

  /* Keys: private halves never leave. */
  lteep_status (*key_ensure)(lteep_tee *tee, const char *name, int alg, lteep_key_parts *public_parts,
                             lteep_driver_error *error); /* makes the key at its first use */
  lteep_status (*key_sign)(lteep_tee *tee, const char *name, lteep_bytes to_be_signed,
                           uint8_t signature[LTEEP_SIGNATURE_MAX], lteep_driver_error *error);

  /* Sealed state: small named values, replaced atomically and durably. */
  lteep_status (*seal_put)(lteep_tee *tee, const char *name, lteep_bytes value,
                           lteep_driver_error *error);
  lteep_status (*seal_get)(lteep_tee *tee, const char *name, lteep_buffer *out,
                           lteep_driver_error *error); /* NOT_FOUND; NO_ROOM sets out->size */
} lteep_driver;

/* Drivers compiled in, NULL-ended. */
const lteep_driver *const *lteep_drivers(void);

/* The compiled-in driver of this name, or NULL. */
const lteep_driver *lteep_driver_named(const char *name);

#endif
