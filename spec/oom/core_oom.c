/* Each allocation within each call of the core fails once, for each crypto provider: the call says
 * so, leaves nothing behind and hands out nothing in part; afterwards all works as before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../c/check.h"
#include "allocations.h"
#include "luateep/cose.h"
#include "luateep/der.h"
#include "luateep/driver.h"

#define BYTES(literal) ((lteep_bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

typedef struct {
  const char *name;
  lteep_status (*run)(void);
} scenario;

static lteep_key *signer, *agreeing, *secret;
static lteep_key_parts peer;
static uint8_t signed_message[512];
static size_t signed_size;
static uint8_t room[1024];
static char folder[] = "/tmp/luateep-oom.XXXXXX";

static lteep_buffer empty_room(void) {
  return (lteep_buffer){room, 0, sizeof room};
}

/* --- Keys --- */

static lteep_status made(lteep_status status, lteep_key *key) {
  CHECK((status == LTEEP_OK) == (key != NULL));
  lteep_key_free(key);
  return status;
}

static lteep_status generate(void) {
  lteep_key *key = NULL;
  lteep_status status = lteep_key_generate(LTEEP_ALG_ESP256, &key);
  return made(status, key);
}

static lteep_status generate_for_agreement(void) {
  lteep_key *key = NULL;
  lteep_status status = lteep_key_generate_on(LTEEP_ALG_ECDH_ES_A128KW, LTEEP_CRV_X25519, &key);
  return made(status, key);
}

static lteep_status import(void) {
  lteep_key_parts parts;
  lteep_key *key = NULL;
  lteep_key_public_parts(signer, &parts);
  lteep_status status = lteep_key_import(&parts, &key);
  return made(status, key);
}

static lteep_status derive(void) {
  lteep_key_parts parts;
  lteep_status status = lteep_key_private_parts(signer, &parts);
  if (status == LTEEP_OK) status = lteep_key_derive(&parts);
  return status;
}

static lteep_status sign(void) {
  uint8_t signature[LTEEP_SIGNATURE_MAX];
  return lteep_key_sign(signer, BYTES("message"), signature);
}

static lteep_status agree(void) {
  uint8_t shared[LTEEP_COORDINATE_MAX];
  size_t size = 0;
  return lteep_key_agree(agreeing, &peer, shared, &size);
}

static lteep_status read_and_write(void) {
  lteep_key_parts parts;
  lteep_buffer out = empty_room();
  lteep_status status = lteep_key_private_parts(signer, &parts);
  if (status == LTEEP_OK) status = lteep_cose_key_write(&parts, true, &out);
  CHECK((status == LTEEP_OK) == (out.size > 0));
  if (status == LTEEP_OK) status = lteep_cose_key_read(lteep_buffer_view(&out), &parts);
  return status;
}

static lteep_status read_and_write_der(void) {
  lteep_key_parts parts;
  lteep_buffer out = empty_room();
  lteep_status status = lteep_key_private_parts(signer, &parts);
  if (status == LTEEP_OK) status = lteep_der_key_write(&parts, true, &out);
  CHECK((status == LTEEP_OK) == (out.size > 0));
  if (status == LTEEP_OK) status = lteep_der_key_read(lteep_buffer_view(&out), 0, &parts);
  return status;
}

/* --- COSE --- */

static lteep_status cose_sign_with(size_t keys) {
  const lteep_key *list[] = {signer, signer};
  lteep_cose_sign_options options = {.keys = list, .key_count = keys, .payload = BYTES("payload")};
  lteep_buffer out = empty_room();
  lteep_status status =
      keys == 1 ? lteep_cose_sign1(&options, &out) : lteep_cose_sign(&options, &out);
  CHECK((status == LTEEP_OK) == (out.size > 0));
  if (status == LTEEP_OK) memcpy(signed_message, room, out.size);
  if (status == LTEEP_OK) signed_size = out.size;
  return status;
}

static lteep_status cose_sign1(void) {
  return cose_sign_with(1);
}
static lteep_status cose_sign(void) {
  return cose_sign_with(2);
}

static lteep_status cose_verify(void) {
  const lteep_key *keys[] = {signer};
  const int algorithms[] = {LTEEP_ALG_ESP256};
  lteep_cose_message message;
  size_t of_signer, of_key;
  lteep_cose_verify_options options = {
      .keys = keys, .key_count = 1, .algorithms = algorithms, .algorithm_count = 1};
  lteep_status status =
      lteep_cose_parse((lteep_bytes){signed_message, signed_size}, &message, NULL);
  if (status == LTEEP_OK) status = lteep_cose_verify(&message, &options, &of_signer, &of_key, NULL);
  return status;
}

static lteep_status cose_open(lteep_bytes bytes, const lteep_key *key) {
  uint8_t plain[16];
  lteep_buffer plaintext = {plain, 0, sizeof plain};
  const int algorithms[] = {LTEEP_ALG_A128GCM, LTEEP_ALG_HMAC256};
  lteep_cose_sealed message;
  lteep_cose_open_options options = {
      .keys = &key, .key_count = 1, .algorithms = algorithms, .algorithm_count = 2};
  size_t index;
  lteep_status status = lteep_cose_parse_encrypted(bytes, &message, NULL);
  if (status == LTEEP_OK) status = lteep_cose_decrypt(&message, &options, &plaintext, &index);
  if (status != LTEEP_ERR_NOT_COSE) return status;
  status = lteep_cose_parse_mac(bytes, &message, NULL);
  return status == LTEEP_OK ? lteep_cose_verify_mac(&message, &options, &index) : status;
}

static lteep_status cose_encrypt(void) {
  const lteep_key *key = agreeing;
  lteep_cose_seal_options options = {
      .keys = &key, .key_count = 1, .algorithm = LTEEP_ALG_A128GCM, .content = BYTES("content")};
  lteep_buffer out = empty_room();
  lteep_status status = lteep_cose_encrypt(&options, &out, NULL);
  CHECK((status == LTEEP_OK) == (out.size > 0));
  return status == LTEEP_OK ? cose_open(lteep_buffer_view(&out), key) : status;
}

static lteep_status cose_mac(void) {
  const lteep_key *key = agreeing;
  lteep_cose_seal_options options = {
      .keys = &key, .key_count = 1, .algorithm = LTEEP_ALG_HMAC256, .content = BYTES("content")};
  lteep_buffer out = empty_room();
  lteep_status status = lteep_cose_mac(&options, &out);
  CHECK((status == LTEEP_OK) == (out.size > 0));
  return status == LTEEP_OK ? cose_open(lteep_buffer_view(&out), key) : status;
}

/* --- Digests and encryption --- */

static lteep_status digest(void) {
  uint8_t out[LTEEP_DIGEST_MAX];
  size_t size;
  return lteep_digest(LTEEP_ALG_SHA256, BYTES("data"), out, &size);
}

static lteep_status hash(void) {
  uint8_t out[LTEEP_DIGEST_MAX];
  size_t size;
  lteep_hash running;
  lteep_status status = lteep_hash_start(&running, LTEEP_ALG_SHA256);
  if (status != LTEEP_OK) return status;
  status = lteep_hash_update(&running, BYTES("data"));
  if (status == LTEEP_OK) return lteep_hash_finish(&running, out, &size);
  lteep_hash_abort(&running);
  return status;
}

static lteep_status hmac(void) {
  uint8_t out[LTEEP_DIGEST_MAX];
  size_t size;
  return lteep_hmac(LTEEP_ALG_HMAC256, BYTES("key"), BYTES("data"), out, &size);
}

static lteep_status hkdf(void) {
  uint8_t out[64];
  return lteep_hkdf(BYTES("secret"), BYTES("salt"), BYTES("info"), out, sizeof out);
}

static lteep_status seal_and_open(void) {
  uint8_t again[64];
  lteep_buffer sealed = empty_room(), opened = {again, 0, sizeof again};
  lteep_bytes key = BYTES("0123456789abcdef"), nonce = BYTES("0123456789ab");
  lteep_status status =
      lteep_aead_seal(LTEEP_ALG_A128GCM, key, nonce, BYTES("aad"), BYTES("plain"), &sealed);
  CHECK((status == LTEEP_OK) == (sealed.size > 0));
  if (status != LTEEP_OK) return status;
  status = lteep_aead_open(LTEEP_ALG_A128GCM, key, nonce, BYTES("aad"), lteep_buffer_view(&sealed),
                           &opened);
  CHECK((status == LTEEP_OK) == (opened.size == 5));
  return status;
}

static lteep_status stream(void) {
  lteep_cipher cipher;
  uint8_t out[16];
  lteep_bytes block = BYTES("0123456789abcdef");
  lteep_status status = lteep_cipher_start(&cipher, LTEEP_ALG_A128CTR, block, block);
  if (status == LTEEP_OK) status = lteep_cipher_update(&cipher, block, out);
  lteep_cipher_end(&cipher);
  return status;
}

static lteep_status wrap_and_unwrap(void) {
  uint8_t again[64];
  lteep_buffer wrapped = empty_room(), unwrapped = {again, 0, sizeof again};
  lteep_bytes key = BYTES("0123456789abcdef");
  lteep_status status = lteep_wrap(LTEEP_ALG_A128KW, key, key, &wrapped);
  CHECK((status == LTEEP_OK) == (wrapped.size > 0));
  if (status != LTEEP_OK) return status;
  status = lteep_unwrap(LTEEP_ALG_A128KW, key, lteep_buffer_view(&wrapped), &unwrapped);
  CHECK((status == LTEEP_OK) == (unwrapped.size > 0));
  return status;
}

static lteep_status mac(void) {
  uint8_t tag[LTEEP_DIGEST_MAX];
  size_t size = 0;
  lteep_status status = lteep_key_mac(secret, BYTES("data"), tag, &size);
  if (status == LTEEP_OK)
    status = lteep_key_mac_verify(secret, BYTES("data"), (lteep_bytes){tag, size});
  return status;
}

/* --- Driver --- */

static const lteep_driver *driver;

static lteep_status stage(lteep_tee_txn *txn, const lteep_component_id *id) {
  lteep_driver_error error = {0};
  lteep_tee_slot *slot = NULL;
  lteep_component_state state;
  lteep_status status = driver->stage(txn, id, &slot, &error);
  if (status == LTEEP_OK) status = driver->stage_write(slot, BYTES("content"), &error);
  if (status == LTEEP_OK) status = driver->stage_end(slot, &state, &error);
  return status;
}

static lteep_status change(lteep_tee *tee) {
  lteep_bytes segment = BYTES("segment");
  lteep_component_id id = {&segment, 1};
  lteep_driver_error error = {0};
  lteep_tee_txn *txn = NULL;
  lteep_status status = driver->txn_begin(tee, &txn, &error);
  if (status != LTEEP_OK) return status;
  status = stage(txn, &id);
  if (status == LTEEP_OK) return driver->txn_commit(txn, &error);
  driver->txn_abort(txn);
  return status;
}

static lteep_status use(lteep_tee *tee) {
  lteep_driver_error error = {0};
  lteep_key_parts parts;
  uint8_t signature[LTEEP_SIGNATURE_MAX];
  lteep_buffer out = empty_room();
  lteep_status status = change(tee);
  if (status == LTEEP_OK) status = driver->seal_put(tee, "name", BYTES("value"), &error);
  if (status == LTEEP_OK) status = driver->seal_get(tee, "name", &out, &error);
  if (status == LTEEP_OK) status = driver->key_ensure(tee, "key", LTEEP_ALG_ESP256, &parts, &error);
  if (status == LTEEP_OK)
    status = driver->key_sign(tee, "key", BYTES("message"), signature, &error);
  return status;
}

static lteep_status drive(void) {
  lteep_driver_option option = {"path", folder};
  lteep_driver_error error = {0};
  lteep_tee *tee = NULL;
  lteep_status status = driver->open(&option, 1, &tee, &error);
  CHECK((status == LTEEP_OK) == (tee != NULL));
  if (status != LTEEP_OK) return status;
  status = use(tee);
  driver->close(tee);
  return status;
}

static const scenario scenarios[] = {
    {"key generate", generate},
    {"key generate X25519", generate_for_agreement},
    {"key import", import},
    {"key derive", derive},
    {"key sign", sign},
    {"key agree", agree},
    {"COSE_Key", read_and_write},
    {"DER", read_and_write_der},
    {"COSE_Sign", cose_sign},
    {"COSE_Sign1", cose_sign1},
    {"COSE verify", cose_verify},
    {"COSE_Encrypt", cose_encrypt},
    {"COSE_Mac", cose_mac},
    {"digest", digest},
    {"hash", hash},
    {"HMAC", hmac},
    {"HKDF", hkdf},
    {"AEAD", seal_and_open},
    {"AES-CTR", stream},
    {"AES-KW", wrap_and_unwrap},
    {"MAC key", mac},
    {"driver", drive},
};

static long failures, misled;

/* A library may say that it failed without saying why. libcrypto even takes a few of its own
 * allocations that fail for a key or signature that is bad: counted apart, as it is refused all the
 * same, and the next attempt succeeds. */
static bool says_so(lteep_status status) {
  bool misleading = status == LTEEP_ERR_BAD_KEY || status == LTEEP_ERR_BAD_SIGNATURE ||
                    status == LTEEP_ERR_CORRUPT;
  misled += misleading;
  return misleading || status == LTEEP_ERR_NO_MEMORY || status == LTEEP_ERR_CRYPTO_FAILED;
}

static bool fail_one(const scenario *tried, long left, bool keep_failing) {
  fail_allocation(left, keep_failing);
  lteep_status status = tried->run();
  bool failed = end_of_failures();
  failures += failed;
  CHECK(status == LTEEP_OK || (failed && says_so(status)));
  return failed;
}

/* Libraries keep what they allocate once, such as room for their error queue: only what grows every
 * time is a leak. */
static bool fail_each(const scenario *tried, long left, bool keep_failing) {
  bool failed = fail_one(tried, left, keep_failing);
  fail_one(tried, left, keep_failing);
  long before = count_allocations();
  fail_one(tried, left, keep_failing);
  if (count_allocations() > before)
    fprintf(stderr, "%s, allocation %ld leaks\n", tried->name, left);
  CHECK(count_allocations() <= before);
  return failed;
}

/* All of the first hundreds; fewer of the thousands that mbedtls makes for one signature. */
static void try_scenario(const scenario *tried) {
  long count = 0;
  CHECK(tried->run() == LTEEP_OK);
  for (long left = 0; fail_each(tried, left, false); left += 1 + left / 50) {
    fail_each(tried, left, true);
    count++;
  }
  CHECK(tried->run() == LTEEP_OK);
  printf("%6ld  %s\n", count, tried->name);
}

static void try_all(const char *providers) {
  printf("%s\n", providers), fflush(stdout);
  CHECK(lteep_providers_order(providers) == LTEEP_OK);
  CHECK(lteep_key_generate(LTEEP_ALG_ESP256, &signer) == LTEEP_OK);
  CHECK(lteep_key_generate(LTEEP_ALG_ECDH_ES_A128KW, &agreeing) == LTEEP_OK);
  CHECK(lteep_key_generate(LTEEP_ALG_HMAC256, &secret) == LTEEP_OK);
  lteep_key_public_parts(agreeing, &peer);
  for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) try_scenario(&scenarios[i]);
  lteep_key_free(signer);
  lteep_key_free(agreeing);
  lteep_key_free(secret);
}

int main(void) {
  take_allocations();
  driver = lteep_driver_named("sim");
  if (!mkdtemp(folder)) return 1;
  char names[4][16];
  size_t count = 0;
  for (; count < 4 && lteep_providers()[count]; count++)
    snprintf(names[count], sizeof names[count], "%s", lteep_providers()[count]->name);
  for (size_t i = 0; i < count; i++) try_all(names[i]);
  printf("%ld failures, %ld of them called a bad key or signature\n", failures, misled);
  CHECK(misled * 100 <= failures);
  char command[64];
  snprintf(command, sizeof command, "rm -r '%s'", folder);
  CHECK(system(command) == 0);
  return check_result();
}
