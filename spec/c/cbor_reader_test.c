/* Reader and writer: every type there and back, every capacity, every half; reads that do not fit.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "luateep/cbor.h"

static uint8_t memory[256];

static lteep_bytes bytes_of(const char *text) {
  return (lteep_bytes){(const uint8_t *)text, strlen(text)};
}

/* One of everything; `status` of the writer. */
static lteep_status write_all(lteep_buffer *out) {
  lteep_writer writer = lteep_writer_on(out);
  lteep_write_tag(&writer, 18);
  lteep_write_array(&writer, 15);
  lteep_write_uint(&writer, UINT64_MAX);
  lteep_write_nint(&writer, UINT64_MAX);
  lteep_write_int(&writer, INT64_MIN);
  lteep_write_int(&writer, INT64_MAX);
  lteep_write_bytes(&writer, bytes_of("bytes"));
  lteep_write_text(&writer, bytes_of("text"));
  lteep_write_map(&writer, 1);
  lteep_write_int(&writer, -1);
  lteep_write_raw(&writer, (lteep_bytes){(const uint8_t *)"\x82\x01\x02", 3});
  lteep_write_simple(&writer, 0);
  lteep_write_simple(&writer, 255);
  lteep_write_bool(&writer, true);
  lteep_write_null(&writer);
  lteep_write_float(&writer, 1.5);
  lteep_write_float(&writer, 100000.0);
  lteep_write_float(&writer, 1.1);
  lteep_write_bytes(&writer, (lteep_bytes){NULL, 0});
  return writer.status;
}

static void read_all(lteep_bytes input) {
  lteep_cbor_item item;
  lteep_reader reader = lteep_reader_on(input);
  CHECK(lteep_reader_peek(&reader) == LTEEP_CBOR_TAG);
  CHECK(lteep_reader_tag(&reader) == 18);
  CHECK(lteep_reader_array(&reader) == 15);
  CHECK(lteep_reader_uint(&reader) == UINT64_MAX);
  CHECK(lteep_reader_next(&reader, &item));
  CHECK(item.type == LTEEP_CBOR_NINT && item.value == UINT64_MAX && item.offset == 11);
  CHECK(lteep_reader_int(&reader) == INT64_MIN);
  CHECK(lteep_reader_int(&reader) == INT64_MAX);
  CHECK(lteep_equal(lteep_reader_bytes(&reader), bytes_of("bytes")));
  CHECK(lteep_equal(lteep_reader_text(&reader), bytes_of("text")));
  CHECK(lteep_reader_map(&reader) == 1);
  CHECK(lteep_reader_int(&reader) == -1);
  CHECK(lteep_reader_skip(&reader).size == 3);
  CHECK(lteep_reader_next(&reader, &item) && item.type == LTEEP_CBOR_SIMPLE && item.value == 0);
  CHECK(lteep_reader_next(&reader, &item) && item.type == LTEEP_CBOR_SIMPLE && item.value == 255);
  CHECK(!lteep_reader_null(&reader));
  CHECK(lteep_reader_next(&reader, &item) && item.type == LTEEP_CBOR_SIMPLE && item.value == 21);
  CHECK(lteep_reader_null(&reader));
  for (double expected = 0; lteep_reader_peek(&reader) == LTEEP_CBOR_FLOAT;) {
    expected = expected == 0 ? 1.5 : expected == 1.5 ? 100000.0 : 1.1;
    CHECK(lteep_reader_next(&reader, &item) && item.number == expected);
  }
  CHECK(lteep_reader_bytes(&reader).size == 0);
  CHECK(lteep_reader_end(&reader) == LTEEP_OK);
  CHECK(!lteep_reader_next(&reader, &item));
  CHECK(lteep_reader_peek(&reader) == -1);
}

/* Into exactly sized heap memory of every capacity: NO_ROOM, or all of it. */
static void writes_into_every_capacity(void) {
  size_t whole = 0;
  for (size_t capacity = 0; capacity <= 160; capacity++) {
    uint8_t *room = malloc(capacity ? capacity : 1);
    lteep_buffer out = {room, 0, capacity};
    lteep_status status = write_all(&out);
    CHECK(status == LTEEP_OK || (status == LTEEP_ERR_NO_ROOM && whole == 0));
    CHECK(out.size <= capacity);
    if (status == LTEEP_OK && whole == 0) {
      CHECK(lteep_cbor_scan(lteep_buffer_view(&out), NULL, NULL) == LTEEP_OK);
      read_all(lteep_buffer_view(&out));
      whole = out.size;
    }
    free(room);
  }
  CHECK(whole > 0);
}

static void stays_failed(void) {
  lteep_buffer out = {memory, 0, 4};
  lteep_writer writer = lteep_writer_on(&out);
  lteep_write_uint(&writer, 1);
  lteep_write_bytes(&writer, bytes_of("long"));
  CHECK(writer.status == LTEEP_ERR_NO_ROOM && out.size == 1);
  lteep_write_uint(&writer, 2);
  lteep_write_float(&writer, (double)NAN);
  lteep_write_simple(&writer, 24);
  CHECK(writer.status == LTEEP_ERR_NO_ROOM && out.size == 1);
}

static void refuses_to_write_what_no_scanner_accepts(void) {
  lteep_buffer out = {memory, 0, sizeof memory};
  for (unsigned value = 24; value < 32; value++) {
    lteep_writer writer = lteep_writer_on(&out);
    lteep_write_simple(&writer, (uint8_t)value);
    CHECK(writer.status == LTEEP_ERR_SIMPLE_VALUE && out.size == 0);
  }
  lteep_writer writer = lteep_writer_on(&out);
  lteep_write_text(&writer, bytes_of("\xff"));
  CHECK(writer.status == LTEEP_ERR_INVALID_UTF8 && out.size == 0);
}

/* Each typed read against each type of item. */
static void fails_for_the_wrong_type(void) {
  static const char *const items[] = {"\x01",         "\x20",     "\x41x", "\x61x",   "\x81\x01",
                                      "\xa1\x01\x02", "\xc1\x01", "\xf6",  "\xf9\x3c"};
  for (int have = 0; have < 9; have++)
    for (int want = 0; want < 7; want++) {
      lteep_bytes input =
          have == 8 ? (lteep_bytes){(const uint8_t *)"\xf9\x3c\x00", 3} : bytes_of(items[have]);
      lteep_reader reader = lteep_reader_on(input);
      switch (want) {
      case 0:
        (void)lteep_reader_uint(&reader);
        break;
      case 1:
        (void)lteep_reader_int(&reader);
        break;
      case 2:
        (void)lteep_reader_bytes(&reader);
        break;
      case 3:
        (void)lteep_reader_text(&reader);
        break;
      case 4:
        (void)lteep_reader_array(&reader);
        break;
      case 5:
        (void)lteep_reader_map(&reader);
        break;
      default:
        (void)lteep_reader_tag(&reader);
        break;
      }
      bool fits = have == want || (want == 1 && have == 0);
      CHECK(reader.status == (fits ? LTEEP_OK : LTEEP_ERR_WRONG_TYPE));
      if (!fits) CHECK(reader.at == 0 && lteep_reader_peek(&reader) == -1);
      if (!fits) CHECK(lteep_reader_end(&reader) == LTEEP_ERR_WRONG_TYPE);
      if (!fits) CHECK(lteep_reader_skip(&reader).size == 0);
    }
}

static void reads_negative_numbers_of_every_width(void) {
  static const uint8_t numbers[] = {0x20, 0x38, 24, 0x39, 1, 0, 0x3a, 1, 0, 0,
                                    0,    0x3b, 0,  0,    0, 1, 0,    0, 0, 0};
  lteep_reader reader = lteep_reader_on((lteep_bytes){numbers, sizeof numbers});
  CHECK(lteep_reader_int(&reader) == -1 && lteep_reader_int(&reader) == -25);
  CHECK(lteep_reader_int(&reader) == -257 && lteep_reader_int(&reader) == -16777217);
  CHECK(lteep_reader_int(&reader) == -4294967297 && lteep_reader_end(&reader) == LTEEP_OK);
}

/* The first failure stays, whatever is asked for afterwards. */
static void stays_at_its_first_failure(void) {
  lteep_cbor_item item;
  lteep_reader reader = lteep_reader_on(bytes_of("\x41"));
  CHECK(lteep_reader_bytes(&reader).size == 0 && reader.status == LTEEP_ERR_TRUNCATED);
  CHECK(!lteep_reader_next(&reader, &item) && lteep_reader_peek(&reader) == -1);
  CHECK(lteep_reader_uint(&reader) == 0 && lteep_reader_skip(&reader).size == 0);
  CHECK(!lteep_reader_null(&reader) && lteep_reader_end(&reader) == LTEEP_ERR_TRUNCATED);
  reader = lteep_reader_on(bytes_of("\x82\x01"));
  CHECK(lteep_reader_skip(&reader).size == 0 && reader.status == LTEEP_ERR_TRUNCATED);
  reader = lteep_reader_on(bytes_of("\xfc"));
  CHECK(lteep_reader_peek(&reader) == LTEEP_CBOR_SIMPLE && lteep_reader_uint(&reader) == 0);
}

/* Skipping asks for well-formedness alone. */
static void skips_what_it_can_walk(void) {
  static const char *const truncated[] = {"\x18", "\x45x", "\x5f\x41x", "\x82\x01"};
  lteep_reader reader = lteep_reader_on(bytes_of("\x5f\x41x\xff"));
  CHECK(lteep_reader_skip(&reader).size == 4 && lteep_reader_end(&reader) == LTEEP_OK);
  for (size_t i = 0; i < sizeof truncated / sizeof truncated[0]; i++) {
    reader = lteep_reader_on(bytes_of(truncated[i]));
    CHECK(lteep_reader_skip(&reader).size == 0 && reader.status == LTEEP_ERR_TRUNCATED);
  }
}

static void refuses_integers_beyond_int64(void) {
  static const uint8_t large[] = {0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0};
  static const uint8_t low[] = {0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0};
  lteep_reader reader = lteep_reader_on((lteep_bytes){large, sizeof large});
  CHECK(lteep_reader_int(&reader) == 0 && reader.status == LTEEP_ERR_NUMBER_OUT_OF_RANGE);
  reader = lteep_reader_on((lteep_bytes){low, sizeof low});
  CHECK(lteep_reader_int(&reader) == 0 && reader.status == LTEEP_ERR_NUMBER_OUT_OF_RANGE);
}

static void reports_what_is_left(void) {
  lteep_reader reader = lteep_reader_on(bytes_of("\x01\x02"));
  CHECK(lteep_reader_uint(&reader) == 1);
  CHECK(lteep_reader_end(&reader) == LTEEP_ERR_TRAILING_BYTES);
  CHECK(lteep_reader_skip(&reader).size == 1);
  CHECK(lteep_reader_end(&reader) == LTEEP_OK);
  CHECK(lteep_reader_skip(&reader).size == 0);
  CHECK(lteep_reader_end(&reader) == LTEEP_ERR_WRONG_TYPE);
}

/* Bytes that passed no scanner do not lead out of the input either. */
static void survives_unscanned_input(void) {
  static const char *const bad[] = {"\x18", "\x5b\xff\xff", "\x45x", "\x9f", "\xff", "\x1c",
                                    "\xd8", "\xf8",         "\xfc",  "\xdf", "\x5f", "\xbf"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    lteep_cbor_item item;
    size_t size = strlen(bad[i]);
    uint8_t *copy = malloc(size);
    memcpy(copy, bad[i], size);
    lteep_reader reader = lteep_reader_on((lteep_bytes){copy, size});
    CHECK(!lteep_reader_next(&reader, &item) && reader.status != LTEEP_OK);
    free(copy);
  }
}

/* All halves: the writer gives back the same three bytes, with one NaN for all of them. */
static void keeps_every_half(void) {
  unsigned kept = 0;
  for (unsigned bits = 0; bits <= UINT16_MAX; bits++) {
    uint8_t half[] = {0xf9, (uint8_t)(bits >> 8), (uint8_t)bits};
    lteep_cbor_item item;
    lteep_reader reader = lteep_reader_on((lteep_bytes){half, sizeof half});
    lteep_buffer out = {memory, 0, sizeof memory};
    lteep_writer writer = lteep_writer_on(&out);
    bool read = lteep_reader_next(&reader, &item);
    lteep_write_float(&writer, item.number);
    bool nan = (bits & 0x7c00) == 0x7c00 && (bits & 0x3ff) != 0;
    bool same = out.size == 3 && memcmp(memory, nan ? "\xf9\x7e\x00" : (char *)half, 3) == 0;
    lteep_status status = lteep_cbor_scan((lteep_bytes){half, sizeof half}, NULL, NULL);
    bool accepted = status == LTEEP_OK, canonical = !nan || bits == 0x7e00;
    if (read && same && accepted == canonical) kept++;
  }
  CHECK(kept == UINT16_MAX + 1u);
}

/* Numbers around every power of two: what the writer chooses, the scanner accepts and keeps. */
static void writes_floats_the_scanner_accepts(void) {
  int kept = 0;
  for (int exponent = -1074; exponent < 1024; exponent++)
    for (int step = -1; step <= 1; step++) {
      double number = ldexp(1.0, exponent);
      number = step == 0 ? number : nextafter(number, step < 0 ? 0 : (double)INFINITY);
      lteep_cbor_item item;
      lteep_buffer out = {memory, 0, sizeof memory};
      lteep_writer writer = lteep_writer_on(&out);
      lteep_write_float(&writer, number);
      lteep_reader reader = lteep_reader_on(lteep_buffer_view(&out));
      bool same = lteep_reader_next(&reader, &item) && item.number == number;
      if (same && lteep_cbor_scan(lteep_buffer_view(&out), NULL, NULL) == LTEEP_OK) kept++;
    }
  CHECK(kept == 3 * (1024 + 1074));
}

static void orders_keys(void) {
  static const char *const ascending[] = {"\x01", "\x18\x64", "\x20", "azz", "b", "\x81\x18"};
  for (int i = 0; i < 6; i++)
    for (int j = 0; j < 6; j++) {
      int order = lteep_cbor_compare(bytes_of(ascending[i]), bytes_of(ascending[j]));
      CHECK((order > 0) - (order < 0) == (i > j) - (i < j));
    }
}

int main(void) {
  writes_into_every_capacity();
  stays_failed();
  refuses_to_write_what_no_scanner_accepts();
  fails_for_the_wrong_type();
  reads_negative_numbers_of_every_width();
  stays_at_its_first_failure();
  skips_what_it_can_walk();
  refuses_integers_beyond_int64();
  reports_what_is_left();
  survives_unscanned_input();
  keeps_every_half();
  writes_floats_the_scanner_accepts();
  orders_keys();
  return check_result();
}
