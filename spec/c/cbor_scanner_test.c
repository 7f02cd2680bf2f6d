/* The scanner: every refusal with its offset, every limit at its edge, every rule off and on. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "luateep/cbor.h"

static uint8_t memory[1 << 16];

static lteep_bytes from_hex(const char *hex) {
  size_t size = 0;
  for (; hex[0] && hex[1]; hex += 2) {
    char pair[3] = {hex[0], hex[1], 0};
    memory[size++] = (uint8_t)strtoul(pair, NULL, 16);
  }
  return (lteep_bytes){memory, size};
}

/* Scan an exact heap copy, so that ASan sees every read past the end. */
static lteep_status scan(lteep_bytes input, const lteep_cbor_limits *limits, size_t *offset) {
  uint8_t *copy = malloc(input.size ? input.size : 1);
  memcpy(copy, input.at, input.size);
  lteep_status status = lteep_cbor_scan((lteep_bytes){copy, input.size}, limits, offset);
  free(copy);
  return status;
}

static lteep_status scan_with(const char *hex, unsigned rules) {
  lteep_cbor_limits limits = lteep_cbor_default_limits;
  limits.rules = rules;
  return scan(from_hex(hex), &limits, NULL);
}

typedef struct {
  const char *hex;
  lteep_status status;
  size_t offset;
} refusal;

static const refusal refusals[] = {
    {"", LTEEP_ERR_TRUNCATED, 0},
    {"18", LTEEP_ERR_TRUNCATED, 0},
    {"8201", LTEEP_ERR_TRUNCATED, 0},
    {"820118", LTEEP_ERR_TRUNCATED, 2},
    {"82018201", LTEEP_ERR_TRUNCATED, 2},
    {"4201", LTEEP_ERR_TRUNCATED, 0},
    {"9a4000000001", LTEEP_ERR_TRUNCATED, 0},         /* count bomb: 8 GB in libcbor 0.8 */
    {"9bffffffffffffffff00", LTEEP_ERR_TRUNCATED, 0}, /* count overflow (D6) */
    {"bb800000000000000000", LTEEP_ERR_TRUNCATED, 0}, /* 2 * count overflows (D6) */
    {"5bffffffffffffffff00", LTEEP_ERR_TRUNCATED, 0},
    {"0000", LTEEP_ERR_TRAILING_BYTES, 1},
    {"1c", LTEEP_ERR_NOT_WELL_FORMED, 0},
    {"811d", LTEEP_ERR_NOT_WELL_FORMED, 1},
    {"fe", LTEEP_ERR_NOT_WELL_FORMED, 0},
    {"1f", LTEEP_ERR_NOT_WELL_FORMED, 0},
    {"3f", LTEEP_ERR_NOT_WELL_FORMED, 0},
    {"df00", LTEEP_ERR_NOT_WELL_FORMED, 0},
    {"ff", LTEEP_ERR_NOT_WELL_FORMED, 0},
    {"81ff", LTEEP_ERR_NOT_WELL_FORMED, 1},
    {"f800", LTEEP_ERR_NOT_WELL_FORMED, 0}, /* two-byte simple values below 32 */
    {"f814", LTEEP_ERR_NOT_WELL_FORMED, 0},
    {"f81f", LTEEP_ERR_NOT_WELL_FORMED, 0},
    {"1817", LTEEP_ERR_NOT_SHORTEST, 0}, /* every head size, every major type */
    {"1900ff", LTEEP_ERR_NOT_SHORTEST, 0},
    {"1a0000ffff", LTEEP_ERR_NOT_SHORTEST, 0},
    {"1b00000000ffffffff", LTEEP_ERR_NOT_SHORTEST, 0},
    {"3817", LTEEP_ERR_NOT_SHORTEST, 0},
    {"580100", LTEEP_ERR_NOT_SHORTEST, 0},
    {"78016f", LTEEP_ERR_NOT_SHORTEST, 0},
    {"980100", LTEEP_ERR_NOT_SHORTEST, 0},
    {"b8010000", LTEEP_ERR_NOT_SHORTEST, 0},
    {"d81200", LTEEP_ERR_NOT_SHORTEST, 0},
    {"fa3f800000", LTEEP_ERR_NOT_SHORTEST, 0},         /* 1.0 as a single */
    {"fb3ff0000000000000", LTEEP_ERR_NOT_SHORTEST, 0}, /* 1.0 as a double */
    {"fa33800000", LTEEP_ERR_NOT_SHORTEST, 0},         /* 2^-24, the least half */
    {"fa7f800000", LTEEP_ERR_NOT_SHORTEST, 0},         /* Infinity as a single */
    {"fa7fc00000", LTEEP_ERR_NOT_SHORTEST, 0},         /* NaN as a single */
    {"f97e01", LTEEP_ERR_NOT_SHORTEST, 0},             /* NaN with a payload */
    {"f9fe00", LTEEP_ERR_NOT_SHORTEST, 0},             /* NaN with a sign */
    {"5f4100ff", LTEEP_ERR_INDEFINITE_LENGTH, 0},
    {"7f6161ff", LTEEP_ERR_INDEFINITE_LENGTH, 0},
    {"819fff", LTEEP_ERR_INDEFINITE_LENGTH, 1},
    {"bfff", LTEEP_ERR_INDEFINITE_LENGTH, 0},
    {"a201000100", LTEEP_ERR_DUPLICATE_KEY, 3},
    {"a3020001000200", LTEEP_ERR_DUPLICATE_KEY, 5},       /* among unsorted keys */
    {"a28101008101ff", LTEEP_ERR_DUPLICATE_KEY, 4},       /* an array as a key */
    {"81a202a2010001000300", LTEEP_ERR_DUPLICATE_KEY, 6}, /* in a map that is a value */
    {"61ff", LTEEP_ERR_INVALID_UTF8, 0},
    {"62c080", LTEEP_ERR_INVALID_UTF8, 0},     /* overlong */
    {"63eda080", LTEEP_ERR_INVALID_UTF8, 0},   /* surrogate */
    {"64f4908080", LTEEP_ERR_INVALID_UTF8, 0}, /* above U+10FFFF */
    {"8161c3", LTEEP_ERR_INVALID_UTF8, 1},     /* cut inside a character */
};

static void refuses_hostile_inputs(void) {
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    size_t offset = 999;
    lteep_status status = scan(from_hex(refusals[i].hex), NULL, &offset);
    CHECK(status == refusals[i].status);
    CHECK(offset == refusals[i].offset);
    if (status != refusals[i].status || offset != refusals[i].offset)
      fprintf(stderr, "  %s: status %d at %zu\n", refusals[i].hex, (int)status, offset);
  }
}

static void accepts_good_inputs(void) {
  static const char *const good[] = {"00",
                                     "1818",
                                     "1b0000000100000000",
                                     "3bffffffffffffffff",
                                     "40",
                                     "60",
                                     "80",
                                     "a0",
                                     "c249010000000000000000",
                                     "d28443a10126a0f640",
                                     "f5",
                                     "f0",
                                     "f820",
                                     "f8ff",
                                     "f97e00",
                                     "fa33000000",
                                     "fb3ff199999999999a",
                                     "a20200"
                                     "0100",
                                     "a2810100"
                                     "8102"
                                     "00",
                                     "a1a0"
                                     "a0",
                                     "64f48fbfbf",
                                     "63efbfbf",
                                     "f90001",
                                     "f97c00",
                                     "fa7f7fffff"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    lteep_status status = scan(from_hex(good[i]), NULL, NULL);
    CHECK(status == LTEEP_OK);
    if (status != LTEEP_OK) fprintf(stderr, "  %s: status %d\n", good[i], (int)status);
  }
}

/* Each rule alone decides about its input. */
static void checks_rules_one_by_one(void) {
  static const struct {
    const char *hex;
    unsigned rule;
    lteep_status status;
  } rows[] = {
      {"1800", LTEEP_CBOR_SHORTEST, LTEEP_ERR_NOT_SHORTEST},
      {"fa3f800000", LTEEP_CBOR_SHORTEST, LTEEP_ERR_NOT_SHORTEST},
      {"9f01ff", LTEEP_CBOR_DEFINITE, LTEEP_ERR_INDEFINITE_LENGTH},
      {"a2020001"
       "00",
       LTEEP_CBOR_SORTED, LTEEP_ERR_UNSORTED_KEYS},
      {"a201000100", LTEEP_CBOR_UNIQUE, LTEEP_ERR_DUPLICATE_KEY},
      {"a201000100", LTEEP_CBOR_SORTED, LTEEP_ERR_DUPLICATE_KEY},
      {"a3020001000200", LTEEP_CBOR_UNIQUE, LTEEP_ERR_DUPLICATE_KEY},
      {"bf020001000200ff", LTEEP_CBOR_UNIQUE, LTEEP_ERR_DUPLICATE_KEY},
      {"61ff", LTEEP_CBOR_UTF8, LTEEP_ERR_INVALID_UTF8},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    CHECK(scan_with(rows[i].hex, rows[i].rule) == rows[i].status);
    CHECK(scan_with(rows[i].hex, 0) == LTEEP_OK);
  }
  CHECK(scan_with("a202000100", LTEEP_CBOR_UNIQUE) == LTEEP_OK);
}

static void walks_indefinite_lengths_when_allowed(void) {
  CHECK(scan_with("5f42010243030405ff", 0) == LTEEP_OK);
  CHECK(scan_with("bf61610161629f0203ffff", 0) == LTEEP_OK);
  CHECK(scan_with("5f6161ff", 0) == LTEEP_ERR_NOT_WELL_FORMED); /* chunk of another type */
  CHECK(scan_with("5ff5ff", 0) == LTEEP_ERR_NOT_WELL_FORMED);
  CHECK(scan_with("5f5f4100ffff", 0) == LTEEP_ERR_NOT_WELL_FORMED); /* chunk itself indefinite */
  CHECK(scan_with("bf01ff", 0) == LTEEP_ERR_NOT_WELL_FORMED);       /* key without a value */
  CHECK(scan_with("9f01", 0) == LTEEP_ERR_TRUNCATED);
  CHECK(scan_with("9fc1ff", 0) == LTEEP_ERR_NOT_WELL_FORMED);
}

static lteep_bytes nested(uint8_t head, size_t depth) {
  memset(memory, head, depth);
  memory[depth] = 0;
  return (lteep_bytes){memory, depth + 1};
}

static void limits_depth(void) {
  CHECK(scan(nested(0x81, 16), NULL, NULL) == LTEEP_OK);
  size_t offset;
  CHECK(scan(nested(0x81, 17), NULL, &offset) == LTEEP_ERR_TOO_DEEP);
  CHECK(offset == 16);
  CHECK(scan(nested(0xc1, 17), NULL, NULL) == LTEEP_ERR_TOO_DEEP);
  CHECK(scan(nested(0x81, 60000), NULL, NULL) == LTEEP_ERR_TOO_DEEP);
  lteep_cbor_limits limits = lteep_cbor_default_limits;
  limits.depth = 1000;
  CHECK(scan(nested(0x81, LTEEP_CBOR_DEPTH_MAX), &limits, NULL) == LTEEP_OK);
  CHECK(scan(nested(0x81, LTEEP_CBOR_DEPTH_MAX + 1), &limits, NULL) == LTEEP_ERR_TOO_DEEP);
  limits.depth = 0;
  CHECK(scan(from_hex("01"), &limits, NULL) == LTEEP_OK);
  CHECK(scan(from_hex("80"), &limits, NULL) == LTEEP_ERR_TOO_DEEP);
}

static void limits_bytes_and_items(void) {
  lteep_cbor_limits limits = lteep_cbor_default_limits;
  limits.bytes = 4;
  CHECK(scan(from_hex("83010203"), &limits, NULL) == LTEEP_OK);
  CHECK(scan(from_hex("8401020304"), &limits, NULL) == LTEEP_ERR_TOO_LARGE);
  limits.bytes = 100;
  limits.items = 4;
  CHECK(scan(from_hex("83010203"), &limits, NULL) == LTEEP_OK);
  size_t offset;
  CHECK(scan(from_hex("8401020304"), &limits, &offset) == LTEEP_ERR_TOO_MANY_ITEMS);
  CHECK(offset == 4);
}

/* At the limit and one beyond it; chunks of a string of indefinite length count together. */
static void limits_strings(void) {
  lteep_cbor_limits limits = lteep_cbor_default_limits;
  size_t offset;
  limits.rules = LTEEP_CBOR_SHORTEST;
  limits.string = 3;
  CHECK(scan(from_hex("8243616263636a6b6c"), &limits, NULL) == LTEEP_OK);
  CHECK(scan(from_hex("8243616263646a6b6c6d"), &limits, &offset) == LTEEP_ERR_TOO_LARGE);
  CHECK(offset == 5);
  CHECK(scan(from_hex("825f4161426263ff7f63616263ff"), &limits, NULL) == LTEEP_OK);
  CHECK(scan(from_hex("5f416142626341ffff"), &limits, &offset) == LTEEP_ERR_TOO_LARGE);
  CHECK(offset == 6);
  CHECK(scan(from_hex("7f616162626364ff"), &limits, NULL) == LTEEP_ERR_TRUNCATED);
  CHECK(scan(from_hex("5fff"), &limits, NULL) == LTEEP_OK);
}

/* A map of `count` one-byte keys in descending order, the last one twice when `twice`. */
static lteep_bytes descending_map(unsigned count, bool twice) {
  size_t size = 0;
  memory[size++] = 0xb9;
  memory[size++] = (uint8_t)(count >> 8);
  memory[size++] = (uint8_t)count;
  for (unsigned i = 0; i < count; i++) {
    unsigned key = twice && i == count - 1 ? 1000 + 1 : 1000 + count - i;
    if (twice && i == count - 2) key = 1000 + 1;
    memory[size++] = 0x19;
    memory[size++] = (uint8_t)(key >> 8);
    memory[size++] = (uint8_t)key;
    memory[size++] = 0;
  }
  return (lteep_bytes){memory, size};
}

static void limits_unsorted_keys(void) {
  lteep_cbor_limits limits = lteep_cbor_default_limits;
  limits.rules = LTEEP_CBOR_UNIQUE;
  CHECK(scan(descending_map(64, false), &limits, NULL) == LTEEP_OK);
  CHECK(scan(descending_map(65, false), &limits, NULL) == LTEEP_ERR_UNSORTED_KEYS);
  CHECK(scan(descending_map(64, true), &limits, NULL) == LTEEP_ERR_DUPLICATE_KEY);
  limits.unsorted_keys = 1000;
  CHECK(scan(descending_map(LTEEP_CBOR_UNSORTED_MAX, false), &limits, NULL) == LTEEP_OK);
  CHECK(scan(descending_map(LTEEP_CBOR_UNSORTED_MAX + 1, false), &limits, NULL) ==
        LTEEP_ERR_UNSORTED_KEYS);
  limits.rules = LTEEP_CBOR_SORTED;
  size_t offset;
  CHECK(scan(descending_map(2, false), &limits, &offset) == LTEEP_ERR_UNSORTED_KEYS);
  CHECK(offset == 7);
}

/* COSE_Sign1 around a QueryRequest: cut anywhere it is truncated, never anything else. */
static void refuses_every_prefix(void) {
  lteep_bytes message =
      from_hex("d28443a10126a104436b69648401a214480001020304050607647465787485f93e00f5f62019"
               "03e8d580a0584000000000000000000000000000000000000000000000000000000000000000"
               "000000000000000000000000000000000000000000000000000000000000000000");
  size_t end = message.size;
  CHECK(scan(message, NULL, NULL) == LTEEP_OK);
  for (size_t size = 0; size < end; size++) {
    message.size = size;
    CHECK(scan(message, NULL, NULL) == LTEEP_ERR_TRUNCATED);
  }
}

int main(void) {
  refuses_hostile_inputs();
  accepts_good_inputs();
  checks_rules_one_by_one();
  walks_indefinite_lengths_when_allowed();
  limits_depth();
  limits_bytes_and_items();
  limits_strings();
  limits_unsorted_keys();
  refuses_every_prefix();
  return check_result();
}
