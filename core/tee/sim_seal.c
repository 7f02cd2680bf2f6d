/* Sealed values and keys of the simulated TEE. Both are sealed files:
 *
 *   8 bytes   "LTSEAL1\n"
 *   32 bytes  SHA-256 of name, a zero byte, and value
 *   the value; of a key its COSE_Key with the private part
 *
 * The digest finds damage and files put under another name. It is no protection against someone
 * who writes to the folder, nor against the return of an old file.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "luateep/cose.h"
#include "sim.h"

#define DIGEST_SIZE 32
static const uint8_t magic[8] = {'L', 'T', 'S', 'E', 'A', 'L', '1', '\n'};

typedef struct {
  uint8_t magic[sizeof magic];
  uint8_t digest[DIGEST_SIZE];
} frame;

struct lteep_sim_key {
  lteep_sim_key *next;
  lteep_key *key;
  char name[LTEEP_DRIVER_NAME_MAX + 1];
};

static lteep_status check_name(const char *name, lteep_driver_error *error) {
  if (lteep_driver_name_valid(name)) return LTEEP_OK;
  return lteep_file_refuse(error, LTEEP_ERR_NAME_INVALID,
                           "name \"%.40s\": want 1 to %d of a-z 0-9 _ -", name,
                           LTEEP_DRIVER_NAME_MAX);
}

static lteep_status frame_of(const char *name, lteep_bytes value, frame *made) {
  uint8_t digest[LTEEP_DIGEST_MAX];
  size_t size;
  lteep_hash hash;
  lteep_status status = lteep_hash_start(&hash, LTEEP_ALG_SHA256);
  if (status) return status;
  status = lteep_hash_update(&hash, (lteep_bytes){(const uint8_t *)name, strlen(name) + 1});
  if (!status) status = lteep_hash_update(&hash, value);
  if (status) {
    lteep_hash_abort(&hash);
    return status;
  }
  status = lteep_hash_finish(&hash, digest, &size);
  memcpy(made->magic, magic, sizeof magic);
  memcpy(made->digest, digest, DIGEST_SIZE);
  return status;
}

static lteep_status write_sealed(int file, const char *name, lteep_bytes value,
                                 lteep_driver_error *error) {
  frame made;
  lteep_status status = frame_of(name, value, &made);
  if (!status)
    status = lteep_file_write(file, (lteep_bytes){(const uint8_t *)&made, sizeof made}, error);
  if (!status) status = lteep_file_write(file, value, error);
  if (!status) status = lteep_file_sync(file, error);
  return status;
}

/* Replace a sealed file; `folder` is tee->sealed or tee->keys. */
static lteep_status put_sealed(lteep_tee *tee, int folder, const char *name, lteep_bytes value,
                               lteep_driver_error *error) {
  lteep_sim_staged staged;
  int file;
  lteep_status status = lteep_sim_create(tee, staged, &file, error);
  if (status) return status;
  status = write_sealed(file, name, value, error);
  close(file);
  if (!status) status = lteep_file_move(tee->staged, staged, folder, name, error);
  if (status) {
    lteep_driver_error second = {0}; /* the first failure is the one to tell */
    (void)!lteep_file_remove(tee->staged, staged, NULL, &second);
    return status;
  }
  return lteep_folder_sync(folder, error) ? LTEEP_ERR_INDETERMINATE : LTEEP_OK;
}

static lteep_status read_sealed(int file, uint64_t size, const char *name, lteep_buffer *out,
                                lteep_driver_error *error) {
  frame found, wanted;
  lteep_buffer head = {(uint8_t *)&found, 0, sizeof found};
  lteep_buffer value = {out->at + out->size, 0, (size_t)size - sizeof found};
  lteep_status status = lteep_file_read(file, 0, &head, error);
  if (!status) status = lteep_file_read(file, sizeof found, &value, error);
  if (!status) status = frame_of(name, lteep_buffer_view(&value), &wanted);
  if (status) return status;
  if (head.size < sizeof found || memcmp(&found, &wanted, sizeof found) != 0)
    return lteep_file_refuse(error, LTEEP_ERR_CORRUPT, "%s: content and checksum differ", name);
  out->size += value.size;
  return LTEEP_OK;
}

/* Append the value of a sealed file. NOT_FOUND, CORRUPT, NO_ROOM as seal_get. */
static lteep_status get_sealed(int folder, const char *name, lteep_buffer *out,
                               lteep_driver_error *error) {
  int file;
  uint64_t size;
  lteep_status status = lteep_file_open(folder, name, &file, &size, error);
  if (status) return status;
  if (size < sizeof(frame) || size > sizeof(frame) + LTEEP_SEALED_MAX) {
    status = lteep_file_refuse(error, LTEEP_ERR_CORRUPT, "%s: has an impossible size", name);
  } else if (size - sizeof(frame) > out->capacity - out->size) {
    out->size += (size_t)size - sizeof(frame);
    status = LTEEP_ERR_NO_ROOM;
  } else {
    status = read_sealed(file, size, name, out, error);
  }
  close(file);
  return status;
}

lteep_status lteep_sim_seal_put(lteep_tee *tee, const char *name, lteep_bytes value,
                                lteep_driver_error *error) {
  lteep_status status = check_name(name, error);
  if (status) return status;
  if (value.size > LTEEP_SEALED_MAX)
    return lteep_file_refuse(error, LTEEP_ERR_TOO_LARGE, "%s: %zu bytes, want at most %zu", name,
                             value.size, LTEEP_SEALED_MAX);
  return put_sealed(tee, tee->sealed, name, value, error);
}

lteep_status lteep_sim_seal_get(lteep_tee *tee, const char *name, lteep_buffer *out,
                                lteep_driver_error *error) {
  lteep_status status = check_name(name, error);
  return status ? status : get_sealed(tee->sealed, name, out, error);
}

/* Keep a key handle for later calls; takes it over. */
static lteep_status remember(lteep_tee *tee, const char *name, lteep_key *key) {
  lteep_sim_key *entry = calloc(1, sizeof *entry);
  if (!entry) {
    lteep_key_free(key);
    return LTEEP_ERR_NO_MEMORY;
  }
  memcpy(entry->name, name, strlen(name));
  entry->key = key;
  entry->next = tee->loaded;
  tee->loaded = entry;
  return LTEEP_OK;
}

void lteep_sim_forget_keys(lteep_tee *tee) {
  while (tee->loaded) {
    lteep_sim_key *entry = tee->loaded;
    tee->loaded = entry->next;
    lteep_key_free(entry->key);
    free(entry);
  }
}

static bool is_environment(lteep_status status) {
  return status == LTEEP_ERR_NO_MEMORY || status == LTEEP_ERR_CRYPTO_FAILED;
}

/* From the bytes of a key file; whatever is wrong with them is damage. */
static lteep_status import_key(lteep_bytes cose_key, const char *name, lteep_key **key,
                               lteep_driver_error *error) {
  lteep_key_parts parts;
  lteep_status status = lteep_cose_key_read(cose_key, &parts);
  if (!status && !parts.has_private) status = LTEEP_ERR_NO_PRIVATE_KEY;
  if (!status) status = lteep_key_import(&parts, key);
  lteep_wipe(&parts, sizeof parts);
  if (!status || is_environment(status)) return status;
  return lteep_file_refuse(error, LTEEP_ERR_CORRUPT, "key %s: %s", name,
                           lteep_status_sentence(status));
}

/* The key as stored. NOT_FOUND, CORRUPT. */
static lteep_status load_key(lteep_tee *tee, const char *name, lteep_driver_error *error) {
  uint8_t bytes[LTEEP_COSE_KEY_MAX];
  lteep_buffer cose_key = {bytes, 0, sizeof bytes};
  lteep_key *key;
  lteep_status status = get_sealed(tee->keys, name, &cose_key, error);
  if (status == LTEEP_ERR_NO_ROOM)
    status = lteep_file_refuse(error, LTEEP_ERR_CORRUPT, "key %s: is too large", name);
  else if (!status)
    status = import_key(lteep_buffer_view(&cose_key), name, &key, error);
  lteep_wipe(bytes, sizeof bytes);
  return status ? status : remember(tee, name, key);
}

static lteep_status store_key(lteep_tee *tee, const char *name, const lteep_key *key,
                              lteep_driver_error *error) {
  uint8_t bytes[LTEEP_COSE_KEY_MAX];
  lteep_buffer cose_key = {bytes, 0, sizeof bytes};
  lteep_key_parts parts;
  lteep_status status = lteep_key_private_parts(key, &parts);
  if (!status) status = lteep_cose_key_write(&parts, true, &cose_key);
  if (!status) status = put_sealed(tee, tee->keys, name, lteep_buffer_view(&cose_key), error);
  lteep_wipe(&parts, sizeof parts);
  lteep_wipe(bytes, sizeof bytes);
  return status;
}

static lteep_status make_key(lteep_tee *tee, const char *name, int alg, lteep_driver_error *error) {
  lteep_key *key;
  const lteep_algorithm *algorithm = lteep_algorithm_find(alg);
  if (!algorithm || algorithm->kty == LTEEP_KTY_SYMMETRIC) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  lteep_status status = lteep_key_generate(alg, &key);
  if (status) return status;
  status = store_key(tee, name, key, error);
  if (!status) return remember(tee, name, key);
  lteep_key_free(key);
  return status;
}

static const lteep_sim_key *loaded_key(const lteep_tee *tee, const char *name) {
  const lteep_sim_key *entry = tee->loaded;
  while (entry && strcmp(entry->name, name) != 0) entry = entry->next;
  return entry;
}

/* The key, read from its file at its first use. */
static lteep_status find_key(lteep_tee *tee, const char *name, const lteep_key **key,
                             lteep_driver_error *error) {
  lteep_status status = check_name(name, error);
  const lteep_sim_key *entry = status ? NULL : loaded_key(tee, name);
  if (!status && !entry) {
    status = load_key(tee, name, error);
    entry = tee->loaded;
  }
  if (!status) *key = entry->key;
  return status;
}

lteep_status lteep_sim_key_ensure(lteep_tee *tee, const char *name, int alg,
                                  lteep_key_parts *public_parts, lteep_driver_error *error) {
  const lteep_key *key;
  lteep_status status = find_key(tee, name, &key, error);
  if (status == LTEEP_ERR_NOT_FOUND) {
    status = make_key(tee, name, alg, error);
    if (!status) key = tee->loaded->key;
  }
  if (status) return status;
  if (lteep_key_algorithm(key) != alg)
    return lteep_file_refuse(error, LTEEP_ERR_WRONG_KEY, "key %s: has algorithm %d, want %d", name,
                             lteep_key_algorithm(key), alg);
  lteep_key_public_parts(key, public_parts);
  return LTEEP_OK;
}

lteep_status lteep_sim_key_sign(lteep_tee *tee, const char *name, lteep_bytes to_be_signed,
                                uint8_t signature[LTEEP_SIGNATURE_MAX], lteep_driver_error *error) {
  const lteep_key *key;
  lteep_status status = find_key(tee, name, &key, error);
  return status ? status : lteep_key_sign(key, to_be_signed, signature);
}

lteep_status lteep_sim_key_agree(lteep_tee *tee, const char *name, const lteep_key_parts *peer,
                                 uint8_t shared[LTEEP_COORDINATE_MAX], lteep_driver_error *error) {
  const lteep_key *key;
  size_t size;
  lteep_status status = find_key(tee, name, &key, error);
  return status ? status : lteep_key_agree(key, peer, shared, &size);
}
