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

#ifdef __FRAMAC__
#include "encoding.acsl.h"
#endif

/* Decode the head at `at`; LTEEP_ERR_TRUNCATED, LTEEP_ERR_NOT_WELL_FORMED (reserved 28..30). */
/*@ requires readable_at(at, left) && \valid(head);
    requires init: filled(at, left);
    requires \separated(head, at + (0 .. left - 1));
    assigns head->major, head->info, head->size, head->value;
    ensures \result == LTEEP_OK ==> sound_head(head) && head->size <= left;
    ensures init: \result == LTEEP_OK ==> initialized(head); */
static inline lteep_status lteep_head_read(const uint8_t *at, size_t left, lteep_head *head) {
  if (left == 0) return LTEEP_ERR_TRUNCATED;
  head->major = at[0] >> 5;
  head->info = at[0] & 31;
  head->size = 1;
  head->value = 0;
  if (head->info < INFO_ONE_BYTE) {
    head->value = head->info;
    return LTEEP_OK;
  }
  if (head->info == INFO_INDEFINITE) return LTEEP_OK;
  if (head->info > INFO_EIGHT_BYTES) return LTEEP_ERR_NOT_WELL_FORMED;
  static const uint8_t sizes[] = {1, 2, 4, 8};
  size_t bytes = sizes[head->info - INFO_ONE_BYTE];
  if (left - 1 < bytes) return LTEEP_ERR_TRUNCATED;
  /*@ loop invariant 1 <= i <= bytes + 1 && head->value < power256(i - 1);
      loop invariant init: initialized(&head->value);
      loop assigns i, head->value;
      loop variant bytes - i; */
  for (size_t i = 1; i <= bytes; i++) head->value = head->value * 256 + at[i];
  head->size = (uint8_t)(1 + bytes);
  return LTEEP_OK;
}

/* Find the end of the data item at `at`, of which only well-formedness is asked. */
/*@ requires readable(input) && at <= input.size && \valid(end);
    requires \separated(end, input.at + (0 .. input.size - 1));
    requires init: filled(input.at, input.size) && initialized(end);
    assigns *end;
    ensures \result == LTEEP_OK ==> at < *end <= input.size;
    ensures \result != LTEEP_OK ==> *end == \old(*end);
    ensures init: initialized(end); */
LTEEP_CHECKED lteep_status lteep_cbor_skip(lteep_bytes input, size_t at, size_t *end);

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
/*@ requires readable(text);
    requires init: filled(text.at, text.size);
    assigns \nothing; */
bool lteep_utf8_valid(lteep_bytes text);

/* The bits of an IEEE 754 number in the format of 2, 4 or 8 bytes as a double. */
/*@ requires width == 2 || width == 4 || width == 8;
    assigns \nothing; */
double lteep_float_from_bits(uint64_t bits, size_t width);

/* The bits of a number that fits two bytes; HALF_NAN for every NaN. */
uint16_t lteep_float_half(double number);

/* Bytes of the shortest of the three formats that keeps the value; 2 for NaN. */
/*@ assigns \nothing;
    ensures \result == 2 || \result == 4 || \result == 8; */
size_t lteep_float_width(double number);

#endif
