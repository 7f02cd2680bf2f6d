/* Every provider alone: known answers, key checks, random bytes across fork. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "luateep/crypto.h"

static lteep_bytes text(const char *string) {
  return (lteep_bytes){(const uint8_t *)string, strlen(string)};
}

static void from_hex(const char *hex, uint8_t *out) {
  for (size_t i = 0; hex[2 * i]; i++) {
    char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
    out[i] = (uint8_t)strtoul(pair, NULL, 16);
  }
}

static bool is_hex(const uint8_t *bytes, size_t size, const char *hex) {
  uint8_t expected[128];
  from_hex(hex, expected);
  return strlen(hex) == 2 * size && memcmp(bytes, expected, size) == 0;
}

static lteep_key_parts p256(const char *x, const char *y, const char *d) {
  lteep_key_parts parts = {
      .kty = LTEEP_KTY_EC2, .crv = LTEEP_CRV_P256, .alg = LTEEP_ALG_ESP256, .has_private = d};
  from_hex(x, parts.x);
  from_hex(y, parts.y);
  if (d) from_hex(d, parts.d);
  return parts;
}

static lteep_key_parts ed25519(const char *x, const char *d) {
  lteep_key_parts parts = {
      .kty = LTEEP_KTY_OKP, .crv = LTEEP_CRV_ED25519, .alg = LTEEP_ALG_ED25519, .has_private = d};
  from_hex(x, parts.x);
  if (d) from_hex(d, parts.d);
  return parts;
}

static lteep_status import(lteep_key_parts parts) {
  lteep_key *key = NULL;
  lteep_status status = lteep_key_import(&parts, &key);
  CHECK((status == LTEEP_OK) == (key != NULL));
  lteep_key_free(key);
  return status;
}

/* FIPS 180-2 appendix B and RFC 4231 section 4.3. */
static void digests(void) {
  uint8_t out[LTEEP_DIGEST_MAX];
  size_t size = 0;
  CHECK(lteep_digest(LTEEP_ALG_ESP256, text("abc"), out, &size) == LTEEP_ERR_UNSUPPORTED_ALGORITHM);
  CHECK(lteep_hmac(LTEEP_ALG_SHA256, text("k"), text("d"), out, &size) ==
        LTEEP_ERR_UNSUPPORTED_ALGORITHM);
  CHECK(lteep_digest(LTEEP_ALG_SHA256, text("abc"), out, &size) == LTEEP_OK);
  CHECK(is_hex(out, size, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  CHECK(lteep_hmac(LTEEP_ALG_HMAC256, text("Jefe"), text("what do ya want for nothing?"), out,
                   &size) == LTEEP_OK);
  CHECK(is_hex(out, size, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
  CHECK(lteep_hmac(LTEEP_ALG_HMAC256, (lteep_bytes){NULL, 0}, (lteep_bytes){NULL, 0}, out, &size) ==
        LTEEP_OK);
  CHECK(is_hex(out, size, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
}

static void hashes(void) {
  uint8_t out[LTEEP_DIGEST_MAX];
  size_t size = 0;
  lteep_hash hash;
  CHECK(lteep_hash_start(&hash, LTEEP_ALG_HMAC256) == LTEEP_ERR_UNSUPPORTED_ALGORITHM);
  CHECK(lteep_hash_start(&hash, LTEEP_ALG_SHA256) == LTEEP_OK);
  CHECK(lteep_hash_update(&hash, text("a")) == LTEEP_OK);
  CHECK(lteep_hash_update(&hash, (lteep_bytes){NULL, 0}) == LTEEP_OK);
  CHECK(lteep_hash_update(&hash, text("bc")) == LTEEP_OK);
  CHECK(lteep_hash_finish(&hash, out, &size) == LTEEP_OK);
  CHECK(is_hex(out, size, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  CHECK(lteep_hash_start(&hash, LTEEP_ALG_SHA512) == LTEEP_OK);
  lteep_hash_abort(&hash);
  lteep_hash_abort(&hash);
}

/* Key and signature of RFC 6979 appendix A.2.5, message "sample", SHA-256. */
#define X "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define Y "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define D "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define R "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
#define S "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
#define N "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"

static void p256_keys(void) {
  lteep_key_parts off_curve = p256(X, Y, NULL), wrong_curve = p256(X, Y, NULL);
  off_curve.y[31] ^= 1;
  wrong_curve.crv = LTEEP_CRV_ED25519;
  lteep_key_parts long_kid = p256(X, Y, NULL), other_alg = p256(X, Y, NULL);
  long_kid.kid_size = LTEEP_KID_MAX + 1;
  other_alg.alg = LTEEP_ALG_SHA256;
  CHECK(import(off_curve) == LTEEP_ERR_BAD_KEY);
  CHECK(import(wrong_curve) == LTEEP_ERR_BAD_KEY);
  CHECK(import(long_kid) == LTEEP_ERR_BAD_KEY);
  CHECK(import(other_alg) == LTEEP_ERR_UNSUPPORTED_ALGORITHM);
  CHECK(import(p256(ZERO, ZERO, NULL)) == LTEEP_ERR_BAD_KEY);
  CHECK(import(p256(X, Y, ZERO)) == LTEEP_ERR_BAD_KEY);
  CHECK(import(p256(X, Y, N)) == LTEEP_ERR_BAD_KEY);
  CHECK(import(p256(X, Y, R)) == LTEEP_ERR_BAD_KEY); /* a scalar of another point */
  CHECK(import(p256(X, Y, NULL)) == LTEEP_OK);
  CHECK(import(p256(X, Y, D)) == LTEEP_OK);
}

static lteep_status verify(const lteep_key *key, const char *signature_hex, size_t size) {
  uint8_t signature[65] = {0};
  from_hex(signature_hex, signature);
  return lteep_key_verify(key, text("sample"), (lteep_bytes){signature, size});
}

static void p256_signatures(void) {
  lteep_key_parts parts = p256(X, Y, NULL);
  lteep_key *key = NULL;
  uint8_t signature[LTEEP_SIGNATURE_MAX];
  CHECK(lteep_key_import(&parts, &key) == LTEEP_OK);
  CHECK(verify(key, ZERO ZERO, 64) == LTEEP_ERR_BAD_SIGNATURE);
  CHECK(verify(key, R ZERO, 64) == LTEEP_ERR_BAD_SIGNATURE);
  CHECK(verify(key, ZERO S, 64) == LTEEP_ERR_BAD_SIGNATURE);
  CHECK(verify(key, N S, 64) == LTEEP_ERR_BAD_SIGNATURE);
  CHECK(verify(key, R N, 64) == LTEEP_ERR_BAD_SIGNATURE);
  CHECK(verify(key, S R, 64) == LTEEP_ERR_BAD_SIGNATURE);
  CHECK(verify(key, R S, 63) == LTEEP_ERR_BAD_SIGNATURE);
  CHECK(verify(key, R S "00", 65) == LTEEP_ERR_BAD_SIGNATURE);
  CHECK(verify(key, "", 0) == LTEEP_ERR_BAD_SIGNATURE);
  CHECK(verify(key, R S, 64) == LTEEP_OK);
  CHECK(!lteep_key_can_sign(key));
  CHECK(lteep_key_sign(key, text("sample"), signature) == LTEEP_ERR_NO_PRIVATE_KEY);
  CHECK(lteep_key_private_parts(key, &parts) == LTEEP_ERR_NO_PRIVATE_KEY);
  lteep_key_free(key);
}

/* Mbed TLS makes the nonce of RFC 6979; libcrypto 3.0 a random one. */
static void p256_deterministic(const char *provider) {
  lteep_key_parts parts = p256(X, Y, D);
  lteep_key *key = NULL;
  uint8_t signature[LTEEP_SIGNATURE_MAX];
  CHECK(lteep_key_import(&parts, &key) == LTEEP_OK);
  CHECK(lteep_key_sign(key, text("sample"), signature) == LTEEP_OK);
  if (strcmp(provider, "mbedtls") == 0) CHECK(is_hex(signature, 64, R S));
  CHECK(lteep_key_verify(key, text("sample"), (lteep_bytes){signature, 64}) == LTEEP_OK);
  CHECK(lteep_key_verify(key, text("simple"), (lteep_bytes){signature, 64}) ==
        LTEEP_ERR_BAD_SIGNATURE);
  lteep_key_free(key);
}

/* RFC 8032 section 7.1: test 1 (empty message) and the public key of test 2. */
#define ED_D "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define ED_X "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define ED_OTHER "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define ED_SIGNATURE                                                                               \
  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b4" \
  "6bd25bf5f0595bbe24655141438e7a100b"

static void ed25519_points(void) {
  static const char *const refused[] = {
      /* small order: 1, -1, order 4 twice, order 8 twice, and with the sign bit */
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0000000000000000000000000000000000000000000000000000000000000080",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
      /* not canonical: p, p + 1; not on the curve: y = 2 */
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0200000000000000000000000000000000000000000000000000000000000000",
  };
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    CHECK(import(ed25519(refused[i], NULL)) == LTEEP_ERR_BAD_KEY);
  CHECK(import(ed25519(ED_OTHER, ED_D)) == LTEEP_ERR_BAD_KEY);
  CHECK(import(ed25519(ED_OTHER, NULL)) == LTEEP_OK);
  CHECK(import(ed25519(ED_X, NULL)) == LTEEP_OK);
}

static void ed25519_signatures(void) {
  lteep_key_parts parts = ed25519(ED_X, ED_D);
  lteep_key *key = NULL;
  uint8_t signature[LTEEP_SIGNATURE_MAX];
  if (!lteep_provider_for(LTEEP_ALG_ED25519)) {
    CHECK(import(parts) == LTEEP_ERR_UNSUPPORTED_ALGORITHM);
    return;
  }
  ed25519_points();
  CHECK(lteep_key_import(&parts, &key) == LTEEP_OK);
  CHECK(lteep_key_sign(key, text(""), signature) == LTEEP_OK);
  CHECK(is_hex(signature, 64, ED_SIGNATURE));
  CHECK(lteep_key_verify(key, text(""), (lteep_bytes){signature, 64}) == LTEEP_OK);
  CHECK(lteep_key_verify(key, text("x"), (lteep_bytes){signature, 64}) == LTEEP_ERR_BAD_SIGNATURE);
  memset(signature, 0, sizeof signature);
  CHECK(lteep_key_verify(key, text(""), (lteep_bytes){signature, 64}) == LTEEP_ERR_BAD_SIGNATURE);
  lteep_key_free(key);
}

static void generated(int alg) {
  lteep_key *first = NULL, *second = NULL;
  lteep_key_parts a, b;
  uint8_t signature[LTEEP_SIGNATURE_MAX];
  if (!lteep_provider_for(alg)) {
    CHECK(lteep_key_generate(alg, &first) == LTEEP_ERR_UNSUPPORTED_ALGORITHM);
    return;
  }
  CHECK(lteep_key_generate(alg, &first) == LTEEP_OK);
  CHECK(lteep_key_generate(alg, &second) == LTEEP_OK);
  CHECK(lteep_key_algorithm(first) == alg && lteep_key_can_sign(first));
  CHECK(lteep_key_private_parts(first, &a) == LTEEP_OK);
  CHECK(lteep_key_private_parts(second, &b) == LTEEP_OK);
  CHECK(memcmp(a.d, b.d, sizeof a.d) != 0);
  CHECK(import(a) == LTEEP_OK);
  CHECK(lteep_key_sign(first, text("m"), signature) == LTEEP_OK);
  CHECK(lteep_key_verify(first, text("m"), (lteep_bytes){signature, 64}) == LTEEP_OK);
  CHECK(lteep_key_verify(second, text("m"), (lteep_bytes){signature, 64}) ==
        LTEEP_ERR_BAD_SIGNATURE);
  lteep_key_public_parts(first, &b);
  CHECK(!b.has_private && memcmp(b.x, a.x, sizeof a.x) == 0);
  for (size_t i = 0; i < sizeof b.d; i++) CHECK(b.d[i] == 0);
  lteep_key_free(first);
  lteep_key_free(second);
}

/* Random bytes, and the private part of a new key, which the provider's own generator makes. */
typedef struct {
  uint8_t random[32];
  lteep_key_parts parts;
} sample;

static bool take_sample(sample *taken) {
  lteep_key *key = NULL;
  memset(taken, 0, sizeof *taken);
  bool ok = lteep_random(taken->random, sizeof taken->random) == LTEEP_OK &&
            lteep_key_generate(LTEEP_ALG_ESP256, &key) == LTEEP_OK &&
            lteep_key_private_parts(key, &taken->parts) == LTEEP_OK;
  lteep_key_free(key);
  return ok;
}

/* A child takes a sample, `depth` generations down. */
static pid_t child_sample(int out, int depth) {
  pid_t child = fork();
  if (child != 0) return child;
  sample taken;
  int status = 0;
  if (depth > 1) {
    pid_t grandchild = child_sample(out, depth - 1);
    bool waited = grandchild > 0 && waitpid(grandchild, &status, 0) == grandchild;
    _exit(waited && status == 0 ? 0 : 1);
  }
  bool ok = take_sample(&taken) && write(out, &taken, sizeof taken) == sizeof taken;
  _exit(ok ? 0 : 1);
}

enum { SAMPLES = 4 };

static void all_differ(const sample samples[SAMPLES]) {
  for (int i = 0; i < SAMPLES; i++)
    for (int j = 0; j < i; j++) {
      CHECK(memcmp(samples[i].random, samples[j].random, sizeof samples[i].random) != 0);
      CHECK(memcmp(samples[i].parts.d, samples[j].parts.d, 32) != 0);
    }
}

/* Two children, a grandchild and the parent go on from one state of the generator. */
static void random_after_fork(void) {
  static sample samples[SAMPLES];
  int pipes[2], status;
  CHECK(take_sample(&samples[3]));
  CHECK(pipe(pipes) == 0);
  for (int i = 0; i < 3; i++) {
    pid_t child = child_sample(pipes[1], i == 2 ? 2 : 1);
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    CHECK(read(pipes[0], &samples[i], sizeof samples[i]) == sizeof samples[i]);
  }
  CHECK(take_sample(&samples[3]));
  all_differ(samples);
  close(pipes[0]);
  close(pipes[1]);
}

static void random_sizes(void) {
  static uint8_t out[5000];
  CHECK(lteep_random(out, 0) == LTEEP_OK);
  CHECK(lteep_random(out, sizeof out) == LTEEP_OK);
  uint8_t any = 0;
  for (size_t i = sizeof out - 32; i < sizeof out; i++) any |= out[i];
  CHECK(any != 0);
}

static void orders(const char *names) {
  CHECK(lteep_providers_order("") == LTEEP_ERR_NOT_FOUND);
  CHECK(lteep_providers_order("none") == LTEEP_ERR_NOT_FOUND);
  CHECK(lteep_providers_order("openssl,mbedtls,openssl") == LTEEP_ERR_NOT_FOUND);
  CHECK(lteep_providers_order(names) == LTEEP_OK);
}

static void provider_alone(const char *name) {
  printf("%s\n", name);
  orders(name);
  CHECK(strcmp(lteep_providers()[0]->name, name) == 0 && !lteep_providers()[1]);
  digests();
  hashes();
  p256_keys();
  p256_signatures();
  p256_deterministic(name);
  ed25519_signatures();
  generated(LTEEP_ALG_ESP256);
  generated(LTEEP_ALG_ES256);
  generated(LTEEP_ALG_ED25519);
  generated(LTEEP_ALG_EDDSA);
  random_sizes();
  random_after_fork();
}

int main(void) {
  const char *names[4] = {NULL};
  for (size_t i = 0; lteep_providers()[i]; i++) names[i] = lteep_providers()[i]->name;
  for (size_t i = 0; names[i]; i++) provider_alone(names[i]);
  return check_result();
}
