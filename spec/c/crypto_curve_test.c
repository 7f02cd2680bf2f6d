/* P-384 and P-521 in every provider: known signatures, refused signatures, and key handles asked
 * for what they cannot do. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "luateep/crypto.h"

static const lteep_bytes sample = {(const uint8_t *)"sample", 6};

static void from_hex(const char *hex, uint8_t *out) {
  for (size_t i = 0; hex[2 * i]; i++) {
    char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
    out[i] = (uint8_t)strtoul(pair, NULL, 16);
  }
}

/* RFC 6979 appendix A.2.6 with SHA-384 and A.2.7 with SHA-512, message "sample". */
typedef struct {
  int alg, crv;
  size_t size;
  const char *d, *x, *y, *r, *s, *order;
} curve_case;

static const curve_case cases[] = {
    {LTEEP_ALG_ESP384, LTEEP_CRV_P384, 48,
     "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2"
     "edf5",
     "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480"
     "bc13",
     "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd253326"
     "4720",
     "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fa"
     "be46",
     "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a3862"
     "8ac8",
     "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc5"
     "2973"},
    {LTEEP_ALG_ESP512, LTEEP_CRV_P521, 66,
     "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d1"
     "6fcc1466f6d8fbec67db89ec0c08b0e996b83538",
     "01894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20f"
     "b633155d38ffa16d2bd761dcac474b9a2f5023a4",
     "00493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28a0db25741b5b34a828008b22ac"
     "c23f924faafbd4d33f81ea66956dfeaa2bfdfcf5",
     "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add15"
     "2b534931d7d4e8455cc91f9b15bf05ec36e377fa",
     "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37f"
     "f0777b1a20f8ccb1dccc43997f1ee0e44da4a67a",
     "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc01"
     "48f709a5d03bb5c9b8899c47aebb6fb71e91386409"},
};

static lteep_key_parts parts_of(const curve_case *given) {
  lteep_key_parts parts = {
      .kty = LTEEP_KTY_EC2, .crv = given->crv, .alg = given->alg, .has_private = true};
  from_hex(given->x, parts.x);
  from_hex(given->y, parts.y);
  from_hex(given->d, parts.d);
  return parts;
}

static lteep_status import(const lteep_key_parts *parts) {
  lteep_key *key;
  lteep_status status = lteep_key_import(parts, &key);
  lteep_key_free(key);
  return status;
}

static void keys(const curve_case *given) {
  lteep_key_parts parts = parts_of(given), changed = parts, derived = parts;
  changed.y[given->size - 1] ^= 1;
  CHECK(import(&changed) == LTEEP_ERR_BAD_KEY);
  changed = parts;
  changed.d[given->size - 1] ^= 1;
  CHECK(import(&changed) == LTEEP_ERR_BAD_KEY);
  changed = parts;
  memset(changed.d, 0, sizeof changed.d);
  CHECK(import(&changed) == LTEEP_ERR_BAD_KEY);
  CHECK(lteep_key_derive(&changed) == LTEEP_ERR_BAD_KEY);
  from_hex(given->order, changed.d);
  CHECK(import(&changed) == LTEEP_ERR_BAD_KEY);
  CHECK(lteep_key_derive(&changed) == LTEEP_ERR_BAD_KEY);
  changed = parts;
  changed.alg = LTEEP_ALG_ESP256;
  CHECK(import(&changed) == LTEEP_ERR_BAD_KEY);
  CHECK(import(&parts) == LTEEP_OK);
  memset(derived.x, 0, sizeof derived.x);
  memset(derived.y, 0, sizeof derived.y);
  CHECK(lteep_key_derive(&derived) == LTEEP_OK && memcmp(&derived, &parts, sizeof parts) == 0);
}

static void refused(const lteep_key *key, const uint8_t *signature, size_t size) {
  CHECK(lteep_key_verify(key, sample, (lteep_bytes){signature, size}) == LTEEP_ERR_BAD_SIGNATURE);
}

static void signatures(const curve_case *given, const char *provider) {
  lteep_key_parts parts = parts_of(given);
  lteep_key *key;
  size_t size = 2 * given->size;
  uint8_t known[LTEEP_SIGNATURE_MAX + 1] = {0}, made[LTEEP_SIGNATURE_MAX], bad[sizeof known] = {0};
  from_hex(given->r, known);
  from_hex(given->s, known + given->size);
  CHECK(lteep_key_import(&parts, &key) == LTEEP_OK);
  CHECK(lteep_algorithm_find(given->alg)->size == size);
  refused(key, bad, size); /* r and s are 0 */
  refused(key, known, size - 1);
  refused(key, known, size + 1);
  refused(key, known, 64);
  from_hex(given->order, bad);
  memcpy(bad + given->size, known + given->size, given->size);
  refused(key, bad, size); /* r is the order */
  memcpy(bad, known, size);
  from_hex(given->order, bad + given->size);
  refused(key, bad, size); /* s is the order */
  memcpy(bad, known, size);
  bad[size - 1] ^= 1;
  refused(key, bad, size);
  CHECK(lteep_key_verify(key, sample, (lteep_bytes){known, size}) == LTEEP_OK);
  CHECK(lteep_key_sign(key, sample, made) == LTEEP_OK);
  CHECK(lteep_key_verify(key, sample, (lteep_bytes){made, size}) == LTEEP_OK);
  if (strcmp(provider, "mbedtls") == 0) CHECK(memcmp(made, known, size) == 0);
  lteep_key_free(key);
}

/* A signing key, a MAC key, a key wrap key: each refuses the work of the others. */
static void wrong_kinds(void) {
  lteep_key *signer, *mac, *wrap;
  uint8_t bytes[160];
  size_t size;
  lteep_buffer out = {bytes, 0, sizeof bytes};
  lteep_cipher cipher;
  CHECK(lteep_key_generate(LTEEP_ALG_ESP256, &signer) == LTEEP_OK);
  CHECK(lteep_key_generate(LTEEP_ALG_HMAC384, &mac) == LTEEP_OK);
  CHECK(lteep_key_generate(LTEEP_ALG_A256KW, &wrap) == LTEEP_OK);
  CHECK(lteep_key_sign(mac, sample, bytes) == LTEEP_ERR_WRONG_KEY);
  CHECK(lteep_key_verify(wrap, sample, sample) == LTEEP_ERR_WRONG_KEY);
  CHECK(lteep_key_mac(signer, sample, bytes, &size) == LTEEP_ERR_WRONG_KEY);
  CHECK(lteep_key_mac_verify(wrap, sample, sample) == LTEEP_ERR_WRONG_KEY);
  CHECK(lteep_key_seal(mac, sample, sample, sample, &out) == LTEEP_ERR_WRONG_KEY);
  CHECK(lteep_key_open(mac, sample, sample, sample, &out) == LTEEP_ERR_WRONG_KEY);
  CHECK(lteep_key_cipher(wrap, true, sample, &cipher) == LTEEP_ERR_WRONG_KEY && !cipher.state);
  CHECK(lteep_key_wrap(mac, sample, &out) == LTEEP_ERR_WRONG_KEY);
  CHECK(lteep_key_unwrap(signer, sample, &out) == LTEEP_ERR_WRONG_KEY && out.size == 0);
  CHECK(!lteep_key_can_sign(mac) && !lteep_key_can_agree(signer));
  lteep_key_free(signer);
  lteep_key_free(mac);
  lteep_key_free(wrap);
}

static void tags(int alg, size_t tag_size) {
  lteep_key *key;
  uint8_t tag[LTEEP_DIGEST_MAX];
  size_t size = 0;
  CHECK(lteep_key_generate(alg, &key) == LTEEP_OK);
  CHECK(lteep_key_mac(key, sample, tag, &size) == LTEEP_OK && size == tag_size);
  CHECK(lteep_key_mac_verify(key, sample, (lteep_bytes){tag, size}) == LTEEP_OK);
  CHECK(lteep_key_mac_verify(key, sample, (lteep_bytes){tag, size - 1}) == LTEEP_ERR_BAD_SIGNATURE);
  CHECK(lteep_key_mac_verify(key, sample, (lteep_bytes){tag, 0}) == LTEEP_ERR_BAD_SIGNATURE);
  tag[size - 1] ^= 1;
  CHECK(lteep_key_mac_verify(key, sample, (lteep_bytes){tag, size}) == LTEEP_ERR_BAD_SIGNATURE);
  lteep_key_free(key);
}

/* A secret wrapped under a key, content sealed under another; too little room changes nothing. */
static void round_trips(void) {
  lteep_key *wrap, *aead;
  uint8_t room[64], again[64], nonce[12] = {0};
  lteep_buffer out = {room, 0, sizeof room}, back = {again, 0, sizeof again};
  lteep_bytes secret = {(const uint8_t *)"sixteen bytes ok", 16}, none = {NULL, 0};
  CHECK(lteep_key_generate(LTEEP_ALG_A192KW, &wrap) == LTEEP_OK);
  CHECK(lteep_key_generate(LTEEP_ALG_CHACHA20_POLY1305, &aead) == LTEEP_OK);
  out.capacity = 23;
  CHECK(lteep_key_wrap(wrap, secret, &out) == LTEEP_ERR_NO_ROOM && out.size == 0);
  out.capacity = 24;
  CHECK(lteep_key_wrap(wrap, secret, &out) == LTEEP_OK && out.size == 24);
  back.capacity = 15;
  CHECK(lteep_key_unwrap(wrap, lteep_buffer_view(&out), &back) == LTEEP_ERR_NO_ROOM);
  back.capacity = 16;
  CHECK(lteep_key_unwrap(wrap, lteep_buffer_view(&out), &back) == LTEEP_OK && back.size == 16);
  CHECK(memcmp(again, secret.at, 16) == 0);
  out = (lteep_buffer){room, 0, 31};
  lteep_bytes used_once = {nonce, sizeof nonce};
  CHECK(lteep_key_seal(aead, used_once, none, secret, &out) == LTEEP_ERR_NO_ROOM && out.size == 0);
  out.capacity = 32;
  CHECK(lteep_key_seal(aead, used_once, none, secret, &out) == LTEEP_OK && out.size == 32);
  room[31] ^= 1;
  back = (lteep_buffer){again, 0, sizeof again};
  memset(again, 1, sizeof again);
  CHECK(lteep_key_open(aead, used_once, none, lteep_buffer_view(&out), &back) ==
        LTEEP_ERR_BAD_SIGNATURE);
  CHECK(back.size == 0);
  for (size_t i = 0; i < 16; i++) CHECK(again[i] == 0); /* no plaintext is left */
  room[31] ^= 1;
  CHECK(lteep_key_open(aead, used_once, none, lteep_buffer_view(&out), &back) == LTEEP_OK);
  CHECK(back.size == 16 && memcmp(again, secret.at, 16) == 0);
  lteep_key_free(wrap);
  lteep_key_free(aead);
}

int main(void) {
  const char *names[4] = {NULL};
  for (size_t i = 0; lteep_providers()[i]; i++) names[i] = lteep_providers()[i]->name;
  for (size_t i = 0; names[i]; i++) {
    CHECK(lteep_providers_order(names[i]) == LTEEP_OK);
    for (size_t j = 0; j < sizeof cases / sizeof cases[0]; j++) {
      keys(&cases[j]);
      signatures(&cases[j], names[i]);
    }
    wrong_kinds();
    tags(LTEEP_ALG_HMAC256, 32);
    tags(LTEEP_ALG_HMAC384, 48);
    tags(LTEEP_ALG_HMAC512, 64);
    round_trips();
  }
  return check_result();
}
