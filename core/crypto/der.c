/* Keys in DER, read and written by template. */
#include "luateep/der.h"

#include <string.h>

enum {
  INTEGER = 0x02,
  BIT_STRING = 0x03,
  OCTET_STRING = 0x04,
  OBJECT = 0x06,
  SEQUENCE = 0x30,
  PARAMETERS = 0xa0,  /* RFC 5915: [0], the curve */
  PUBLIC = 0xa1,      /* RFC 5915: [1], the point */
  ATTRIBUTES = 0xa0,  /* RFC 5958: [0] */
  PUBLIC_BITS = 0x81, /* RFC 5958: [1], the point */
};

#define OID(...)                                                                                   \
  { (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}) }

static const lteep_bytes ec_public_key = OID(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);

static const struct {
  int crv;
  int kty;
  lteep_bytes oid; /* EC2: the parameter of ec_public_key; OKP: the algorithm itself (RFC 8410) */
} curves[] = {
    {LTEEP_CRV_P256, LTEEP_KTY_EC2, OID(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07)},
    {LTEEP_CRV_P384, LTEEP_KTY_EC2, OID(0x2b, 0x81, 0x04, 0x00, 0x22)},
    {LTEEP_CRV_P521, LTEEP_KTY_EC2, OID(0x2b, 0x81, 0x04, 0x00, 0x23)},
    {LTEEP_CRV_X25519, LTEEP_KTY_OKP, OID(0x2b, 0x65, 0x6e)},
    {LTEEP_CRV_ED25519, LTEEP_KTY_OKP, OID(0x2b, 0x65, 0x70)},
};
enum { CURVES = sizeof curves / sizeof curves[0] };

/* --- Reading. What fails leaves the rest empty and `bad` set. --- */

typedef struct {
  lteep_bytes rest;
  bool bad;
} der_reader;

static lteep_bytes fail(der_reader *reader) {
  *reader = (der_reader){.bad = true};
  return reader->rest;
}

/* DER lengths: below 128 in one byte, below 256 in two, else in three. */
static bool take_length(der_reader *reader, size_t *length) {
  const uint8_t *at = reader->rest.at;
  size_t size = reader->rest.size, head = 2;
  if (size < 2) return false;
  *length = at[1];
  if (at[1] == 0x81 && size > 2 && at[2] >= 0x80) {
    *length = at[2];
    head = 3;
  } else if (at[1] == 0x82 && size > 3 && at[2] != 0) {
    *length = (size_t)at[2] << 8 | at[3];
    head = 4;
  } else if (at[1] >= 0x80) {
    return false;
  }
  if (*length > size - head) return false;
  reader->rest = (lteep_bytes){at + head, size - head};
  return true;
}

static bool is_next(const der_reader *reader, uint8_t tag) {
  return reader->rest.size > 0 && reader->rest.at[0] == tag;
}

/* The content of the next element. */
static lteep_bytes take(der_reader *reader, uint8_t tag) {
  size_t length;
  if (!is_next(reader, tag) || !take_length(reader, &length)) return fail(reader);
  lteep_bytes content = {reader->rest.at, length};
  reader->rest = (lteep_bytes){reader->rest.at + length, reader->rest.size - length};
  return content;
}

static der_reader enter(der_reader *reader, uint8_t tag) {
  lteep_bytes content = take(reader, tag);
  return (der_reader){content, reader->bad};
}

static bool at_end(const der_reader *reader) {
  return !reader->bad && reader->rest.size == 0;
}

static bool take_version(der_reader *reader, uint8_t version) {
  return lteep_equal(take(reader, INTEGER), (lteep_bytes){&version, 1});
}

static bool curve_of(lteep_bytes oid, int kty, lteep_key_parts *parts) {
  for (size_t i = 0; i < CURVES; i++)
    if (curves[i].kty == kty && lteep_equal(curves[i].oid, oid)) {
      parts->kty = kty;
      parts->crv = curves[i].crv;
      return true;
    }
  return false;
}

/* AlgorithmIdentifier */
static bool read_algorithm(der_reader *reader, lteep_key_parts *parts) {
  der_reader algorithm = enter(reader, SEQUENCE);
  lteep_bytes oid = take(&algorithm, OBJECT);
  bool known = lteep_equal(oid, ec_public_key)
                   ? curve_of(take(&algorithm, OBJECT), LTEEP_KTY_EC2, parts)
                   : curve_of(oid, LTEEP_KTY_OKP, parts);
  return known && at_end(&algorithm);
}

/* A BIT STRING without unused bits: an uncompressed point (SEC 1 section 2.3.3), or a raw x. */
static bool read_public(der_reader *reader, uint8_t tag, lteep_key_parts *parts) {
  lteep_bytes bits = take(reader, tag);
  size_t size = lteep_curve_size(parts->crv);
  bool ec2 = parts->kty == LTEEP_KTY_EC2;
  if (bits.size != (ec2 ? 2 + 2 * size : 1 + size) || bits.at[0] != 0) return false;
  if (ec2 && bits.at[1] != 4) return false;
  memcpy(parts->x, bits.at + 1 + ec2, size);
  if (ec2) memcpy(parts->y, bits.at + 2 + size, size);
  return true;
}

static bool read_spki(der_reader *reader, lteep_key_parts *parts) {
  return read_algorithm(reader, parts) && read_public(reader, BIT_STRING, parts) && at_end(reader);
}

static bool take_scalar(der_reader *reader, lteep_key_parts *parts) {
  lteep_bytes d = take(reader, OCTET_STRING);
  if (d.size != lteep_curve_size(parts->crv)) return false;
  memcpy(parts->d, d.at, d.size);
  parts->has_private = true;
  return true;
}

static bool read_parameters(der_reader *reader, lteep_key_parts *parts) {
  lteep_key_parts named = {0};
  der_reader parameters = enter(reader, PARAMETERS);
  bool known = curve_of(take(&parameters, OBJECT), LTEEP_KTY_EC2, &named);
  if (!known || !at_end(&parameters) || (parts->crv && parts->crv != named.crv)) return false;
  parts->kty = LTEEP_KTY_EC2;
  parts->crv = named.crv;
  return true;
}

/* RFC 5915 after its version. The curve stands behind the private part. `*derive`: no point. */
static bool read_sec1(der_reader *reader, lteep_key_parts *parts, bool *derive) {
  der_reader scalar = *reader;
  (void)take(reader, OCTET_STRING);
  if (is_next(reader, PARAMETERS) && !read_parameters(reader, parts)) return false;
  *derive = !is_next(reader, PUBLIC);
  if (parts->crv == 0 || !take_scalar(&scalar, parts)) return false;
  if (!*derive) {
    der_reader point = enter(reader, PUBLIC);
    if (!read_public(&point, BIT_STRING, parts) || !at_end(&point)) return false;
  }
  return at_end(reader);
}

/* `*derive`: no point. */
static bool read_private(der_reader *reader, lteep_key_parts *parts, bool *derive) {
  if (parts->kty == LTEEP_KTY_OKP) {
    *derive = true;
    return take_scalar(reader, parts) && at_end(reader);
  }
  der_reader sec1 = enter(reader, SEQUENCE);
  return at_end(reader) && take_version(&sec1, 1) && read_sec1(&sec1, parts, derive);
}

/* The point that stands beside the private part; the same as inside of it, if there is one. */
static bool read_beside(der_reader *reader, lteep_key_parts *parts, bool *derive) {
  lteep_key_parts beside = {.kty = parts->kty, .crv = parts->crv};
  if (!read_public(reader, PUBLIC_BITS, &beside)) return false;
  bool same = memcmp(beside.x, parts->x, sizeof beside.x) == 0 &&
              memcmp(beside.y, parts->y, sizeof beside.y) == 0;
  if (!*derive && !same) return false;
  memcpy(parts->x, beside.x, sizeof beside.x);
  memcpy(parts->y, beside.y, sizeof beside.y);
  *derive = false;
  return true;
}

/* RFC 5958 after its version: 1 tells that the point is there. Attributes say nothing about keys.
 */
static bool read_pkcs8(der_reader *reader, uint8_t version, lteep_key_parts *parts, bool *derive) {
  if (!read_algorithm(reader, parts)) return false;
  der_reader private = enter(reader, OCTET_STRING);
  if (!read_private(&private, parts, derive)) return false;
  if (is_next(reader, ATTRIBUTES)) (void)take(reader, ATTRIBUTES);
  if (version == 1 && !read_beside(reader, parts, derive)) return false;
  return at_end(reader);
}

static bool read_key(lteep_bytes der, lteep_key_parts *parts, bool *derive) {
  der_reader whole = {der, false};
  der_reader reader = enter(&whole, SEQUENCE);
  if (!at_end(&whole)) return false;
  if (is_next(&reader, SEQUENCE)) return read_spki(&reader, parts);
  uint8_t version = reader.rest.size > 2 && reader.rest.at[2] == 0 ? 0 : 1;
  if (!take_version(&reader, version)) return false;
  return is_next(&reader, SEQUENCE) ? read_pkcs8(&reader, version, parts, derive)
                                    : version == 1 && read_sec1(&reader, parts, derive);
}

lteep_status lteep_der_key_read(lteep_bytes der, int alg, lteep_key_parts *parts) {
  bool derive = false;
  memset(parts, 0, sizeof *parts);
  lteep_status status = read_key(der, parts, &derive) ? LTEEP_OK : LTEEP_ERR_BAD_KEY;
  parts->alg = alg ? alg : lteep_curve_algorithm(parts->crv);
  if (status == LTEEP_OK && derive) status = lteep_key_derive(parts);
  if (status != LTEEP_OK) lteep_wipe(parts, sizeof *parts);
  return status;
}

/* --- Writing, from the last byte to the first: lengths are known when their turn comes. --- */

typedef struct {
  uint8_t bytes[LTEEP_DER_KEY_MAX];
  size_t start;
} der_writer;

static void put(der_writer *writer, const uint8_t *at, size_t size) {
  writer->start -= size;
  memcpy(writer->bytes + writer->start, at, size);
}

static void put_byte(der_writer *writer, size_t byte) {
  writer->bytes[--writer->start] = (uint8_t)byte;
}

/* Make what was written since `end` one element. */
static void close_element(der_writer *writer, uint8_t tag, size_t end) {
  size_t length = end - writer->start;
  put_byte(writer, length & 0xff);
  if (length >= 0x100) put_byte(writer, length >> 8);
  if (length >= 0x80) put_byte(writer, length >= 0x100 ? 0x82 : 0x81);
  put_byte(writer, tag);
}

static void put_element(der_writer *writer, uint8_t tag, lteep_bytes content) {
  size_t end = writer->start;
  put(writer, content.at, content.size);
  close_element(writer, tag, end);
}

static void put_version(der_writer *writer, uint8_t version) {
  put_element(writer, INTEGER, (lteep_bytes){&version, 1});
}

static void put_algorithm(der_writer *writer, const lteep_key_parts *parts) {
  size_t end = writer->start;
  for (size_t i = 0; i < CURVES; i++)
    if (curves[i].crv == parts->crv) put_element(writer, OBJECT, curves[i].oid);
  if (parts->kty == LTEEP_KTY_EC2) put_element(writer, OBJECT, ec_public_key);
  close_element(writer, SEQUENCE, end);
}

static void put_public(der_writer *writer, const lteep_key_parts *parts) {
  size_t end = writer->start, size = lteep_curve_size(parts->crv);
  bool ec2 = parts->kty == LTEEP_KTY_EC2;
  if (ec2) put(writer, parts->y, size);
  put(writer, parts->x, size);
  if (ec2) put_byte(writer, 4);
  put_byte(writer, 0);
  close_element(writer, BIT_STRING, end);
}

static void put_scalar(der_writer *writer, const lteep_key_parts *parts) {
  put_element(writer, OCTET_STRING, (lteep_bytes){parts->d, lteep_curve_size(parts->crv)});
}

static void put_sec1(der_writer *writer, const lteep_key_parts *parts) {
  size_t end = writer->start;
  put_public(writer, parts);
  close_element(writer, PUBLIC, end);
  put_scalar(writer, parts);
  put_version(writer, 1);
  close_element(writer, SEQUENCE, end);
}

static void put_private(der_writer *writer, const lteep_key_parts *parts) {
  size_t end = writer->start;
  if (parts->kty == LTEEP_KTY_EC2)
    put_sec1(writer, parts);
  else
    put_scalar(writer, parts);
  close_element(writer, OCTET_STRING, end);
}

lteep_status lteep_der_key_write(const lteep_key_parts *parts, bool with_private,
                                 lteep_buffer *out) {
  if (parts->kty == LTEEP_KTY_SYMMETRIC) return LTEEP_ERR_WRONG_KEY;
  if (with_private && !parts->has_private) return LTEEP_ERR_NO_PRIVATE_KEY;
  der_writer writer = {.start = LTEEP_DER_KEY_MAX};
  if (with_private)
    put_private(&writer, parts);
  else
    put_public(&writer, parts);
  put_algorithm(&writer, parts);
  if (with_private) put_version(&writer, 0);
  close_element(&writer, SEQUENCE, LTEEP_DER_KEY_MAX);
  size_t size = LTEEP_DER_KEY_MAX - writer.start;
  bool fits = out->capacity - out->size >= size;
  if (fits) memcpy(out->at + out->size, writer.bytes + writer.start, size);
  if (fits) out->size += size;
  lteep_wipe(&writer, sizeof writer);
  return fits ? LTEEP_OK : LTEEP_ERR_NO_ROOM;
}
