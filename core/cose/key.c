/* COSE_Key (RFC 9052 section 7, RFC 9053 sections 7.1 and 7.2): EC2 on P-256, OKP on Ed25519. */
#include "internal.h"

#include <string.h>

enum { KTY = 1, KID = 2, ALG = 3, KEY_OPS = 4, CRV = -1, X = -2, Y = -3, D = -4 };
enum { SIGN = 1, VERIFY = 2 };

/* What was found in the map. */
typedef struct {
  lteep_key_parts *parts;
  bool has_x, has_y;
  bool limits_use, may_sign, may_verify; /* key_ops */
} reading;

static lteep_status read_number(lteep_reader *reader, int *number) {
  int64_t value = lteep_reader_int(reader);
  if (reader->status != LTEEP_OK) return LTEEP_ERR_BAD_KEY; /* names by text are none of ours */
  if (value < INT16_MIN || value > INT16_MAX) return LTEEP_ERR_BAD_KEY;
  *number = (int)value;
  return LTEEP_OK;
}

/* Leading zeros are part of a coordinate (RFC 9053 section 7.1.1): the size is exact. */
static lteep_status read_coordinate(lteep_reader *reader, uint8_t out[LTEEP_COORDINATE_MAX],
                                    bool *found) {
  lteep_bytes value = lteep_reader_bytes(reader);
  if (reader->status != LTEEP_OK || value.size != LTEEP_COORDINATE_MAX) return LTEEP_ERR_BAD_KEY;
  memcpy(out, value.at, value.size);
  *found = true;
  return LTEEP_OK;
}

static lteep_status read_kid(lteep_reader *reader, lteep_key_parts *parts) {
  lteep_bytes kid = lteep_reader_bytes(reader);
  if (reader->status != LTEEP_OK || kid.size == 0 || kid.size > LTEEP_KID_MAX)
    return LTEEP_ERR_BAD_KEY;
  memcpy(parts->kid, kid.at, kid.size);
  parts->kid_size = kid.size;
  return LTEEP_OK;
}

static lteep_status read_operations(lteep_reader *reader, reading *found) {
  uint64_t count = lteep_reader_array(reader);
  lteep_cbor_item operation;
  found->limits_use = true;
  for (uint64_t i = 0; i < count; i++) {
    if (!lteep_reader_next(reader, &operation)) return LTEEP_ERR_BAD_KEY;
    bool number = operation.type == LTEEP_CBOR_UINT;
    if (!number && operation.type != LTEEP_CBOR_TEXT) return LTEEP_ERR_BAD_KEY;
    if (number && operation.value == SIGN) found->may_sign = true;
    if (number && operation.value == VERIFY) found->may_verify = true;
  }
  return reader->status == LTEEP_OK ? LTEEP_OK : LTEEP_ERR_BAD_KEY;
}

static lteep_status read_parameter(lteep_reader *reader, int64_t label, reading *found) {
  lteep_key_parts *parts = found->parts;
  switch (label) {
  case KTY:
    return read_number(reader, &parts->kty);
  case KID:
    return read_kid(reader, parts);
  case ALG:
    return read_number(reader, &parts->alg);
  case KEY_OPS:
    return read_operations(reader, found);
  case CRV:
    return read_number(reader, &parts->crv);
  case X:
    return read_coordinate(reader, parts->x, &found->has_x);
  case Y:
    return read_coordinate(reader, parts->y, &found->has_y);
  case D:
    return read_coordinate(reader, parts->d, &parts->has_private);
  default:
    lteep_reader_skip(reader);
    return LTEEP_OK;
  }
}

static lteep_status read_map(lteep_bytes input, reading *found) {
  lteep_reader reader = lteep_reader_on(input);
  uint64_t pairs = lteep_reader_map(&reader);
  for (uint64_t i = 0; i < pairs; i++) {
    int64_t label = 0;
    if (lteep_reader_peek(&reader) == LTEEP_CBOR_TEXT)
      lteep_reader_skip(&reader);
    else
      label = lteep_reader_int(&reader);
    if (reader.status != LTEEP_OK) return LTEEP_ERR_BAD_KEY;
    lteep_status status = read_parameter(&reader, label, found);
    if (status != LTEEP_OK) return status;
  }
  return lteep_reader_end(&reader) == LTEEP_OK ? LTEEP_OK : LTEEP_ERR_BAD_KEY;
}

/* All that a signature key needs is there, and signing or verifying is what it is for. */
static lteep_status check(const reading *found) {
  const lteep_key_parts *parts = found->parts;
  bool ec2 = parts->kty == LTEEP_KTY_EC2 && parts->crv == LTEEP_CRV_P256 && found->has_y;
  bool okp = parts->kty == LTEEP_KTY_OKP && parts->crv == LTEEP_CRV_ED25519 && !found->has_y;
  if (!found->has_x || !(ec2 || okp)) return LTEEP_ERR_BAD_KEY;
  bool usable = found->may_sign || (found->may_verify && !parts->has_private);
  return found->limits_use && !usable ? LTEEP_ERR_WRONG_KEY : LTEEP_OK;
}

static lteep_status complete(lteep_key_parts *parts) {
  if (parts->alg == 0)
    parts->alg = parts->kty == LTEEP_KTY_EC2 ? LTEEP_ALG_ESP256 : LTEEP_ALG_ED25519;
  if (parts->kid_size != 0) return LTEEP_OK;
  parts->kid_size = LTEEP_THUMBPRINT_SIZE;
  return lteep_cose_thumbprint(parts, parts->kid);
}

lteep_status lteep_cose_key_read(lteep_bytes input, lteep_key_parts *parts) {
  memset(parts, 0, sizeof *parts);
  reading found = {.parts = parts};
  lteep_status status = lteep_cbor_scan(input, NULL, NULL);
  if (status == LTEEP_OK) status = read_map(input, &found);
  if (status == LTEEP_OK) status = check(&found);
  if (status == LTEEP_OK) status = complete(parts);
  if (status != LTEEP_OK) lteep_wipe(parts, sizeof *parts);
  return status;
}

/* A kid that is the thumbprint need not be written: readers find it themselves. */
static lteep_status has_own_kid(const lteep_key_parts *parts, bool *own) {
  uint8_t thumbprint[LTEEP_THUMBPRINT_SIZE];
  lteep_status status = lteep_cose_thumbprint(parts, thumbprint);
  lteep_bytes kid = {parts->kid, parts->kid_size};
  *own = kid.size != 0 && !lteep_equal(kid, (lteep_bytes){thumbprint, sizeof thumbprint});
  return status;
}

static void write_coordinate(lteep_writer *writer, int label, const uint8_t *value) {
  lteep_write_int(writer, label);
  lteep_write_bytes(writer, (lteep_bytes){value, LTEEP_COORDINATE_MAX});
}

lteep_status lteep_cose_key_write(const lteep_key_parts *parts, bool with_private,
                                  lteep_buffer *out) {
  bool own_kid, ec2 = parts->kty == LTEEP_KTY_EC2;
  if (with_private && !parts->has_private) return LTEEP_ERR_NO_PRIVATE_KEY;
  lteep_status status = has_own_kid(parts, &own_kid);
  if (status != LTEEP_OK) return status;
  size_t before = out->size;
  lteep_writer writer = lteep_writer_on(out);
  lteep_write_map(&writer, (uint64_t)(4 + own_kid + ec2 + with_private));
  lteep_write_int(&writer, KTY);
  lteep_write_int(&writer, parts->kty);
  if (own_kid) lteep_write_int(&writer, KID);
  if (own_kid) lteep_write_bytes(&writer, (lteep_bytes){parts->kid, parts->kid_size});
  lteep_write_int(&writer, ALG);
  lteep_write_int(&writer, parts->alg);
  lteep_write_int(&writer, CRV);
  lteep_write_int(&writer, parts->crv);
  write_coordinate(&writer, X, parts->x);
  if (ec2) write_coordinate(&writer, Y, parts->y);
  if (with_private) write_coordinate(&writer, D, parts->d);
  if (writer.status != LTEEP_OK) out->size = before;
  return writer.status;
}
