/* AES Key Wrap (RFC 3394) over the bare AES of a provider. */
#include <string.h>

#include "provider.h"

enum { HALF = 8, BLOCK = 16, ROUNDS = 6, SECRET_MIN = 16 };

/* RFC 3394 section 2.2.3.1. */
static const uint8_t initial[HALF] = {0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6};

/* Under work: `block` is A || R[i], `r` are the n registers R[1] to R[n]. */
typedef struct {
  const lteep_provider *provider;
  void *state;
  uint8_t block[BLOCK];
  uint8_t *r;
  size_t n;
} wrapping;

/* A ^= t, as a big-endian number (t < 2^16: at most 6 * 16 steps). */
static void count(uint8_t a[HALF], size_t t) {
  a[HALF - 2] ^= (uint8_t)(t >> 8);
  a[HALF - 1] ^= (uint8_t)t;
}

static lteep_status encrypt_block(wrapping *run) {
  return run->provider->cipher_update(run->state, (lteep_bytes){run->block, BLOCK}, run->block);
}

/* RFC 3394 section 2.2.1, the indexed form. */
static lteep_status wrap(wrapping *run) {
  for (size_t t = 1; t <= ROUNDS * run->n; t++) {
    uint8_t *r = run->r + HALF * ((t - 1) % run->n);
    memcpy(run->block + HALF, r, HALF);
    lteep_status status = encrypt_block(run);
    if (status != LTEEP_OK) return status;
    count(run->block, t);
    memcpy(r, run->block + HALF, HALF);
  }
  return LTEEP_OK;
}

/* RFC 3394 section 2.2.2. */
static lteep_status unwrap(wrapping *run) {
  for (size_t t = ROUNDS * run->n; t >= 1; t--) {
    uint8_t *r = run->r + HALF * ((t - 1) % run->n);
    count(run->block, t);
    memcpy(run->block + HALF, r, HALF);
    lteep_status status = encrypt_block(run);
    if (status != LTEEP_OK) return status;
    memcpy(r, run->block + HALF, HALF);
  }
  return LTEEP_OK;
}

/* Checks the arguments, then starts the block cipher. */
static lteep_status start(wrapping *run, int alg, bool encrypt, lteep_bytes kek,
                          size_t secret_size) {
  const lteep_algorithm *algorithm = lteep_served(alg, LTEEP_KIND_WRAP, &run->provider);
  if (!algorithm) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  if (kek.size != algorithm->key_size) return LTEEP_ERR_BAD_KEY;
  if (secret_size < SECRET_MIN || secret_size > LTEEP_SYMMETRIC_MAX || secret_size % HALF != 0)
    return LTEEP_ERR_SIZE_OUT_OF_RANGE;
  run->n = secret_size / HALF;
  return run->provider->cipher_start(alg, encrypt, kek, (lteep_bytes){NULL, 0}, &run->state);
}

static void end(wrapping *run) {
  if (run->state) run->provider->cipher_end(run->state);
  lteep_wipe(run->block, sizeof run->block);
}

lteep_status lteep_wrap(int alg, lteep_bytes kek, lteep_bytes secret, lteep_buffer *out) {
  wrapping run = {0};
  uint8_t made[HALF + LTEEP_SYMMETRIC_MAX];
  lteep_status status = start(&run, alg, true, kek, secret.size);
  size_t size = HALF + secret.size;
  if (status == LTEEP_OK && out->capacity - out->size < size) status = LTEEP_ERR_NO_ROOM;
  if (status == LTEEP_OK) {
    run.r = made + HALF;
    memcpy(run.r, secret.at, secret.size);
    memcpy(run.block, initial, HALF);
    status = wrap(&run);
  }
  if (status == LTEEP_OK) {
    memcpy(made, run.block, HALF);
    memcpy(out->at + out->size, made, size);
    out->size += size;
  }
  end(&run);
  lteep_wipe(made, sizeof made);
  return status;
}

lteep_status lteep_unwrap(int alg, lteep_bytes kek, lteep_bytes wrapped, lteep_buffer *out) {
  wrapping run = {0};
  uint8_t secret[LTEEP_SYMMETRIC_MAX];
  size_t size = wrapped.size < HALF ? 0 : wrapped.size - HALF;
  lteep_status status = start(&run, alg, false, kek, size);
  if (status == LTEEP_OK && out->capacity - out->size < size) status = LTEEP_ERR_NO_ROOM;
  if (status == LTEEP_OK) {
    run.r = secret;
    memcpy(run.block, wrapped.at, HALF);
    memcpy(secret, wrapped.at + HALF, size);
    status = unwrap(&run);
  }
  if (status == LTEEP_OK &&
      !lteep_equal_secret((lteep_bytes){run.block, HALF}, (lteep_bytes){initial, HALF}))
    status = LTEEP_ERR_BAD_SIGNATURE;
  if (status == LTEEP_OK) {
    memcpy(out->at + out->size, secret, size);
    out->size += size;
  }
  end(&run);
  lteep_wipe(secret, sizeof secret);
  return status;
}
