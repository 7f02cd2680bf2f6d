/* COSE in C: room and NO_ROOM, every prefix, every byte changed, keys that fail, COSE_Key sizes.
 * Run under AddressSanitizer this shows that nothing outside of the input is read. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "luateep/cose.h"

static const lteep_bytes payload = {(const uint8_t *)"payload", 7};
static const int esp256[] = {LTEEP_ALG_ESP256};

static lteep_key *generate(size_t kid_size) {
  lteep_key *made = NULL, *key = NULL;
  lteep_key_parts parts;
  CHECK(lteep_key_generate(LTEEP_ALG_ESP256, &made) == LTEEP_OK);
  CHECK(lteep_key_private_parts(made, &parts) == LTEEP_OK);
  memset(parts.kid, 'k', kid_size);
  parts.kid_size = kid_size;
  CHECK(lteep_key_import(&parts, &key) == LTEEP_OK);
  lteep_key_free(made);
  return key;
}

/* Parse and verify a copy that ends exactly where its memory ends. */
static lteep_status check_copy(lteep_bytes input, const lteep_key *key) {
  uint8_t *copy = malloc(input.size ? input.size : 1);
  lteep_cose_message message;
  size_t offset = 0, signer, index;
  if (input.size) memcpy(copy, input.at, input.size);
  lteep_status status = lteep_cose_parse((lteep_bytes){copy, input.size}, &message, &offset);
  CHECK(status == LTEEP_OK || offset <= input.size);
  lteep_cose_verify_options options = {
      .keys = &key, .key_count = 1, .algorithms = esp256, .algorithm_count = 1};
  if (status == LTEEP_OK) status = lteep_cose_verify(&message, &options, &signer, &index, NULL);
  free(copy);
  return status;
}

typedef lteep_status (*sign_function)(const lteep_cose_sign_options *, lteep_buffer *);

/* Signing into every capacity: NO_ROOM and nothing written, or the whole message. */
static void room(sign_function sign, size_t keys, size_t kid_size) {
  lteep_key *key = generate(kid_size);
  const lteep_key *list[LTEEP_COSE_SIGNERS_MAX + 1];
  for (size_t i = 0; i < keys; i++) list[i] = key;
  lteep_cose_sign_options options = {.keys = list, .key_count = keys, .payload = payload};
  size_t enough = lteep_cose_sign_room(&options), whole = 0;
  for (size_t capacity = 0; capacity <= enough; capacity += keys > 1 ? 29 : 1) {
    uint8_t *memory = malloc(capacity ? capacity : 1);
    lteep_buffer out = {memory, 0, capacity};
    lteep_status status = sign(&options, &out);
    CHECK(status == LTEEP_OK || (status == LTEEP_ERR_NO_ROOM && out.size == 0));
    if (status == LTEEP_OK && whole == 0)
      CHECK(check_copy(lteep_buffer_view(&out), key) == LTEEP_OK);
    if (status == LTEEP_OK) whole = out.size;
    free(memory);
  }
  CHECK(whole > 0 && whole <= enough);
  lteep_key_free(key);
}

static void wrong_numbers_of_certificates(const lteep_key *key) {
  uint8_t memory[512];
  lteep_buffer out = {memory, 0, sizeof memory};
  lteep_bytes chain[LTEEP_COSE_CHAIN_MAX + 1];
  for (size_t i = 0; i <= LTEEP_COSE_CHAIN_MAX; i++) chain[i] = payload;
  lteep_cose_sign_options options = {
      .keys = &key, .key_count = 1, .payload = payload, .chain = chain, .chain_count = 9};
  CHECK(lteep_cose_sign1(&options, &out) == LTEEP_ERR_SIZE_OUT_OF_RANGE);
  options.chain_count = 8;
  CHECK(lteep_cose_sign(&options, &out) == LTEEP_ERR_SIZE_OUT_OF_RANGE);
  size_t room = lteep_cose_sign_room(&options);
  CHECK(lteep_cose_sign1(&options, &out) == LTEEP_OK && out.size <= room);
}

static void wrong_numbers_of_keys(void) {
  uint8_t memory[4096];
  lteep_buffer out = {memory, 0, sizeof memory};
  lteep_key *key = generate(0);
  const lteep_key *list[LTEEP_COSE_SIGNERS_MAX + 1];
  for (size_t i = 0; i <= LTEEP_COSE_SIGNERS_MAX; i++) list[i] = key;
  lteep_cose_sign_options options = {.keys = list, .key_count = 0, .payload = payload};
  CHECK(lteep_cose_sign1(&options, &out) == LTEEP_ERR_SIZE_OUT_OF_RANGE);
  CHECK(lteep_cose_sign(&options, &out) == LTEEP_ERR_SIZE_OUT_OF_RANGE);
  options.key_count = 2;
  CHECK(lteep_cose_sign1(&options, &out) == LTEEP_ERR_SIZE_OUT_OF_RANGE);
  wrong_numbers_of_certificates(key);
  options.key_count = LTEEP_COSE_SIGNERS_MAX + 1;
  CHECK(lteep_cose_sign(&options, &out) == LTEEP_ERR_SIZE_OUT_OF_RANGE);
  options.key_count = LTEEP_COSE_SIGNERS_MAX;
  CHECK(lteep_cose_sign(&options, &out) == LTEEP_OK);
  lteep_key_free(key);
}

/* Every prefix and every byte changed in every bit: never a crash; a success only where the change
 * hit the label of the kid, which is not signed. */
static void damaged(sign_function sign) {
  uint8_t memory[512];
  lteep_buffer out = {memory, 0, sizeof memory};
  lteep_key *key = generate(0);
  const lteep_key *list[] = {key};
  lteep_cose_sign_options options = {.keys = list, .key_count = 1, .payload = payload};
  CHECK(sign(&options, &out) == LTEEP_OK);
  for (size_t size = 0; size < out.size; size++)
    CHECK(check_copy((lteep_bytes){memory, size}, key) == LTEEP_ERR_TRUNCATED);
  size_t survived = 0;
  for (size_t bit = 0; bit < 8 * out.size; bit++) {
    memory[bit / 8] ^= (uint8_t)(1 << bit % 8);
    if (check_copy(lteep_buffer_view(&out), key) == LTEEP_OK) survived++;
    memory[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  CHECK(survived <= 8);
  CHECK(check_copy(lteep_buffer_view(&out), key) == LTEEP_OK);
  lteep_key_free(key);
}

static lteep_status refuse(void *context, lteep_bytes to_be_signed,
                           uint8_t signature[LTEEP_SIGNATURE_MAX]) {
  (void)context, (void)to_be_signed, (void)signature;
  return LTEEP_ERR_BUSY;
}

static const lteep_key_operations refusing = {.sign = refuse};

static void failing_key(sign_function sign) {
  uint8_t memory[512] = "before";
  lteep_buffer out = {memory, 6, sizeof memory};
  lteep_key *inner = generate(0), *outer = NULL;
  lteep_key_parts parts;
  lteep_key_public_parts(inner, &parts);
  CHECK(lteep_key_external(&parts, &refusing, NULL, &outer) == LTEEP_OK);
  const lteep_key *list[] = {outer};
  lteep_cose_sign_options options = {.keys = list, .key_count = 1, .payload = payload};
  CHECK(sign(&options, &out) == LTEEP_ERR_BUSY);
  CHECK(out.size == 6 && memcmp(memory, "before", 6) == 0);
  lteep_key_free(outer);
  lteep_key_free(inner);
}

/* LTEEP_COSE_KEY_MAX holds the largest key; smaller rooms refuse and write nothing. */
static void key_room(void) {
  lteep_key *key = generate(LTEEP_KID_MAX);
  lteep_key_parts parts, again;
  CHECK(lteep_key_private_parts(key, &parts) == LTEEP_OK);
  size_t whole = 0;
  for (size_t capacity = 0; capacity <= LTEEP_COSE_KEY_MAX; capacity++) {
    uint8_t *memory = malloc(capacity ? capacity : 1);
    lteep_buffer out = {memory, 0, capacity};
    lteep_status status = lteep_cose_key_write(&parts, true, &out);
    CHECK(status == LTEEP_OK || (status == LTEEP_ERR_NO_ROOM && out.size == 0));
    if (status == LTEEP_OK) {
      whole = out.size;
      CHECK(lteep_cose_key_read(lteep_buffer_view(&out), &again) == LTEEP_OK);
      CHECK(memcmp(again.d, parts.d, sizeof parts.d) == 0 && again.kid_size == LTEEP_KID_MAX);
    }
    free(memory);
  }
  CHECK(whole > 0);
  lteep_key_free(key);
}

static void keys_that_are_not_written(void) {
  uint8_t memory[LTEEP_COSE_KEY_MAX];
  lteep_buffer out = {memory, 0, sizeof memory};
  lteep_key *key = generate(0);
  lteep_key_parts parts;
  lteep_key_public_parts(key, &parts);
  CHECK(lteep_cose_key_write(&parts, true, &out) == LTEEP_ERR_NO_PRIVATE_KEY);
  CHECK(lteep_cose_key_read((lteep_bytes){memory, 0}, &parts) == LTEEP_ERR_TRUNCATED);
  CHECK(parts.alg == 0 && parts.kid_size == 0);
  lteep_key_free(key);
}

int main(void) {
  room(lteep_cose_sign1, 1, 0);
  room(lteep_cose_sign1, 1, LTEEP_KID_MAX);
  room(lteep_cose_sign, LTEEP_COSE_SIGNERS_MAX, LTEEP_KID_MAX);
  wrong_numbers_of_keys();
  damaged(lteep_cose_sign1);
  damaged(lteep_cose_sign);
  failing_key(lteep_cose_sign1);
  failing_key(lteep_cose_sign);
  key_room();
  keys_that_are_not_written();
  return check_result();
}
