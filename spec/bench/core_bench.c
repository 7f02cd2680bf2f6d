/* Rates of the C core alone, the baselines of the other benches.
 *
 *   core_bench scan FILE SECONDS              bare libcbor streaming decoder over the bytes of FILE
 *   core_bench sign|verify ALGORITHM SECONDS  a loaded key, 300 bytes to be signed
 *
 * Prints "operations cpu_seconds". */
#include <cbor.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "luateep/crypto.h"

#define BATCH 64
#define FILE_MAX 65536

typedef void (*operation)(void);

static uint8_t file[FILE_MAX];
static size_t file_size;
static lteep_key *key;
static uint8_t message[300], signature[LTEEP_SIGNATURE_MAX];

static void fail(const char *why) {
  fprintf(stderr, "core_bench: %s\n", why);
  exit(2);
}

static void scan(void) {
  for (size_t at = 0; at < file_size;) {
    struct cbor_decoder_result result =
        cbor_stream_decode(file + at, file_size - at, &cbor_empty_callbacks, NULL);
    if (result.status != CBOR_DECODER_FINISHED) fail("libcbor does not read the file");
    at += result.read;
  }
}

static void sign(void) {
  if (lteep_key_sign(key, (lteep_bytes){message, sizeof message}, signature) != LTEEP_OK)
    fail("cannot sign");
}

static void verify(void) {
  if (lteep_key_verify(key, (lteep_bytes){message, sizeof message}, (lteep_bytes){signature, 64}) !=
      LTEEP_OK)
    fail("cannot verify");
}

static double cpu(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void measure(operation run, double seconds) {
  double start = cpu(), spent = 0;
  unsigned long count = 0;
  for (; spent < seconds; spent = cpu() - start, count += BATCH)
    for (int i = 0; i < BATCH; i++) run();
  printf("%lu %.9f\n", count, spent);
}

static void read_file(const char *path) {
  FILE *from = fopen(path, "rb");
  if (!from) fail("cannot read the file");
  file_size = fread(file, 1, sizeof file, from);
  fclose(from);
}

static void make_key(const char *name) {
  int algorithm = !strcmp(name, "Ed25519")  ? LTEEP_ALG_ED25519
                  : !strcmp(name, "ESP256") ? LTEEP_ALG_ESP256
                                            : 0;
  if (!algorithm || lteep_key_generate(algorithm, &key) != LTEEP_OK) fail("no such algorithm");
  sign();
}

int main(int count, char **arguments) {
  if (count != 4) fail("usage: core_bench scan FILE SECONDS | sign|verify ALGORITHM SECONDS");
  double seconds = atof(arguments[3]);
  if (!strcmp(arguments[1], "scan")) {
    read_file(arguments[2]);
    measure(scan, seconds);
    return 0;
  }
  make_key(arguments[2]);
  measure(strcmp(arguments[1], "sign") ? verify : sign, seconds);
  lteep_key_free(key);
  return 0;
}
