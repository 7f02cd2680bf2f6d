/* Driver "sim": a TEE simulated by a folder. For development, tests and as the reference of the
 * conformance suite; it protects nothing from who can read the folder. Survives power cuts.
 *
 *   lock         held by the one process that has the folder open
 *   components/  one file a component, exactly its bytes; named by hex SHA-256 of the encoded id
 *   sealed/      sealed values, framed by sim_seal.c
 *   keys/        keys, framed likewise around a COSE_Key
 *   staged/      what is not committed; emptied at open
 */
#ifndef LTEEP_TEE_SIM_H
#define LTEEP_TEE_SIM_H

#include "luateep/driver.h"

extern const lteep_driver lteep_sim;

/* A name in staged/: a number in decimal. */
typedef char lteep_sim_staged[24];

typedef struct lteep_sim_key lteep_sim_key;

struct lteep_tee {
  int root, lock, components, sealed, keys, staged; /* descriptors, -1: not open */
  uint64_t next_staged;                             /* next free name in staged/ */
  lteep_sim_key *loaded;                            /* keys read so far */
};

/* Create a file with a fresh name in staged/. */
LTEEP_CHECKED lteep_status lteep_sim_create(lteep_tee *tee, lteep_sim_staged name, int *file,
                                            lteep_driver_error *error);

/* sim_store.c */
lteep_status lteep_sim_txn_begin(lteep_tee *tee, lteep_tee_txn **txn, lteep_driver_error *error);
lteep_status lteep_sim_stage(lteep_tee_txn *txn, const lteep_component_id *id,
                             lteep_tee_slot **slot, lteep_driver_error *error);
lteep_status lteep_sim_stage_write(lteep_tee_slot *slot, lteep_bytes data,
                                   lteep_driver_error *error);
lteep_status lteep_sim_stage_end(lteep_tee_slot *slot, lteep_component_state *state,
                                 lteep_driver_error *error);
void lteep_sim_stage_abort(lteep_tee_slot *slot);
lteep_status lteep_sim_stage_remove(lteep_tee_txn *txn, const lteep_component_id *id,
                                    lteep_driver_error *error);
lteep_status lteep_sim_txn_commit(lteep_tee_txn *txn, lteep_driver_error *error);
void lteep_sim_txn_abort(lteep_tee_txn *txn);
lteep_status lteep_sim_probe(lteep_tee *tee, const lteep_component_id *id,
                             lteep_component_state *state, lteep_driver_error *error);
lteep_status lteep_sim_read(lteep_tee *tee, const lteep_component_id *id, uint64_t offset,
                            lteep_buffer *out, lteep_driver_error *error);

/* sim_seal.c */
lteep_status lteep_sim_key_ensure(lteep_tee *tee, const char *name, int alg,
                                  lteep_key_parts *public_parts, lteep_driver_error *error);
lteep_status lteep_sim_key_sign(lteep_tee *tee, const char *name, lteep_bytes to_be_signed,
                                uint8_t signature[LTEEP_SIGNATURE_MAX], lteep_driver_error *error);
lteep_status lteep_sim_key_agree(lteep_tee *tee, const char *name, const lteep_key_parts *peer,
                                 uint8_t shared[LTEEP_COORDINATE_MAX], lteep_driver_error *error);
lteep_status lteep_sim_seal_put(lteep_tee *tee, const char *name, lteep_bytes value,
                                lteep_driver_error *error);
lteep_status lteep_sim_seal_get(lteep_tee *tee, const char *name, lteep_buffer *out,
                                lteep_driver_error *error);
void lteep_sim_forget_keys(lteep_tee *tee);

#endif
