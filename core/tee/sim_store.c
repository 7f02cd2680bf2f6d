/* Components and transactions of the simulated TEE. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "luateep/cbor.h"
#include "sim.h"

#define SHA256_SIZE 32

/* Bytes measured per read when a component is probed. */
#define CHUNK 8192

typedef char component_name[2 * SHA256_SIZE + 1];

typedef enum { WRITING, STAGED, REMOVAL, ENDED } slot_state;

/* One change of a transaction; what `stage` gives out is such a change. */
struct lteep_tee_slot {
  lteep_tee_slot *next;
  lteep_tee *tee;
  slot_state state;
  component_name component;
  lteep_sim_staged staged; /* WRITING and STAGED */
  int file;                /* WRITING */
  lteep_hash hash;         /* WRITING */
  uint64_t size;
};

struct lteep_tee_txn {
  lteep_tee *tee;
  lteep_tee_slot *first; /* in the order of staging */
  lteep_tee_slot **end;
};

static lteep_status hash_head(lteep_hash *hash, uint8_t major, uint64_t value) {
  uint8_t head[9];
  lteep_buffer out = {head, 0, sizeof head};
  lteep_writer writer = lteep_writer_on(&out);
  lteep_write_uint(&writer, value);
  head[0] = (uint8_t)(head[0] | major << 5);
  return lteep_hash_update(hash, lteep_buffer_view(&out));
}

static lteep_status hash_id(lteep_hash *hash, const lteep_component_id *id) {
  lteep_status status = hash_head(hash, LTEEP_CBOR_ARRAY, id->count);
  for (size_t i = 0; !status && i < id->count; i++) {
    status = hash_head(hash, LTEEP_CBOR_BYTES, id->segments[i].size);
    if (!status) status = lteep_hash_update(hash, id->segments[i]);
  }
  return status;
}

/* The file name of a component: hex SHA-256 of the encoded identifier, so that no byte of an
 * identifier ever reaches the file system (D18). */
static lteep_status name_of(const lteep_component_id *id, component_name name) {
  static const char digits[] = "0123456789abcdef";
  uint8_t digest[LTEEP_DIGEST_MAX];
  size_t size;
  lteep_hash hash;
  lteep_status status = lteep_hash_start(&hash, LTEEP_ALG_SHA256);
  if (status) return status;
  status = hash_id(&hash, id);
  if (status) {
    lteep_hash_abort(&hash);
    return status;
  }
  status = lteep_hash_finish(&hash, digest, &size);
  for (size_t i = 0; !status && i < SHA256_SIZE; i++) {
    name[2 * i] = digits[digest[i] >> 4];
    name[2 * i + 1] = digits[digest[i] & 15];
  }
  name[2 * SHA256_SIZE] = '\0';
  return status;
}

lteep_status lteep_sim_txn_begin(lteep_tee *tee, lteep_tee_txn **txn, lteep_driver_error *error) {
  (void)error;
  lteep_tee_txn *begun = malloc(sizeof *begun);
  if (!begun) return LTEEP_ERR_NO_MEMORY;
  *begun = (lteep_tee_txn){tee, NULL, &begun->first};
  *txn = begun;
  return LTEEP_OK;
}

void lteep_sim_stage_abort(lteep_tee_slot *slot) {
  lteep_driver_error ignored = {0}; /* what cannot be removed now is removed at the next open */
  if (slot->state == WRITING) {
    lteep_hash_abort(&slot->hash);
    close(slot->file);
  }
  if (slot->state == WRITING || slot->state == STAGED)
    (void)!lteep_file_remove(slot->tee->staged, slot->staged, NULL, &ignored);
  slot->state = ENDED;
}

/* A new last change, which replaces earlier ones to the same component. */
static lteep_status add_change(lteep_tee_txn *txn, const lteep_component_id *id,
                               lteep_tee_slot **slot) {
  component_name name;
  lteep_status status = name_of(id, name);
  if (status) return status;
  lteep_tee_slot *added = calloc(1, sizeof *added);
  if (!added) return LTEEP_ERR_NO_MEMORY;
  for (lteep_tee_slot *earlier = txn->first; earlier; earlier = earlier->next)
    if (strcmp(earlier->component, name) == 0) lteep_sim_stage_abort(earlier);
  added->tee = txn->tee;
  added->state = ENDED;
  memcpy(added->component, name, sizeof name);
  *txn->end = added;
  txn->end = &added->next;
  *slot = added;
  return LTEEP_OK;
}

lteep_status lteep_sim_stage(lteep_tee_txn *txn, const lteep_component_id *id,
                             lteep_tee_slot **slot, lteep_driver_error *error) {
  lteep_tee_slot *added;
  lteep_status status = add_change(txn, id, &added);
  if (!status) status = lteep_hash_start(&added->hash, LTEEP_ALG_SHA256);
  if (status) return status;
  status = lteep_sim_create(txn->tee, added->staged, &added->file, error);
  if (status) {
    lteep_hash_abort(&added->hash);
    return status;
  }
  added->state = WRITING;
  *slot = added;
  return LTEEP_OK;
}

static lteep_status not_writing(lteep_driver_error *error) {
  return lteep_file_refuse(error, LTEEP_ERR_CONFLICT, "the slot was ended or aborted before");
}

lteep_status lteep_sim_stage_write(lteep_tee_slot *slot, lteep_bytes data,
                                   lteep_driver_error *error) {
  if (slot->state != WRITING) return not_writing(error);
  lteep_status status = lteep_file_write(slot->file, data, error);
  if (!status) status = lteep_hash_update(&slot->hash, data);
  if (status) lteep_sim_stage_abort(slot);
  slot->size += data.size;
  return status;
}

lteep_status lteep_sim_stage_end(lteep_tee_slot *slot, lteep_component_state *state,
                                 lteep_driver_error *error) {
  if (slot->state != WRITING) return not_writing(error);
  lteep_status status = lteep_file_sync(slot->file, error);
  if (status) {
    lteep_sim_stage_abort(slot);
    return status;
  }
  close(slot->file);
  slot->state = STAGED;
  *state = (lteep_component_state){.size = slot->size, .digest_alg = LTEEP_ALG_SHA256};
  status = lteep_hash_finish(&slot->hash, state->digest, &state->digest_size);
  if (status) lteep_sim_stage_abort(slot);
  return status;
}

lteep_status lteep_sim_stage_remove(lteep_tee_txn *txn, const lteep_component_id *id,
                                    lteep_driver_error *error) {
  (void)error;
  lteep_tee_slot *added;
  lteep_status status = add_change(txn, id, &added);
  if (!status) added->state = REMOVAL;
  return status;
}

void lteep_sim_txn_abort(lteep_tee_txn *txn) {
  for (lteep_tee_slot *slot = txn->first, *next; slot; slot = next) {
    next = slot->next;
    lteep_sim_stage_abort(slot);
    free(slot);
  }
  free(txn);
}

static lteep_status check_ended(const lteep_tee_txn *txn, lteep_driver_error *error) {
  for (const lteep_tee_slot *slot = txn->first; slot; slot = slot->next)
    if (slot->state == WRITING)
      return lteep_file_refuse(error, LTEEP_ERR_CONFLICT, "a component is still being written");
  return LTEEP_OK;
}

static lteep_status apply(lteep_tee_slot *slot, bool *changed, lteep_driver_error *error) {
  lteep_tee *tee = slot->tee;
  lteep_status status = LTEEP_OK;
  bool done = false;
  if (slot->state == STAGED) {
    status = lteep_file_move(tee->staged, slot->staged, tee->components, slot->component, error);
    done = !status;
  } else if (slot->state == REMOVAL) {
    status = lteep_file_remove(tee->components, slot->component, &done, error);
  }
  if (done) slot->state = ENDED;
  *changed |= done;
  return status;
}

lteep_status lteep_sim_txn_commit(lteep_tee_txn *txn, lteep_driver_error *error) {
  bool changed = false;
  lteep_status status = check_ended(txn, error);
  for (lteep_tee_slot *slot = txn->first; !status && slot; slot = slot->next)
    status = apply(slot, &changed, error);
  if (changed) {
    lteep_driver_error second = {0}; /* the first failure is the one to tell */
    lteep_status synced = lteep_folder_sync(txn->tee->components, status ? &second : error);
    if (status || synced) status = LTEEP_ERR_INDETERMINATE;
  }
  lteep_sim_txn_abort(txn);
  return status;
}

static lteep_status measure(int file, lteep_component_state *state, lteep_driver_error *error) {
  uint8_t chunk[CHUNK];
  lteep_hash hash;
  lteep_status status = lteep_hash_start(&hash, state->digest_alg);
  if (status) return status;
  lteep_buffer read;
  do {
    read = (lteep_buffer){chunk, 0, sizeof chunk};
    status = lteep_file_read(file, state->size, &read, error);
    if (!status) status = lteep_hash_update(&hash, lteep_buffer_view(&read));
    state->size += read.size;
  } while (!status && read.size == read.capacity);
  if (!status) return lteep_hash_finish(&hash, state->digest, &state->digest_size);
  lteep_hash_abort(&hash);
  return status;
}

/* Open the file of a component. NOT_FOUND. */
static lteep_status open_component(lteep_tee *tee, const lteep_component_id *id, int *file,
                                   lteep_driver_error *error) {
  component_name name;
  uint64_t size;
  lteep_status status = name_of(id, name);
  return status ? status : lteep_file_open(tee->components, name, file, &size, error);
}

lteep_status lteep_sim_probe(lteep_tee *tee, const lteep_component_id *id,
                             lteep_component_state *state, lteep_driver_error *error) {
  int file;
  *state = (lteep_component_state){.digest_alg = LTEEP_ALG_SHA256};
  lteep_status status = open_component(tee, id, &file, error);
  if (status == LTEEP_ERR_NOT_FOUND) return LTEEP_OK;
  if (status) return status;
  status = measure(file, state, error);
  close(file);
  return status;
}

lteep_status lteep_sim_read(lteep_tee *tee, const lteep_component_id *id, uint64_t offset,
                            lteep_buffer *out, lteep_driver_error *error) {
  int file;
  lteep_status status = open_component(tee, id, &file, error);
  if (status) return status;
  status = lteep_file_read(file, offset, out, error);
  close(file);
  return status;
}
