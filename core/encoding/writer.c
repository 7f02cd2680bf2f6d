/* Writer over libcbor's encoders, which choose the shortest head. */
#include "encoding.h"

#include <cbor.h>
#include <string.h>

typedef struct {
  unsigned char *at;
  size_t size;
} room;

/* Where the next bytes go; no room at all after a failure, so that every encoder returns 0. */
static room room_of(const lteep_writer *writer) {
  const lteep_buffer *out = writer->out;
  if (writer->status != LTEEP_OK || out->size == out->capacity) return (room){NULL, 0};
  return (room){out->at + out->size, out->capacity - out->size};
}

/* Account for what an encoder wrote; 0 means that it found no room. */
static void wrote(lteep_writer *writer, size_t size) {
  if (writer->status != LTEEP_OK) return;
  if (size == 0)
    writer->status = LTEEP_ERR_NO_ROOM;
  else
    writer->out->size += size;
}

lteep_writer lteep_writer_on(lteep_buffer *out) {
  return (lteep_writer){.out = out, .status = LTEEP_OK};
}

void lteep_write_uint(lteep_writer *writer, uint64_t value) {
  room to = room_of(writer);
  wrote(writer, cbor_encode_uint(value, to.at, to.size));
}

void lteep_write_nint(lteep_writer *writer, uint64_t value) {
  room to = room_of(writer);
  wrote(writer, cbor_encode_negint(value, to.at, to.size));
}

void lteep_write_int(lteep_writer *writer, int64_t value) {
  if (value < 0)
    lteep_write_nint(writer, (uint64_t)(-1 - value));
  else
    lteep_write_uint(writer, (uint64_t)value);
}

void lteep_write_raw(lteep_writer *writer, lteep_bytes encoded) {
  if (encoded.size == 0) return;
  room to = room_of(writer);
  if (encoded.size > to.size) {
    wrote(writer, 0);
    return;
  }
  memcpy(to.at, encoded.at, encoded.size);
  wrote(writer, encoded.size);
}

/* Head and content, or neither. */
static void write_string(lteep_writer *writer, size_t before, lteep_bytes content) {
  lteep_write_raw(writer, content);
  if (writer->status != LTEEP_OK) writer->out->size = before;
}

void lteep_write_bytes(lteep_writer *writer, lteep_bytes bytes) {
  size_t before = writer->out->size;
  room to = room_of(writer);
  wrote(writer, cbor_encode_bytestring_start(bytes.size, to.at, to.size));
  write_string(writer, before, bytes);
}

void lteep_write_text(lteep_writer *writer, lteep_bytes text) {
  if (writer->status == LTEEP_OK && !lteep_utf8_valid(text))
    writer->status = LTEEP_ERR_INVALID_UTF8;
  size_t before = writer->out->size;
  room to = room_of(writer);
  wrote(writer, cbor_encode_string_start(text.size, to.at, to.size));
  write_string(writer, before, text);
}

void lteep_write_array(lteep_writer *writer, uint64_t count) {
  room to = room_of(writer);
  wrote(writer, cbor_encode_array_start((size_t)count, to.at, to.size));
}

void lteep_write_map(lteep_writer *writer, uint64_t pairs) {
  room to = room_of(writer);
  wrote(writer, cbor_encode_map_start((size_t)pairs, to.at, to.size));
}

void lteep_write_tag(lteep_writer *writer, uint64_t tag) {
  room to = room_of(writer);
  wrote(writer, cbor_encode_tag(tag, to.at, to.size));
}

void lteep_write_simple(lteep_writer *writer, uint8_t value) {
  if (value >= 24 && value < 32 && writer->status == LTEEP_OK) {
    writer->status = LTEEP_ERR_SIMPLE_VALUE; /* section 3.3: these do not exist */
    return;
  }
  room to = room_of(writer);
  wrote(writer, cbor_encode_ctrl(value, to.at, to.size));
}

void lteep_write_bool(lteep_writer *writer, bool value) {
  lteep_write_simple(writer, value ? CBOR_CTRL_TRUE : CBOR_CTRL_FALSE);
}

void lteep_write_null(lteep_writer *writer) {
  lteep_write_simple(writer, CBOR_CTRL_NULL);
}

/* Not cbor_encode_half: libcbor 0.8 rounds subnormal halves, and its versions differ in their NaN.
 */
static void write_half(lteep_writer *writer, uint16_t bits) {
  uint8_t item[] = {HEAD_HALF, (uint8_t)(bits >> 8), (uint8_t)bits};
  lteep_write_raw(writer, (lteep_bytes){item, sizeof item});
}

void lteep_write_float(lteep_writer *writer, double number) {
  room to = room_of(writer);
  switch (lteep_float_width(number)) {
  case 2:
    write_half(writer, lteep_float_half(number));
    break;
  case 4:
    wrote(writer, cbor_encode_single((float)number, to.at, to.size));
    break;
  default:
    wrote(writer, cbor_encode_double(number, to.at, to.size));
    break;
  }
}
