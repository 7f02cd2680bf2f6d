/* libFuzzer: what the scanner accepts, the reader can walk to its end, and the writer gives back
 * byte for byte (the scanner accepts preferred serialization only). */
#include <stdlib.h>

#include "luateep/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_item(lteep_writer *writer, const lteep_cbor_item *item) {
  switch (item->type) {
  case LTEEP_CBOR_UINT:
    lteep_write_uint(writer, item->value);
    break;
  case LTEEP_CBOR_NINT:
    lteep_write_nint(writer, item->value);
    break;
  case LTEEP_CBOR_BYTES:
    lteep_write_bytes(writer, item->string);
    break;
  case LTEEP_CBOR_TEXT:
    lteep_write_text(writer, item->string);
    break;
  case LTEEP_CBOR_ARRAY:
    lteep_write_array(writer, item->value);
    break;
  case LTEEP_CBOR_MAP:
    lteep_write_map(writer, item->value);
    break;
  case LTEEP_CBOR_TAG:
    lteep_write_tag(writer, item->value);
    break;
  case LTEEP_CBOR_SIMPLE:
    lteep_write_simple(writer, (uint8_t)item->value);
    break;
  case LTEEP_CBOR_FLOAT:
    lteep_write_float(writer, item->number);
    break;
  }
}

static void check_accepted(lteep_bytes input) {
  uint8_t *memory = malloc(input.size);
  lteep_buffer out = {memory, 0, input.size};
  lteep_writer writer = lteep_writer_on(&out);
  lteep_reader reader = lteep_reader_on(input), skipper = reader;
  lteep_cbor_item item;
  while (lteep_reader_next(&reader, &item)) write_item(&writer, &item);
  if (lteep_reader_end(&reader) != LTEEP_OK) abort();
  if (writer.status != LTEEP_OK || !lteep_equal(input, lteep_buffer_view(&out))) abort();
  if (lteep_reader_skip(&skipper).size != input.size) abort();
  free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lteep_cbor_limits limits = lteep_cbor_default_limits;
  size_t offset = 0;
  lteep_bytes input = {data, size};
  lteep_status strict = lteep_cbor_scan(input, NULL, &offset);
  if (strict == LTEEP_OK) check_accepted(input);
  if (strict != LTEEP_OK && offset > size) abort();
  /* Each rule only ever takes inputs away. */
  for (unsigned rules = 0; rules <= LTEEP_CBOR_DETERMINISTIC; rules++) {
    limits.rules = rules;
    bool accepted = lteep_cbor_scan(input, &limits, NULL) == LTEEP_OK;
    if (strict == LTEEP_OK && !accepted && !(rules & LTEEP_CBOR_SORTED)) abort();
    if (accepted && (rules & LTEEP_CBOR_STRICT) == LTEEP_CBOR_STRICT && strict != LTEEP_OK) abort();
  }
  return 0;
}
