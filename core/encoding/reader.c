/* Reader: heads come from libcbor's streaming decoder. Consumed here is what it does not know, tags
 * (libcbor before 0.11 refuses 6..20) and simple values without a name, and what takes no decoding:
 * heads of one byte. */
#include "encoding.h"

#include <cbor.h>

#if CBOR_MAJOR_VERSION == 0 && CBOR_MINOR_VERSION < 9
typedef size_t callback_length;
#else
typedef uint64_t callback_length;
#endif

typedef struct {
  lteep_cbor_item *item;
  lteep_status status;
} decoding;

static void set(void *context, lteep_cbor_type type, uint64_t value) {
  decoding *d = context;
  d->item->type = type;
  d->item->value = value;
}

static void set_string(void *context, lteep_cbor_type type, cbor_data at, uint64_t size) {
  decoding *d = context;
  set(context, type, size);
  d->item->string = (lteep_bytes){at, (size_t)size};
}

static void set_float(void *context, double number) {
  decoding *d = context;
  set(context, LTEEP_CBOR_FLOAT, 0);
  d->item->number = number;
}

static void on_uint8(void *context, uint8_t value) {
  set(context, LTEEP_CBOR_UINT, value);
}
static void on_uint16(void *context, uint16_t value) {
  set(context, LTEEP_CBOR_UINT, value);
}
static void on_uint32(void *context, uint32_t value) {
  set(context, LTEEP_CBOR_UINT, value);
}
static void on_uint64(void *context, uint64_t value) {
  set(context, LTEEP_CBOR_UINT, value);
}
static void on_nint8(void *context, uint8_t value) {
  set(context, LTEEP_CBOR_NINT, value);
}
static void on_nint16(void *context, uint16_t value) {
  set(context, LTEEP_CBOR_NINT, value);
}
static void on_nint32(void *context, uint32_t value) {
  set(context, LTEEP_CBOR_NINT, value);
}
static void on_nint64(void *context, uint64_t value) {
  set(context, LTEEP_CBOR_NINT, value);
}
static void on_bytes(void *context, cbor_data at, callback_length size) {
  set_string(context, LTEEP_CBOR_BYTES, at, size);
}
static void on_text(void *context, cbor_data at, callback_length size) {
  set_string(context, LTEEP_CBOR_TEXT, at, size);
}
static void on_array(void *context, callback_length count) {
  set(context, LTEEP_CBOR_ARRAY, count);
}
static void on_map(void *context, callback_length count) {
  set(context, LTEEP_CBOR_MAP, count);
}
static void on_float(void *context, float number) {
  set_float(context, (double)number);
}
static void on_double(void *context, double number) {
  set_float(context, number);
}
static void on_indefinite(void *context) {
  ((decoding *)context)->status = LTEEP_ERR_INDEFINITE_LENGTH;
}

/* Without tags and simple values: none gets here. */
static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_nint8,
    .negint16 = on_nint16,
    .negint32 = on_nint32,
    .negint64 = on_nint64,
    .byte_string_start = on_indefinite,
    .byte_string = on_bytes,
    .string = on_text,
    .string_start = on_indefinite,
    .indef_array_start = on_indefinite,
    .array_start = on_array,
    .indef_map_start = on_indefinite,
    .map_start = on_map,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .indef_break = on_indefinite,
};

static bool fail(lteep_reader *reader, lteep_status status) {
  reader->status = status;
  return false;
}

static bool next_with_libcbor(lteep_reader *reader, lteep_cbor_item *item) {
  decoding d = {item, LTEEP_OK};
  struct cbor_decoder_result result = cbor_stream_decode(
      reader->input.at + reader->at, reader->input.size - reader->at, &callbacks, &d);
  if (result.status == CBOR_DECODER_NEDATA) return fail(reader, LTEEP_ERR_TRUNCATED);
  if (result.status != CBOR_DECODER_FINISHED) return fail(reader, LTEEP_ERR_NOT_WELL_FORMED);
  if (d.status != LTEEP_OK) return fail(reader, d.status);
  reader->at += result.read;
  return true;
}

static bool next_by_head(lteep_reader *reader, lteep_cbor_item *item) {
  lteep_head head;
  lteep_status status =
      lteep_head_read(reader->input.at + reader->at, reader->input.size - reader->at, &head);
  if (status != LTEEP_OK) return fail(reader, status);
  if (head.info == INFO_INDEFINITE) return fail(reader, LTEEP_ERR_NOT_WELL_FORMED);
  item->type = (lteep_cbor_type)head.major;
  item->value = head.value;
  reader->at += head.size;
  return true;
}

/* Heads that libcbor cannot read, tags and simple values in two bytes, and those that need no
 * decoder: everything but a string whose argument is in the initial byte. */
static bool is_read_by_head(uint8_t initial) {
  uint8_t major = initial >> 5, info = initial & 31;
  bool is_string = major == LTEEP_CBOR_BYTES || major == LTEEP_CBOR_TEXT;
  return (info < INFO_ONE_BYTE && !is_string) || major == LTEEP_CBOR_TAG || initial == 0xf8;
}

lteep_reader lteep_reader_on(lteep_bytes scanned) {
  return (lteep_reader){.input = scanned, .at = 0, .status = LTEEP_OK};
}

bool lteep_reader_next(lteep_reader *reader, lteep_cbor_item *item) {
  if (reader->status != LTEEP_OK || reader->at >= reader->input.size) return false;
  *item = (lteep_cbor_item){.offset = reader->at};
  uint8_t initial = reader->input.at[reader->at];
  return is_read_by_head(initial) ? next_by_head(reader, item) : next_with_libcbor(reader, item);
}

int lteep_reader_peek(const lteep_reader *reader) {
  if (reader->status != LTEEP_OK || reader->at >= reader->input.size) return -1;
  uint8_t initial = reader->input.at[reader->at];
  return initial >= HEAD_HALF && initial <= HEAD_DOUBLE ? LTEEP_CBOR_FLOAT : initial >> 5;
}

lteep_bytes lteep_reader_skip(lteep_reader *reader) {
  if (reader->status == LTEEP_OK && reader->at >= reader->input.size)
    reader->status = LTEEP_ERR_WRONG_TYPE;
  if (reader->status != LTEEP_OK) return (lteep_bytes){NULL, 0};
  size_t start = reader->at;
  reader->status = lteep_cbor_skip(reader->input, start, &reader->at);
  return (lteep_bytes){reader->input.at + start, reader->at - start};
}

/* The next item, which must have this type; all zero on failure. */
static lteep_cbor_item take(lteep_reader *reader, lteep_cbor_type type) {
  lteep_cbor_item item = {0};
  if (lteep_reader_peek(reader) == (int)type) {
    if (!lteep_reader_next(reader, &item)) item = (lteep_cbor_item){0};
  } else if (reader->status == LTEEP_OK) {
    reader->status = LTEEP_ERR_WRONG_TYPE;
  }
  return item;
}

uint64_t lteep_reader_uint(lteep_reader *reader) {
  return take(reader, LTEEP_CBOR_UINT).value;
}

int64_t lteep_reader_int(lteep_reader *reader) {
  bool negative = lteep_reader_peek(reader) == LTEEP_CBOR_NINT;
  uint64_t value = take(reader, negative ? LTEEP_CBOR_NINT : LTEEP_CBOR_UINT).value;
  if (value > INT64_MAX) {
    reader->status = LTEEP_ERR_NUMBER_OUT_OF_RANGE;
    return 0;
  }
  return negative ? -1 - (int64_t)value : (int64_t)value;
}

lteep_bytes lteep_reader_bytes(lteep_reader *reader) {
  return take(reader, LTEEP_CBOR_BYTES).string;
}

lteep_bytes lteep_reader_text(lteep_reader *reader) {
  return take(reader, LTEEP_CBOR_TEXT).string;
}

uint64_t lteep_reader_array(lteep_reader *reader) {
  return take(reader, LTEEP_CBOR_ARRAY).value;
}

uint64_t lteep_reader_map(lteep_reader *reader) {
  return take(reader, LTEEP_CBOR_MAP).value;
}

uint64_t lteep_reader_tag(lteep_reader *reader) {
  return take(reader, LTEEP_CBOR_TAG).value;
}

bool lteep_reader_null(lteep_reader *reader) {
  bool null = lteep_reader_peek(reader) >= 0 && reader->input.at[reader->at] == HEAD_NULL;
  if (null) reader->at++;
  return null;
}

lteep_status lteep_reader_end(const lteep_reader *reader) {
  if (reader->status != LTEEP_OK) return reader->status;
  return reader->at < reader->input.size ? LTEEP_ERR_TRAILING_BYTES : LTEEP_OK;
}
