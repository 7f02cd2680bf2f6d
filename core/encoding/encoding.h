/* What scanner, reader and writer share; private to this folder. */
#ifndef LTEEP_ENCODING_H
#define LTEEP_ENCODING_H

#include "luateep/cbor.h"

/* Additional information of an initial byte (RFC 8949 section 3). */
enum { INFO_ONE_BYTE = 24, INFO_EIGHT_BYTES = 27, INFO_INDEFINITE = 31 };

#define HEAD_BREAK 0xff
#define HEAD_NULL 0xf6
#define HEAD_HALF 0xf9
#define HEAD_SINGLE 0xfa
#define HEAD_DOUBLE 0xfb
#define HALF_NAN 0x7e00

typedef struct {
  uint8_t major;
  uint8_t info;
  uint8_t size;   /* bytes of the head, 1..9 */
  uint64_t value; /* the argument; 0 for INFO_INDEFINITE */
} lteep_head;

/* Decode the head at `at`; LTEEP_ERR_TRUNCATED, LTEEP_ERR_NOT_WELL_FORMED (reserved 28..30). */
static inline lteep_status lteep_head_read(const uint8_t *at, size_t left, lteep_head *head) {
  if (left == 0) return LTEEP_ERR_TRUNCATED;
  *head = (lteep_head){.major = at[0] >> 5, .info = at[0] & 31, .size = 1};
  if (head->info < INFO_ONE_BYTE) {
    head->value = head->info;
    return LTEEP_OK;
  }
  if (head->info == INFO_INDEFINITE) return LTEEP_OK;
  if (head->info > INFO_EIGHT_BYTES) return LTEEP_ERR_NOT_WELL_FORMED;
  size_t bytes = (size_t)1 << (head->info - INFO_ONE_BYTE);
  if (left - 1 < bytes) return LTEEP_ERR_TRUNCATED;
  for (size_t i = 1; i <= bytes; i++) head->value = head->value << 8 | at[i];
  head->size = (uint8_t)(1 + bytes);
  return LTEEP_OK;
}

/* Find the end of the data item at `at`, of which only well-formedness is asked. */
LTEEP_CHECKED lteep_status lteep_cbor_skip(lteep_bytes input, size_t at, size_t *end);

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool lteep_utf8_valid(lteep_bytes text);

/* The bits of an IEEE 754 number in the format of 2, 4 or 8 bytes as a double. */
double lteep_float_from_bits(uint64_t bits, size_t width);

/* The bits of a number that fits two bytes; HALF_NAN for every NaN. */
uint16_t lteep_float_half(double number);

/* Bytes of the shortest of the three formats that keeps the value; 2 for NaN. */
size_t lteep_float_width(double number);

#endif
