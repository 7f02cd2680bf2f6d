/* TEE driver: what a back end offers to the TEEP Agent.
 *
 * A driver stages, commits, reads, keeps sealed state, holds keys; the agent's ledger decides what
 * is installed. Nothing persistent changes before `txn_commit`. Drivers are synchronous;
 * LTEEP_ERR_BUSY means retry. A NULL entry means the back end lacks the operation
 * (LTEEP_ERR_UNSUPPORTED). The table only ever grows at its end; `size` is sizeof the table the
 * driver was compiled against.
 *
 * Every call returns a portable status and, when it fails, may put the reason of the back end into
 * `error` (never NULL, zeroed by the caller). Statuses any call may return: NO_SPACE, IO_FAILED,
 * DENIED, CORRUPT, BUSY, NO_MEMORY, and those of the digest and key functions in crypto.h.
 */
#ifndef LTEEP_DRIVER_H
#define LTEEP_DRIVER_H

#include "luateep/bytes.h"
#include "luateep/crypto.h"
#include "luateep/status.h"

#define LTEEP_DRIVER_ABI 1

/* Largest sealed value in bytes; a larger one is TOO_LARGE. */
#define LTEEP_SEALED_MAX ((size_t)1 << 20)

/* Longest name of a key or a sealed value in bytes. */
#define LTEEP_DRIVER_NAME_MAX 32

/* SUIT component identifier: an array of byte strings. */
typedef struct {
  const lteep_bytes *segments;
  size_t count;
} lteep_component_id;

/* Why a call failed, next to the portable status: the back end's own number and text. */
typedef struct {
  int64_t native; /* errno for a driver over files; 0: none */
  char text[120];
} lteep_driver_error;

typedef struct {
  const char *key;
  const char *value;
} lteep_driver_option;

typedef struct {
  uint64_t size;  /* bytes; 0 is a valid size */
  int digest_alg; /* COSE number, LTEEP_ALG_SHA256 */
  uint8_t digest[LTEEP_DIGEST_MAX];
  size_t digest_size; /* 0: there is no such component */
} lteep_component_state;

typedef struct lteep_tee lteep_tee;           /* an open back end */
typedef struct lteep_tee_txn lteep_tee_txn;   /* a transaction: all staged changes or none */
typedef struct lteep_tee_slot lteep_tee_slot; /* a component being staged; its txn owns it */

typedef struct {
  unsigned abi;
  size_t size;
  const char *name;
  const char *version;
  const char *isolation; /* "none", "process", "trustzone", ... */
  bool hardware_root;    /* false = development only */

  /* CONFIG_INVALID: an option is missing or unknown. BUSY: in use elsewhere. */
  lteep_status (*open)(const lteep_driver_option *options, size_t count, lteep_tee **tee,
                       lteep_driver_error *error);
  void (*close)(lteep_tee *tee); /* every txn has ended before */

  /* Component store. A driver with txn_begin has stage to stage_abort, txn_commit and txn_abort. A
   * later change to the same component replaces the earlier one in its txn. */
  lteep_status (*txn_begin)(lteep_tee *tee, lteep_tee_txn **txn, lteep_driver_error *error);
  lteep_status (*stage)(lteep_tee_txn *txn, const lteep_component_id *id, lteep_tee_slot **slot,
                        lteep_driver_error *error);
  /* After a failed write or end the slot is aborted. Calls on an aborted or ended slot: CONFLICT.
   */
  lteep_status (*stage_write)(lteep_tee_slot *slot, lteep_bytes data, lteep_driver_error *error);
  lteep_status (*stage_end)(lteep_tee_slot *slot, lteep_component_state *state,
                            lteep_driver_error *error); /* the bytes are durable when it returns */
  /* Forget what was staged in the slot: the component stays as it was before the txn. */
  void (*stage_abort)(lteep_tee_slot *slot);
  /* Removing a component that is absent succeeds: the wanted state holds. */
  lteep_status (*stage_remove)(lteep_tee_txn *txn, const lteep_component_id *id,
                               lteep_driver_error *error);
  /* Ends the txn, whatever it returns. OK: every change is durable. INDETERMINATE: some changes
   * may have been made, probe tells which. Any other status: nothing has changed (CONFLICT: a slot
   * was neither ended nor aborted). */
  lteep_status (*txn_commit)(lteep_tee_txn *txn, lteep_driver_error *error);
  void (*txn_abort)(lteep_tee_txn *txn); /* ends the txn */
  /* The digest is measured from the stored bytes. OK with digest_size 0: no such component. */
  lteep_status (*probe)(lteep_tee *tee, const lteep_component_id *id, lteep_component_state *state,
                        lteep_driver_error *error);
  /* Appends bytes from `offset` on, up to capacity; fewer only at the end. NOT_FOUND. */
  lteep_status (*read)(lteep_tee *tee, const lteep_component_id *id, uint64_t offset,
                       lteep_buffer *out, lteep_driver_error *error);

  /* Keys and sealed values have names of lteep_driver_name_valid, else NAME_INVALID.
   * Keys: private halves never leave. A damaged key is CORRUPT and never made anew. */

  /* Makes the key at its first use, for signatures or key agreement. WRONG_KEY: it exists with
   * another algorithm. */
  lteep_status (*key_ensure)(lteep_tee *tee, const char *name, int alg,
                             lteep_key_parts *public_parts, lteep_driver_error *error);
  lteep_status (*key_sign)(lteep_tee *tee, const char *name, lteep_bytes to_be_signed,
                           uint8_t signature[LTEEP_SIGNATURE_MAX],
                           lteep_driver_error *error); /* NOT_FOUND */
  /* Optional. ECDH with `peer`, whose point was checked: lteep_curve_size bytes of the shared
   * x-coordinate. NOT_FOUND, WRONG_KEY, BAD_KEY (another curve, an all-zero result). */
  lteep_status (*key_agree)(lteep_tee *tee, const char *name, const lteep_key_parts *peer,
                            uint8_t shared[LTEEP_COORDINATE_MAX], lteep_driver_error *error);

  /* Sealed state: small named values, replaced atomically and durably. TOO_LARGE. INDETERMINATE:
   * it is unknown whether the old or the new value will be there. */
  lteep_status (*seal_put)(lteep_tee *tee, const char *name, lteep_bytes value,
                           lteep_driver_error *error);
  /* Appends the value. NOT_FOUND; NO_ROOM adds to out->size what would have been appended. */
  lteep_status (*seal_get)(lteep_tee *tee, const char *name, lteep_buffer *out,
                           lteep_driver_error *error);
} lteep_driver;

/* Drivers compiled in, NULL-ended. */
const lteep_driver *const *lteep_drivers(void);

/* The compiled-in driver of this name, or NULL. */
const lteep_driver *lteep_driver_named(const char *name);

/* Whether `name` is 1 to LTEEP_DRIVER_NAME_MAX of a-z, 0-9, `_` and `-`. */
bool lteep_driver_name_valid(const char *name);

#endif
