/* CBOR (RFC 8949): a strict scanner, a reader and a writer.
 *
 * Every input passes `lteep_cbor_scan` first: it allocates nothing, costs time linear in the input
 * and accepts exactly what the limits allow. Only scanned bytes go to a reader. Readers and writers
 * are sticky: after the first failure every further call does nothing, and the status is asked for
 * once at the end.
 */
#ifndef LTEEP_CBOR_H
#define LTEEP_CBOR_H

#include "luateep/bytes.h"
#include "luateep/status.h"

/* Rules of RFC 8949 section 4.2.1 (deterministic encoding), checkable one by one. */
enum {
  LTEEP_CBOR_SHORTEST = 1 << 0,   /* heads in their shortest form */
  LTEEP_CBOR_DEFINITE = 1 << 1,   /* no indefinite lengths */
  LTEEP_CBOR_UNIQUE = 1 << 2,     /* no duplicate map keys */
  LTEEP_CBOR_SORTED = 1 << 3,     /* map keys ascending, bytewise (implies unique) */
  LTEEP_CBOR_UTF8 = 1 << 4,       /* text strings are valid UTF-8 */
  LTEEP_CBOR_STRICT = 0x17,       /* all but SORTED: what every input of TEEP has to meet */
  LTEEP_CBOR_DETERMINISTIC = 0x1f /* all: SUIT */
};

typedef struct {
  size_t bytes;         /* size of the whole input */
  size_t items;         /* data items, tags and map keys counted as well */
  size_t string;        /* content of one string, the chunks of an indefinite one together */
  unsigned depth;       /* open arrays, maps and tags; at most LTEEP_CBOR_DEPTH_MAX */
  size_t unsorted_keys; /* entries of a map that is not sorted; at most LTEEP_CBOR_UNSORTED_MAX */
  unsigned rules;       /* LTEEP_CBOR_... */
} lteep_cbor_limits;

#define LTEEP_CBOR_DEPTH_MAX 64
#define LTEEP_CBOR_UNSORTED_MAX 256

/* 1 MiB, 65536 items, strings as large as the input, depth 16, 64 unsorted entries,
 * LTEEP_CBOR_STRICT. */
extern const lteep_cbor_limits lteep_cbor_default_limits;

/* Check that `input` is exactly one data item within `limits` (NULL = defaults). On failure
 * `*offset` (may be NULL) is the position of the item at fault. */
LTEEP_CHECKED lteep_status lteep_cbor_scan(lteep_bytes input, const lteep_cbor_limits *limits,
                                           size_t *offset);

/* Order of encoded map keys (section 4.2.1): <0, 0, >0, bytewise. */
int lteep_cbor_compare(lteep_bytes a, lteep_bytes b);

typedef enum {
  LTEEP_CBOR_UINT = 0,
  LTEEP_CBOR_NINT = 1, /* value n stands for -1 - n */
  LTEEP_CBOR_BYTES = 2,
  LTEEP_CBOR_TEXT = 3,
  LTEEP_CBOR_ARRAY = 4,
  LTEEP_CBOR_MAP = 5,
  LTEEP_CBOR_TAG = 6,
  LTEEP_CBOR_SIMPLE = 7, /* value 20 false, 21 true, 22 null, 23 undefined, others as they are */
  LTEEP_CBOR_FLOAT = 8
} lteep_cbor_type;

typedef struct {
  lteep_cbor_type type;
  uint64_t value;     /* number, count of array items or map pairs, tag number, simple value */
  double number;      /* FLOAT only */
  lteep_bytes string; /* BYTES and TEXT only: the content, borrowed from the input */
  size_t offset;      /* of the head, from the start of the reader's input */
} lteep_cbor_item;

typedef struct {
  lteep_bytes input;
  size_t at;
  lteep_status status;
} lteep_reader;

/* A reader over bytes that passed the scanner. */
lteep_reader lteep_reader_on(lteep_bytes scanned);

/* Read one head (of an array, map or tag) or one scalar; false at the end or after a failure. */
bool lteep_reader_next(lteep_reader *reader, lteep_cbor_item *item);

/* Type of the item that comes next, without reading it; -1 at the end. */
int lteep_reader_peek(const lteep_reader *reader);

/* Skip one whole data item and return its bytes, head included. */
lteep_bytes lteep_reader_skip(lteep_reader *reader);

/* Typed reads: each fails with LTEEP_ERR_WRONG_TYPE unless the next item has that type. */
uint64_t lteep_reader_uint(lteep_reader *reader);
int64_t lteep_reader_int(lteep_reader *reader); /* NUMBER_OUT_OF_RANGE outside int64 */
lteep_bytes lteep_reader_bytes(lteep_reader *reader);
lteep_bytes lteep_reader_text(lteep_reader *reader);
uint64_t lteep_reader_array(lteep_reader *reader); /* count of items */
uint64_t lteep_reader_map(lteep_reader *reader);   /* count of pairs */
uint64_t lteep_reader_tag(lteep_reader *reader);   /* tag number */
bool lteep_reader_null(lteep_reader *reader);      /* true and consumed if the next item is null */

/* The status; LTEEP_ERR_TRAILING_BYTES when everything went well but bytes are left. */
LTEEP_CHECKED lteep_status lteep_reader_end(const lteep_reader *reader);

typedef struct {
  lteep_buffer *out;
  lteep_status status;
} lteep_writer;

/* A writer that appends to `out`. */
lteep_writer lteep_writer_on(lteep_buffer *out);

void lteep_write_uint(lteep_writer *writer, uint64_t value);
void lteep_write_nint(lteep_writer *writer, uint64_t value); /* writes -1 - value */
void lteep_write_int(lteep_writer *writer, int64_t value);
void lteep_write_bytes(lteep_writer *writer, lteep_bytes bytes);
void lteep_write_text(lteep_writer *writer, lteep_bytes text); /* INVALID_UTF8 */
void lteep_write_array(lteep_writer *writer, uint64_t count);
void lteep_write_map(lteep_writer *writer, uint64_t pairs);
void lteep_write_tag(lteep_writer *writer, uint64_t tag);
void lteep_write_simple(lteep_writer *writer, uint8_t value); /* SIMPLE_VALUE for 24..31 */
void lteep_write_bool(lteep_writer *writer, bool value);
void lteep_write_null(lteep_writer *writer);
void lteep_write_float(lteep_writer *writer,
                       double number); /* shortest form that keeps the value */
void lteep_write_raw(lteep_writer *writer, lteep_bytes encoded); /* bytes that are CBOR already */

#endif
