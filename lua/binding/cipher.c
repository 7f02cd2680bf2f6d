/* teep.core.crypto: AEAD, key wrap, and class teep.cipher, an AES-CTR stream. */
#include <string.h>

#include "key.h"

#define CIPHER "teep.cipher"

/* Push what `out` holds, or the failure. */
static int finish(lua_State *L, luaL_Buffer *buffer, lteep_status status, const lteep_buffer *out) {
  if (status != LTEEP_OK) return lteep_push_failure(L, status, NULL);
  luaL_pushresultsize(buffer, out->size);
  return 1;
}

static lteep_buffer start(lua_State *L, luaL_Buffer *buffer, size_t room) {
  return (lteep_buffer){(uint8_t *)luaL_buffinitsize(L, buffer, room), 0, room};
}

/* (algorithm, key, nonce, aad, plaintext) */
static int crypto_seal(lua_State *L) {
  int alg = lteep_check_algorithm(L, 1);
  lteep_bytes key = lteep_check_bytes(L, 2), nonce = lteep_check_bytes(L, 3);
  lteep_bytes aad = lteep_check_bytes(L, 4), plaintext = lteep_check_bytes(L, 5);
  luaL_Buffer buffer;
  lteep_buffer out = start(L, &buffer, plaintext.size + LTEEP_AEAD_TAG);
  return finish(L, &buffer, lteep_aead_seal(alg, key, nonce, aad, plaintext, &out), &out);
}

/* (algorithm, key, nonce, aad, ciphertext) */
static int crypto_open(lua_State *L) {
  int alg = lteep_check_algorithm(L, 1);
  lteep_bytes key = lteep_check_bytes(L, 2), nonce = lteep_check_bytes(L, 3);
  lteep_bytes aad = lteep_check_bytes(L, 4), ciphertext = lteep_check_bytes(L, 5);
  luaL_Buffer buffer;
  lteep_buffer out = start(L, &buffer, ciphertext.size);
  return finish(L, &buffer, lteep_aead_open(alg, key, nonce, aad, ciphertext, &out), &out);
}

/* (algorithm, kek, secret) */
static int crypto_wrap(lua_State *L) {
  int alg = lteep_check_algorithm(L, 1);
  lteep_bytes kek = lteep_check_bytes(L, 2), secret = lteep_check_bytes(L, 3);
  luaL_Buffer buffer;
  lteep_buffer out = start(L, &buffer, LTEEP_SYMMETRIC_MAX + 8);
  return finish(L, &buffer, lteep_wrap(alg, kek, secret, &out), &out);
}

/* (algorithm, kek, wrapped) */
static int crypto_unwrap(lua_State *L) {
  int alg = lteep_check_algorithm(L, 1);
  lteep_bytes kek = lteep_check_bytes(L, 2), wrapped = lteep_check_bytes(L, 3);
  luaL_Buffer buffer;
  lteep_buffer out = start(L, &buffer, LTEEP_SYMMETRIC_MAX);
  return finish(L, &buffer, lteep_unwrap(alg, kek, wrapped, &out), &out);
}

/* --- Streams: (algorithm, key, iv) --- */

static int crypto_cipher(lua_State *L) {
  int alg = lteep_check_algorithm(L, 1);
  lteep_bytes key = lteep_check_bytes(L, 2), iv = lteep_check_bytes(L, 3);
  lteep_cipher *cipher = lua_newuserdatauv(L, sizeof *cipher, 0);
  memset(cipher, 0, sizeof *cipher);
  luaL_setmetatable(L, CIPHER);
  lteep_status status = lteep_cipher_start(cipher, alg, key, iv);
  return status == LTEEP_OK ? 1 : lteep_push_failure(L, status, NULL);
}

static int cipher_update(lua_State *L) {
  lteep_cipher *cipher = luaL_checkudata(L, 1, CIPHER);
  lteep_bytes data = lteep_check_bytes(L, 2);
  if (!cipher->state) return luaL_argerror(L, 1, "the cipher has ended");
  luaL_Buffer buffer;
  lteep_buffer out = start(L, &buffer, data.size);
  lteep_status status = lteep_cipher_update(cipher, data, out.at);
  out.size = data.size;
  return finish(L, &buffer, status, &out);
}

static int cipher_end(lua_State *L) {
  lteep_cipher_end(luaL_checkudata(L, 1, CIPHER));
  return 0;
}

static const luaL_Reg methods[] = {
    {"update", cipher_update}, {"close", cipher_end}, {"__gc", cipher_end}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"seal", crypto_seal},     {"open", crypto_open},
                                     {"wrap", crypto_wrap},     {"unwrap", crypto_unwrap},
                                     {"cipher", crypto_cipher}, {NULL, NULL}};

void lteep_add_ciphers(lua_State *L) {
  lteep_make_class(L, CIPHER, methods);
  luaL_setfuncs(L, functions, 0);
}
