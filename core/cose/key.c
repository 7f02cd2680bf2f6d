/* COSE_Key (RFC 9052 section 7, RFC 9053 section 7): EC2, OKP and Symmetric. */
#include "internal.h"

#include <string.h>

enum { KTY = 1, KID = 2, ALG = 3, KEY_OPS = 4, CRV = -1, K = -1, X = -2, Y = -3, D = -4 };

/* Groups of key_ops (RFC 9052 table 5). */
enum {
  OPS_SIGNATURE = LTEEP_OP_SIGN | LTEEP_OP_VERIFY,
  OPS_ENCRYPTION = LTEEP_OP_ENCRYPT | LTEEP_OP_DECRYPT | LTEEP_OP_WRAP | LTEEP_OP_UNWRAP,
  OPS_DERIVE = LTEEP_OP_DERIVE_KEY | LTEEP_OP_DERIVE_BITS,
  OPS_MAC = LTEEP_OP_MAC_CREATE | LTEEP_OP_MAC_VERIFY
};
enum { OPERATION_LAST = 10 };

/* What was found in the map. */
typedef struct {
  lteep_key_parts *parts;
  size_t x_size, y_size, d_size; /* 0: absent */
  bool limits_use;               /* there is a key_ops */
  unsigned operations;
} reading;

static lteep_status read_number(lteep_reader *reader, int *number) {
  int64_t value = lteep_reader_int(reader);
  if (reader->status != LTEEP_OK) return LTEEP_ERR_BAD_KEY; /* names by text are none of ours */
  if (value < INT16_MIN || value > INT16_MAX) return LTEEP_ERR_BAD_KEY;
  *number = (int)value;
  return LTEEP_OK;
}

/* Names by text, and 0 (reserved), are none of ours. */
static lteep_status read_algorithm(lteep_reader *reader, int *alg) {
  int type = lteep_reader_peek(reader);
  if (type == LTEEP_CBOR_TEXT) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  if (type != LTEEP_CBOR_UINT && type != LTEEP_CBOR_NINT) return LTEEP_ERR_BAD_KEY;
  int64_t value = lteep_reader_int(reader);
  *alg = (int)value;
  bool ours = reader->status == LTEEP_OK && value == *alg && lteep_algorithm_find(*alg);
  return ours ? LTEEP_OK : LTEEP_ERR_UNSUPPORTED_ALGORITHM;
}

/* Leading zeros are part of a coordinate (RFC 9053 section 7.1.1); whether the size is that of the
 * curve is seen at the end of the map. */
static lteep_status read_coordinate(lteep_reader *reader, uint8_t out[LTEEP_COORDINATE_MAX],
                                    size_t *size) {
  lteep_bytes value = lteep_reader_bytes(reader);
  if (reader->status != LTEEP_OK || value.size == 0 || value.size > LTEEP_COORDINATE_MAX)
    return LTEEP_ERR_BAD_KEY;
  memcpy(out, value.at, value.size);
  *size = value.size;
  return LTEEP_OK;
}

static lteep_status read_secret(lteep_reader *reader, lteep_key_parts *parts) {
  lteep_bytes value = lteep_reader_bytes(reader);
  if (reader->status != LTEEP_OK || value.size == 0 || value.size > LTEEP_SYMMETRIC_MAX)
    return LTEEP_ERR_BAD_KEY;
  memcpy(parts->k, value.at, value.size);
  parts->k_size = value.size;
  parts->has_private = true;
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
    if (number && operation.value <= OPERATION_LAST) found->operations |= 1u << operation.value;
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
    return read_algorithm(reader, &parts->alg);
  case KEY_OPS:
    return read_operations(reader, found);
  case CRV: /* or K: the type of the value tells which */
    if (lteep_reader_peek(reader) == LTEEP_CBOR_BYTES) return read_secret(reader, parts);
    return read_number(reader, &parts->crv);
  case X:
    return read_coordinate(reader, parts->x, &found->x_size);
  case Y:
    return read_coordinate(reader, parts->y, &found->y_size);
  case D:
    return read_coordinate(reader, parts->d, &found->d_size);
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

/* The members of the key type are there and no others, each of the size of its curve. */
static lteep_status check_members(const reading *found) {
  const lteep_key_parts *parts = found->parts;
  size_t size = lteep_curve_size(parts->crv);
  bool symmetric = parts->kty == LTEEP_KTY_SYMMETRIC;
  if (symmetric != (parts->k_size > 0)) return LTEEP_ERR_BAD_KEY;
  if (symmetric)
    return found->x_size || found->y_size || found->d_size || parts->crv ? LTEEP_ERR_BAD_KEY
                                                                         : LTEEP_OK;
  bool ec2 = parts->kty == LTEEP_KTY_EC2;
  if (!ec2 && parts->kty != LTEEP_KTY_OKP) return LTEEP_ERR_BAD_KEY;
  bool fits = size != 0 && found->x_size == size && found->y_size == (ec2 ? size : 0) &&
              (found->d_size == 0 || found->d_size == size);
  return fits ? LTEEP_OK : LTEEP_ERR_BAD_KEY;
}

/* That of its curve, or key agreement where key_ops ask for that alone. */
static int algorithm_of(const reading *found) {
  bool derives = (found->operations & OPS_DERIVE) && !(found->operations & OPS_SIGNATURE);
  int crv = found->parts->crv;
  return derives && crv != LTEEP_CRV_ED25519 ? LTEEP_ALG_ECDH_ES_A128KW
                                             : lteep_curve_algorithm(crv);
}

/* The algorithm of a Symmetric key cannot be told from it. */
static lteep_status choose_algorithm(const reading *found, int alg) {
  lteep_key_parts *parts = found->parts;
  if (parts->alg != 0) return alg == 0 || alg == parts->alg ? LTEEP_OK : LTEEP_ERR_WRONG_KEY;
  if (alg == 0 && parts->kty == LTEEP_KTY_SYMMETRIC) return LTEEP_ERR_BAD_KEY;
  parts->alg = alg != 0 ? alg : algorithm_of(found);
  return LTEEP_OK;
}

/* Operations of this kind of key (RFC 9053: those of each algorithm). */
static unsigned operations_of(lteep_algorithm_kind kind) {
  switch (kind) {
  case LTEEP_KIND_SIGNATURE:
    return OPS_SIGNATURE;
  case LTEEP_KIND_AGREEMENT:
    return OPS_DERIVE;
  case LTEEP_KIND_MAC:
    return OPS_MAC;
  default:
    return OPS_ENCRYPTION;
  }
}

/* What makes a key useful to us: a private one signs. */
static unsigned useful(const lteep_key_parts *parts, lteep_algorithm_kind kind) {
  if (kind != LTEEP_KIND_SIGNATURE) return operations_of(kind);
  return parts->has_private ? LTEEP_OP_SIGN : LTEEP_OP_VERIFY;
}

static lteep_status check_use(const reading *found) {
  const lteep_algorithm *algorithm = lteep_algorithm_find(found->parts->alg);
  if (!algorithm) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  if (!found->limits_use) return LTEEP_OK;
  /* RFC 9053 section 6.3.1: the key_ops of a public key agreement key are empty. */
  if (algorithm->kind == LTEEP_KIND_AGREEMENT && !found->parts->has_private) return LTEEP_OK;
  found->parts->operations = found->operations & operations_of(algorithm->kind);
  bool usable = found->operations & useful(found->parts, algorithm->kind);
  return usable ? LTEEP_OK : LTEEP_ERR_WRONG_KEY;
}

/* RFC 9679 section 5.3: the thumbprint of a secret is not published. */
static lteep_status complete(lteep_key_parts *parts) {
  if (parts->kid_size != 0 || parts->kty == LTEEP_KTY_SYMMETRIC) return LTEEP_OK;
  parts->kid_size = LTEEP_THUMBPRINT_SIZE;
  return lteep_cose_thumbprint(parts, parts->kid);
}

lteep_status lteep_cose_key_read_for(lteep_bytes input, int alg, lteep_key_parts *parts) {
  memset(parts, 0, sizeof *parts);
  reading found = {.parts = parts};
  lteep_status status = lteep_cbor_scan(input, NULL, NULL);
  if (status == LTEEP_OK) status = read_map(input, &found);
  if (found.d_size) parts->has_private = true;
  if (status == LTEEP_OK) status = check_members(&found);
  if (status == LTEEP_OK) status = choose_algorithm(&found, alg);
  if (status == LTEEP_OK) status = check_use(&found);
  if (status == LTEEP_OK) status = complete(parts);
  if (status != LTEEP_OK) lteep_wipe(parts, sizeof *parts);
  return status;
}

lteep_status lteep_cose_key_read(lteep_bytes input, lteep_key_parts *parts) {
  return lteep_cose_key_read_for(input, 0, parts);
}

/* A kid that is the thumbprint need not be written: readers find it themselves. */
static lteep_status has_own_kid(const lteep_key_parts *parts, bool *own) {
  uint8_t thumbprint[LTEEP_THUMBPRINT_SIZE];
  lteep_bytes kid = {parts->kid, parts->kid_size};
  *own = kid.size != 0;
  if (!*own || parts->kty == LTEEP_KTY_SYMMETRIC) return LTEEP_OK;
  lteep_status status = lteep_cose_thumbprint(parts, thumbprint);
  *own = !lteep_equal(kid, (lteep_bytes){thumbprint, sizeof thumbprint});
  return status;
}

static void write_member(lteep_writer *writer, int label, const uint8_t *at, size_t size) {
  lteep_write_int(writer, label);
  lteep_write_bytes(writer, (lteep_bytes){at, size});
}

static void write_point(lteep_writer *writer, const lteep_key_parts *parts, bool with_private) {
  size_t size = lteep_curve_size(parts->crv);
  lteep_write_int(writer, CRV);
  lteep_write_int(writer, parts->crv);
  write_member(writer, X, parts->x, size);
  if (parts->kty == LTEEP_KTY_EC2) write_member(writer, Y, parts->y, size);
  if (with_private) write_member(writer, D, parts->d, size);
}

static void write_operations(lteep_writer *writer, unsigned operations) {
  uint64_t count = 0;
  for (unsigned n = 1; n <= OPERATION_LAST; n++) count += operations >> n & 1;
  lteep_write_int(writer, KEY_OPS);
  lteep_write_array(writer, count);
  for (unsigned n = 1; n <= OPERATION_LAST; n++)
    if (operations >> n & 1) lteep_write_uint(writer, n);
}

/* Pairs after kty, kid, alg and key_ops. */
static uint64_t members(const lteep_key_parts *parts, bool with_private) {
  if (parts->kty == LTEEP_KTY_SYMMETRIC) return with_private;
  return 2u + (parts->kty == LTEEP_KTY_EC2) + with_private;
}

lteep_status lteep_cose_key_write(const lteep_key_parts *parts, bool with_private,
                                  lteep_buffer *out) {
  bool own_kid, symmetric = parts->kty == LTEEP_KTY_SYMMETRIC;
  bool limited = with_private && parts->operations != 0;
  if (with_private && !parts->has_private) return LTEEP_ERR_NO_PRIVATE_KEY;
  if (symmetric && !with_private) return LTEEP_ERR_WRONG_KEY;
  lteep_status status = has_own_kid(parts, &own_kid);
  if (status != LTEEP_OK) return status;
  size_t before = out->size;
  lteep_writer writer = lteep_writer_on(out);
  lteep_write_map(&writer, 2u + own_kid + limited + members(parts, with_private));
  lteep_write_int(&writer, KTY);
  lteep_write_int(&writer, parts->kty);
  if (own_kid) write_member(&writer, KID, parts->kid, parts->kid_size);
  lteep_write_int(&writer, ALG);
  lteep_write_int(&writer, parts->alg);
  if (limited) write_operations(&writer, parts->operations);
  if (symmetric)
    write_member(&writer, K, parts->k, parts->k_size);
  else
    write_point(&writer, parts, with_private);
  if (writer.status != LTEEP_OK) out->size = before;
  return writer.status;
}
