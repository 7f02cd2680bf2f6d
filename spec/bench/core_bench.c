/* Rates of the C core alone, the baselines of the other benches.
 *
 *   core_bench scan FILE SECONDS    bare libcbor streaming decoder over the bytes of FILE
 *   core_bench list PROVIDER        what the next form can run, lines of "algorithm operation"
 *   core_bench run PROVIDER ALGORITHM OPERATION SECONDS
 *
 * PROVIDER is an order as lteep_providers_order takes it. Signatures are over 300 bytes, all else
 * takes 1 KiB. Scan and run print "operations cpu_seconds". */
#include <cbor.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "luateep/crypto.h"

#define BATCH 16
#define FILE_MAX 65536
#define SIGNED_SIZE 300
#define DATA_SIZE 1024

typedef lteep_status (*operation)(void);

static const lteep_algorithm *algorithm;
static lteep_key *key;
static lteep_key_parts peer;
static uint8_t file[FILE_MAX], data[DATA_SIZE], secret[32], made[DATA_SIZE + 64],
    signature[LTEEP_SIGNATURE_MAX];
static size_t file_size, made_size;

static void fail(const char *why) {
  fprintf(stderr, "core_bench: %s\n", why);
  exit(2);
}

static lteep_bytes of_data(size_t size) {
  return (lteep_bytes){data, size};
}

/* --- operations --- */

static lteep_status scan(void) {
  for (size_t at = 0; at < file_size;) {
    struct cbor_decoder_result result =
        cbor_stream_decode(file + at, file_size - at, &cbor_empty_callbacks, NULL);
    if (result.status != CBOR_DECODER_FINISHED) return LTEEP_ERR_NOT_WELL_FORMED;
    at += result.read;
  }
  return LTEEP_OK;
}

static lteep_status sign(void) {
  return lteep_key_sign(key, of_data(SIGNED_SIZE), signature);
}

static lteep_status verify(void) {
  return lteep_key_verify(key, of_data(SIGNED_SIZE), (lteep_bytes){signature, algorithm->size});
}

static lteep_status digest(void) {
  uint8_t out[LTEEP_DIGEST_MAX];
  size_t size;
  return lteep_digest(algorithm->alg, of_data(DATA_SIZE), out, &size);
}

static lteep_status mac(void) {
  uint8_t out[LTEEP_DIGEST_MAX];
  size_t size;
  return lteep_key_mac(key, of_data(DATA_SIZE), out, &size);
}

static lteep_status seal(void) {
  lteep_buffer out = {made, 0, sizeof made};
  lteep_status status =
      lteep_key_seal(key, of_data(algorithm->nonce_size), of_data(0), of_data(DATA_SIZE), &out);
  made_size = out.size;
  return status;
}

static lteep_status open(void) {
  uint8_t plain[DATA_SIZE];
  lteep_buffer out = {plain, 0, sizeof plain};
  return lteep_key_open(key, of_data(algorithm->nonce_size), of_data(0),
                        (lteep_bytes){made, made_size}, &out);
}

static lteep_status encrypt(void) {
  lteep_cipher cipher;
  lteep_status status = lteep_key_cipher(key, true, of_data(algorithm->nonce_size), &cipher);
  if (status == LTEEP_OK) status = lteep_cipher_update(&cipher, of_data(DATA_SIZE), made);
  lteep_cipher_end(&cipher);
  return status;
}

static lteep_status wrap(void) {
  lteep_buffer out = {made, 0, sizeof made};
  lteep_status status = lteep_key_wrap(key, (lteep_bytes){secret, sizeof secret}, &out);
  made_size = out.size;
  return status;
}

static lteep_status unwrap(void) {
  lteep_buffer out = {secret, 0, sizeof secret};
  return lteep_key_unwrap(key, (lteep_bytes){made, made_size}, &out);
}

static lteep_status agree(void) {
  uint8_t shared[LTEEP_COORDINATE_MAX];
  size_t size;
  return lteep_key_agree(key, &peer, shared, &size);
}

/* The first operation of a kind makes what the second takes. */
static const struct {
  lteep_algorithm_kind kind;
  const char *name;
  operation run;
} operations[] = {
    {LTEEP_KIND_SIGNATURE, "sign", sign},    {LTEEP_KIND_SIGNATURE, "verify", verify},
    {LTEEP_KIND_DIGEST, "digest", digest},   {LTEEP_KIND_MAC, "mac", mac},
    {LTEEP_KIND_AEAD, "seal", seal},         {LTEEP_KIND_AEAD, "open", open},
    {LTEEP_KIND_CIPHER, "encrypt", encrypt}, {LTEEP_KIND_WRAP, "wrap", wrap},
    {LTEEP_KIND_WRAP, "unwrap", unwrap},     {LTEEP_KIND_AGREEMENT, "agree", agree},
};

#define OPERATIONS (sizeof operations / sizeof operations[0])

/* --- measuring --- */

static double cpu(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void measure(operation run, double seconds) {
  double start = cpu(), spent = 0;
  unsigned long count = 0;
  for (; spent < seconds; spent = cpu() - start, count += BATCH)
    for (int i = 0; i < BATCH; i++)
      if (run() != LTEEP_OK) fail("the operation failed");
  printf("%lu %.9f\n", count, spent);
}

static void measure_scan(const char *path, double seconds) {
  FILE *from = fopen(path, "rb");
  if (!from) fail("cannot read the file");
  file_size = fread(file, 1, sizeof file, from);
  fclose(from);
  measure(scan, seconds);
}

static void find_algorithm(const char *name) {
  for (size_t i = 0; (algorithm = lteep_algorithm_at(i)); i++)
    if (!strcmp(algorithm->name, name)) return;
  fail("no such algorithm");
}

static void make_key(void) {
  if (!algorithm->kty) return;
  if (lteep_key_generate(algorithm->alg, &key) != LTEEP_OK) fail("cannot make a key");
  lteep_key_public_parts(key, &peer);
}

static void measure_crypto(const char *name, double seconds) {
  make_key();
  for (size_t i = 0; i < OPERATIONS; i++) {
    if (operations[i].kind != algorithm->kind) continue;
    if (strcmp(operations[i].name, name)) {
      if (operations[i].run() != LTEEP_OK) fail("cannot prepare the operation");
      continue;
    }
    measure(operations[i].run, seconds);
    lteep_key_free(key);
    return;
  }
  fail("no such operation");
}

static void list(void) {
  const lteep_algorithm *each;
  for (size_t i = 0; (each = lteep_algorithm_at(i)); i++)
    for (size_t j = 0; lteep_provider_for(each->alg) && j < OPERATIONS; j++)
      if (operations[j].kind == each->kind) printf("%s %s\n", each->name, operations[j].name);
}

int main(int count, char **arguments) {
  const char *verb = count > 2 ? arguments[1] : "";
  if (!strcmp(verb, "scan") && count == 4) {
    measure_scan(arguments[2], atof(arguments[3]));
    return 0;
  }
  if (strcmp(verb, "list") && (strcmp(verb, "run") || count != 6)) fail("see core_bench.c");
  if (lteep_providers_order(arguments[2]) != LTEEP_OK) fail("no such provider");
  if (!strcmp(verb, "list")) {
    list();
    return 0;
  }
  find_algorithm(arguments[3]);
  measure_crypto(arguments[4], atof(arguments[5]));
  return 0;
}
