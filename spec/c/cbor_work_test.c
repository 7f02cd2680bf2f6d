/* How much work an input can make for the scanner (D5): heads decoded and bytes compared are
 * counted, not time. A sorted input is walked once. What an unsorted map holds is walked once more
 * for each such map around it, and its keys are compared pairwise: at most limits.depth times as
 * many heads, and limits.depth times limits.unsorted_keys times as many bytes as the input has. */
#include <stdlib.h>
#include <string.h>

#include "../../core/encoding/encoding.h"
#include "check.h"

static size_t heads, compared;

static lteep_status counted_head_read(const uint8_t *at, size_t left, lteep_head *head) {
  heads++;
  return lteep_head_read(at, left, head);
}

static int counted_compare(const void *a, const void *b, size_t size) {
  const uint8_t *left = a, *right = b;
  size_t same = 0;
  while (same < size && left[same] == right[same]) same++;
  compared += same < size ? same + 1 : size;
  return memcmp(a, b, size);
}

static bool counted_equal(lteep_bytes a, lteep_bytes b) {
  return a.size == b.size && counted_compare(a.at, b.at, a.size) == 0;
}

#define lteep_head_read counted_head_read
#define memcmp counted_compare
#define lteep_equal counted_equal
#include "../../core/encoding/scanner.c"
#undef memcmp

static uint8_t memory[1 << 20];
static size_t size, items;

static void put(uint8_t byte) {
  memory[size++] = byte;
}

/* An unsigned number of three bytes. */
static void put_number(unsigned number) {
  put(0x19);
  put((uint8_t)(number >> 8));
  put((uint8_t)number);
  items++;
}

/* A map of `count` pairs, its keys one after the other or descending; the last value is a map of
 * the same kind, `depth` deep. */
static void put_nested_maps(unsigned count, unsigned depth, bool ascending) {
  put(0xb8);
  put((uint8_t)count);
  items++;
  for (unsigned i = 0; i < count; i++) {
    put_number(ascending ? 1000 + i : 2000 - i);
    if (i == count - 1 && depth > 1)
      put_nested_maps(count, depth - 1, ascending);
    else
      put_number(1000);
  }
}

/* A map of `count` keys of `length` bytes that differ in the last two alone, descending. */
static void put_long_keys(unsigned count, unsigned length) {
  put(0xb8);
  put((uint8_t)count);
  items++;
  for (unsigned i = 0; i < count; i++) {
    put(0x59);
    put((uint8_t)(length >> 8));
    put((uint8_t)length);
    memset(memory + size, 'x', length);
    size += length;
    memory[size - 1] = (uint8_t)(count - i);
    put(0);
    items += 2;
  }
}

/* A map whose first key is such a map again, `depth` deep: keys within keys. */
static void put_nested_keys(unsigned count, unsigned depth) {
  put(0xb8);
  put((uint8_t)(count + (depth > 1)));
  items++;
  if (depth > 1) {
    put_nested_keys(count, depth - 1);
    put(0);
    items++;
  }
  for (unsigned i = 0; i < count; i++) {
    put_number(2000 - i);
    put(0);
    items++;
  }
}

static lteep_status scan_memory(unsigned rules) {
  lteep_cbor_limits limits = lteep_cbor_default_limits;
  limits.rules = rules;
  heads = compared = 0;
  return lteep_cbor_scan((lteep_bytes){memory, size}, &limits, NULL);
}

static void start(void) {
  size = items = 0;
}

static void walks_sorted_maps_once(void) {
  start();
  put_nested_maps(255, 16, true);
  CHECK(scan_memory(LTEEP_CBOR_DETERMINISTIC) == LTEEP_OK);
  CHECK(heads == items && compared <= size);
  CHECK(scan_memory(LTEEP_CBOR_STRICT) == LTEEP_OK);
  CHECK(heads == items && compared <= size);
}

static void check_bounds(void) {
  lteep_cbor_limits limits = lteep_cbor_default_limits;
  CHECK(scan_memory(LTEEP_CBOR_STRICT) == LTEEP_OK);
  CHECK(heads > items && heads <= 2 * items * limits.depth);
  CHECK(compared <= size * limits.depth * limits.unsorted_keys);
}

static void bounds_the_work_for_unsorted_maps(void) {
  start();
  put_nested_maps(64, 16, false);
  check_bounds();
  start();
  put_long_keys(64, 16000);
  check_bounds();
  start();
  put_nested_keys(60, 15);
  check_bounds();
}

/* One entry more is refused before any of them is compared with another. */
static void compares_no_more_than_the_limit(void) {
  start();
  put_long_keys(65, 15000);
  CHECK(scan_memory(LTEEP_CBOR_STRICT) == LTEEP_ERR_UNSORTED_KEYS);
  CHECK(heads == items && compared <= size);
}

int main(void) {
  walks_sorted_maps_once();
  bounds_the_work_for_unsorted_maps();
  compares_no_more_than_the_limit();
  return check_result();
}
