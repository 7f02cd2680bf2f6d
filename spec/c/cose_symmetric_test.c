/* COSE encryption and MACs in C: room and NO_ROOM, every prefix, every bit changed, memory that
 * ends where the input ends. Run under AddressSanitizer this shows that nothing outside is touched.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "luateep/cose.h"

static const lteep_bytes content = {(const uint8_t *)"the content", 11};
static const int algorithms[] = {LTEEP_ALG_A128GCM, LTEEP_ALG_HMAC256, LTEEP_ALG_A128CTR};

typedef lteep_status (*seal_function)(const lteep_cose_seal_options *, lteep_buffer *,
                                      lteep_buffer *);

static lteep_status mac0(const lteep_cose_seal_options *options, lteep_buffer *out,
                         lteep_buffer *none) {
  (void)none;
  return lteep_cose_mac0(options, out);
}

static lteep_status mac(const lteep_cose_seal_options *options, lteep_buffer *out,
                        lteep_buffer *none) {
  (void)none;
  return lteep_cose_mac(options, out);
}

static lteep_key *generate(int alg, size_t kid_size) {
  lteep_key *made = NULL, *key = NULL;
  lteep_key_parts parts;
  CHECK(lteep_key_generate(alg, &made) == LTEEP_OK);
  CHECK(lteep_key_private_parts(made, &parts) == LTEEP_OK);
  memset(parts.kid, 'k', kid_size);
  parts.kid_size = kid_size;
  CHECK(lteep_key_import(&parts, &key) == LTEEP_OK);
  lteep_key_free(made);
  return key;
}

static lteep_cose_open_options opening(const lteep_key *const *keys) {
  return (lteep_cose_open_options){
      .keys = keys, .key_count = 1, .algorithms = algorithms, .algorithm_count = 3};
}

/* Opens a copy that ends exactly where its memory ends. */
static lteep_status open_copy(lteep_bytes input, const lteep_key *key, bool is_mac) {
  uint8_t *copy = malloc(input.size ? input.size : 1), plaintext[64];
  lteep_buffer out = {plaintext, 0, content.size};
  lteep_cose_sealed message;
  size_t offset = 0, index;
  if (input.size) memcpy(copy, input.at, input.size);
  lteep_bytes bytes = {copy, input.size};
  lteep_status status = is_mac ? lteep_cose_parse_mac(bytes, &message, &offset)
                               : lteep_cose_parse_encrypted(bytes, &message, &offset);
  CHECK(status == LTEEP_OK || offset <= input.size);
  lteep_cose_open_options options = opening(&key);
  if (status == LTEEP_OK)
    status = is_mac ? lteep_cose_verify_mac(&message, &options, &index)
                    : lteep_cose_decrypt(&message, &options, &out, &index);
  if (status == LTEEP_OK && !is_mac)
    CHECK(out.size == content.size && memcmp(plaintext, content.at, content.size) == 0);
  free(copy);
  return status;
}

/* Into every capacity: NO_ROOM and nothing written, or the whole message. */
static void room(seal_function seal, const lteep_cose_seal_options *options, bool is_mac) {
  size_t enough = lteep_cose_seal_room(options), whole = 0;
  for (size_t capacity = 0; capacity <= enough; capacity += options->key_count > 1 ? 41 : 1) {
    uint8_t *memory = malloc(capacity ? capacity : 1);
    lteep_buffer out = {memory, 0, capacity};
    lteep_status status = seal(options, &out, NULL);
    CHECK(status == LTEEP_OK || (status == LTEEP_ERR_NO_ROOM && out.size == 0));
    if (status == LTEEP_OK && whole == 0)
      CHECK(open_copy(lteep_buffer_view(&out), options->keys[0], is_mac) == LTEEP_OK);
    if (status == LTEEP_OK) whole = out.size;
    free(memory);
  }
  CHECK(whole > 0 && whole <= enough);
}

/* Every prefix and every bit: a success only where the change hit what nothing protects: the label
 * of the kid, and that of parameters that were not there. */
static void damaged(seal_function seal, const lteep_cose_seal_options *options, bool is_mac) {
  uint8_t memory[2048];
  lteep_buffer out = {memory, 0, sizeof memory};
  CHECK(seal(options, &out, NULL) == LTEEP_OK);
  for (size_t size = 0; size < out.size; size++)
    CHECK(open_copy((lteep_bytes){memory, size}, options->keys[0], is_mac) == LTEEP_ERR_TRUNCATED);
  size_t survived = 0;
  for (size_t bit = 0; bit < 8 * out.size; bit++) {
    memory[bit / 8] ^= (uint8_t)(1 << bit % 8);
    if (open_copy(lteep_buffer_view(&out), options->keys[0], is_mac) == LTEEP_OK) survived++;
    memory[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  CHECK(survived <= 8);
}

static void each(seal_function seal, int key_alg, int alg, bool is_mac) {
  static const size_t kid_sizes[] = {0, LTEEP_KID_MAX};
  for (size_t i = 0; i < 2; i++) {
    lteep_key *key = generate(key_alg, kid_sizes[i]);
    const lteep_key *keys[] = {key};
    lteep_cose_seal_options options = {
        .keys = keys, .key_count = 1, .algorithm = alg, .content = content};
    room(seal, &options, is_mac);
    damaged(seal, &options, is_mac);
    lteep_key_free(key);
  }
}

static void many_recipients(void) {
  const lteep_key *keys[LTEEP_COSE_RECIPIENTS_MAX + 1];
  lteep_key *key = generate(LTEEP_ALG_ECDH_ES_A128KW, LTEEP_KID_MAX);
  lteep_cose_seal_options options = {
      .keys = keys, .key_count = 8, .algorithm = LTEEP_ALG_A128GCM, .content = content};
  for (size_t i = 0; i <= LTEEP_COSE_RECIPIENTS_MAX; i++) keys[i] = key;
  room(lteep_cose_encrypt, &options, false);
  uint8_t memory[8192];
  lteep_buffer out = {memory, 0, sizeof memory};
  options.key_count = 9;
  CHECK(lteep_cose_encrypt(&options, &out, NULL) == LTEEP_ERR_SIZE_OUT_OF_RANGE);
  options.key_count = 0;
  CHECK(lteep_cose_encrypt(&options, &out, NULL) == LTEEP_ERR_SIZE_OUT_OF_RANGE);
  CHECK(lteep_cose_encrypt0(&options, &out, NULL) == LTEEP_ERR_SIZE_OUT_OF_RANGE);
  options.key_count = 2;
  CHECK(lteep_cose_encrypt0(&options, &out, NULL) == LTEEP_ERR_SIZE_OUT_OF_RANGE);
  options.key_count = 1;
  options.algorithm = 9999;
  CHECK(lteep_cose_encrypt(&options, &out, NULL) == LTEEP_ERR_UNSUPPORTED_ALGORITHM);
  lteep_key_free(key);
}

static void detached(int alg) {
  uint8_t memory[512], beside[64], plain[64];
  lteep_key *key = generate(alg, 0);
  const lteep_key *keys[] = {key};
  lteep_cose_seal_options options = {
      .keys = keys, .key_count = 1, .content = content, .detached = true};
  lteep_cose_sealed message;
  for (size_t capacity = 0; capacity < sizeof beside; capacity++) {
    lteep_buffer out = {memory, 0, sizeof memory}, ciphertext = {beside, 0, capacity};
    lteep_status status = lteep_cose_encrypt0(&options, &out, &ciphertext);
    CHECK(status == LTEEP_OK || (status == LTEEP_ERR_NO_ROOM && out.size == 0));
    if (status != LTEEP_OK) continue;
    CHECK(lteep_cose_parse_encrypted(lteep_buffer_view(&out), &message, NULL) == LTEEP_OK);
    lteep_cose_open_options how = opening(keys);
    lteep_decryptor *decryptor;
    size_t index;
    CHECK(lteep_decryptor_open(&message, &how, 64, &decryptor, &index) == LTEEP_OK);
    lteep_buffer none = {plain, 0, 0}, all = {plain, 0, sizeof plain};
    bool streams = alg == LTEEP_ALG_A128CTR;
    CHECK(lteep_decryptor_update(decryptor, lteep_buffer_view(&ciphertext), &none) ==
          (streams ? LTEEP_ERR_NO_ROOM : LTEEP_OK));
    if (streams)
      CHECK(lteep_decryptor_update(decryptor, lteep_buffer_view(&ciphertext), &all) == LTEEP_OK);
    else
      CHECK(lteep_decryptor_finish(decryptor, &none) == LTEEP_ERR_NO_ROOM);
    CHECK(lteep_decryptor_finish(decryptor, &all) == LTEEP_OK);
    CHECK(all.size == content.size && memcmp(plain, content.at, content.size) == 0);
    lteep_decryptor_close(decryptor);
    how.detached = lteep_buffer_view(&ciphertext);
    lteep_buffer short_of = {plain, 0, content.size - 1};
    CHECK(lteep_cose_decrypt(&message, &how, &short_of, &index) == LTEEP_ERR_NO_ROOM);
    CHECK(short_of.size == 0);
  }
  lteep_decryptor_close(NULL);
  lteep_key_free(key);
}

static lteep_status refuse(void *context, const lteep_key_parts *peer,
                           uint8_t shared[LTEEP_COORDINATE_MAX]) {
  (void)context, (void)peer, (void)shared;
  return LTEEP_ERR_BUSY;
}

/* What an external key returns ends the search and is handed on. */
static void failing_key(void) {
  static const lteep_key_operations refusing = {.agree = refuse};
  uint8_t memory[512], plain[64];
  lteep_buffer out = {memory, 0, sizeof memory}, plaintext = {plain, 0, sizeof plain};
  lteep_key *inner = generate(LTEEP_ALG_ECDH_ES_A128KW, 0), *outer = NULL;
  lteep_key_parts parts;
  lteep_key_public_parts(inner, &parts);
  CHECK(lteep_key_external(&parts, &refusing, NULL, &outer) == LTEEP_OK);
  const lteep_key *keys[] = {outer, inner};
  lteep_cose_seal_options options = {
      .keys = keys, .key_count = 1, .algorithm = LTEEP_ALG_A128GCM, .content = content};
  CHECK(lteep_cose_encrypt(&options, &out, NULL) == LTEEP_OK);
  lteep_cose_sealed message;
  CHECK(lteep_cose_parse_encrypted(lteep_buffer_view(&out), &message, NULL) == LTEEP_OK);
  lteep_cose_open_options how = opening(keys);
  size_t index = 9;
  how.key_count = 2;
  CHECK(lteep_cose_decrypt(&message, &how, &plaintext, &index) == LTEEP_ERR_BUSY);
  how.keys = keys + 1;
  how.key_count = 1;
  CHECK(lteep_cose_decrypt(&message, &how, &plaintext, &index) == LTEEP_OK && index == 0);
  lteep_key_free(outer);
  lteep_key_free(inner);
}

int main(void) {
  each(lteep_cose_encrypt0, LTEEP_ALG_A128GCM, 0, false);
  each(lteep_cose_encrypt, LTEEP_ALG_A128GCM, LTEEP_ALG_A128GCM, false);
  each(lteep_cose_encrypt, LTEEP_ALG_A256KW, LTEEP_ALG_A128GCM, false);
  each(lteep_cose_encrypt, LTEEP_ALG_ECDH_ES_A128KW, LTEEP_ALG_A128GCM, false);
  each(lteep_cose_encrypt, LTEEP_ALG_ECDH_ES_HKDF256, LTEEP_ALG_A128GCM, false);
  each(mac0, LTEEP_ALG_HMAC256, 0, true);
  each(mac, LTEEP_ALG_A128KW, LTEEP_ALG_HMAC256, true);
  many_recipients();
  detached(LTEEP_ALG_A128GCM);
  detached(LTEEP_ALG_A128CTR);
  failing_key();
  return check_result();
}
