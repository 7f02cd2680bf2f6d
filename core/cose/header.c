/* Header parameters of COSE (RFC 9052 section 3). */
#include "internal.h"

#include <string.h>

typedef struct {
  lteep_bytes label[LTEEP_COSE_HEADERS_MAX]; /* encoded */
  lteep_bytes value[LTEEP_COSE_HEADERS_MAX]; /* encoded */
  size_t count;
} bucket;

static bool is_label(int type) {
  return type == LTEEP_CBOR_UINT || type == LTEEP_CBOR_NINT || type == LTEEP_CBOR_TEXT;
}

static lteep_status read_bucket(lteep_bytes map, bucket *read) {
  lteep_reader reader = lteep_reader_on(map);
  read->count = 0;
  if (lteep_reader_peek(&reader) != LTEEP_CBOR_MAP) return LTEEP_ERR_BAD_HEADER;
  uint64_t pairs = lteep_reader_map(&reader);
  if (pairs > LTEEP_COSE_HEADERS_MAX) return LTEEP_ERR_LIMIT_REACHED;
  for (; read->count < pairs; read->count++) {
    if (!is_label(lteep_reader_peek(&reader))) return LTEEP_ERR_BAD_HEADER;
    read->label[read->count] = lteep_reader_skip(&reader);
    read->value[read->count] = lteep_reader_skip(&reader);
  }
  return lteep_reader_end(&reader);
}

/* An empty bucket is a zero-length byte string; the older h'a0' is read as well. */
static lteep_status read_protected(lteep_bytes content, bucket *read) {
  read->count = 0;
  if (content.size == 0) return LTEEP_OK;
  lteep_status status = lteep_cbor_scan(content, NULL, NULL);
  return status == LTEEP_OK ? read_bucket(content, read) : status;
}

static const lteep_bytes *find(const bucket *in, lteep_bytes label) {
  for (size_t i = 0; i < in->count; i++)
    if (lteep_equal(in->label[i], label)) return &in->value[i];
  return NULL;
}

/* A label as it is encoded: the scanner let only shortest forms pass. */
typedef struct {
  uint8_t bytes[2];
  size_t size;
} encoded_label;

static encoded_label encode(int label) {
  uint8_t major = label < 0 ? 0x20 : 0, number = (uint8_t)(label < 0 ? -1 - label : label);
  if (number < 24) return (encoded_label){{major | number}, 1};
  return (encoded_label){{major | 24, number}, 2};
}

static const lteep_bytes *find_label(const bucket *in, int label) {
  encoded_label encoded = encode(label);
  return find(in, (lteep_bytes){encoded.bytes, encoded.size});
}

static bool is_label_of(lteep_bytes found, int label) {
  encoded_label encoded = encode(label);
  return lteep_equal(found, (lteep_bytes){encoded.bytes, encoded.size});
}

static bool have_common_label(const bucket *a, const bucket *b) {
  for (size_t i = 0; i < a->count; i++)
    if (find(b, a->label[i])) return true;
  return false;
}

/* What each layer understands; 0 ends a list. */
static const int understood[][12] = {
    [LTEEP_LAYER_SIGNATURE] = {LTEEP_HEADER_ALG, LTEEP_HEADER_KID, LTEEP_HEADER_X5CHAIN},
    [LTEEP_LAYER_CONTENT] = {LTEEP_HEADER_ALG, LTEEP_HEADER_KID, LTEEP_HEADER_IV,
                             LTEEP_HEADER_PARTIAL_IV},
    [LTEEP_LAYER_RECIPIENT] = {LTEEP_HEADER_ALG, LTEEP_HEADER_KID, LTEEP_HEADER_EPHEMERAL,
                               LTEEP_HEADER_SALT, LTEEP_HEADER_PARTY_U, LTEEP_HEADER_PARTY_U - 1,
                               LTEEP_HEADER_PARTY_U - 2, LTEEP_HEADER_PARTY_V,
                               LTEEP_HEADER_PARTY_V - 1, LTEEP_HEADER_PARTY_V - 2},
};

static bool is_understood(lteep_layer layer, lteep_bytes label) {
  for (const int *known = understood[layer]; *known; known++)
    if (is_label_of(label, *known)) return true;
  return false;
}

/* crit: labels that must be understood; each must be in the protected bucket. */
static lteep_status check_critical(lteep_layer layer, const bucket *protected_bucket,
                                   lteep_cose_header *header) {
  const lteep_bytes *crit = find_label(protected_bucket, LTEEP_HEADER_CRIT);
  if (!crit) return LTEEP_OK;
  lteep_reader reader = lteep_reader_on(*crit);
  if (lteep_reader_peek(&reader) != LTEEP_CBOR_ARRAY) return LTEEP_ERR_BAD_HEADER;
  uint64_t count = lteep_reader_array(&reader);
  if (count == 0) return LTEEP_ERR_BAD_HEADER;
  for (uint64_t i = 0; i < count; i++) {
    if (!is_label(lteep_reader_peek(&reader))) return LTEEP_ERR_BAD_HEADER;
    lteep_bytes label = lteep_reader_skip(&reader);
    if (!is_understood(layer, label)) return LTEEP_ERR_CRITICAL_HEADER;
    if (!find(protected_bucket, label)) return LTEEP_ERR_BAD_HEADER;
    if (is_label_of(label, LTEEP_HEADER_X5CHAIN)) header->chain_is_critical = true;
  }
  return LTEEP_OK;
}

/* An algorithm named by text is legal and never one of ours: the header then states none. */
static lteep_status read_algorithm(const bucket *in, bool *has, int64_t *algorithm) {
  const lteep_bytes *value = find_label(in, LTEEP_HEADER_ALG);
  if (!value) return LTEEP_OK;
  lteep_reader reader = lteep_reader_on(*value);
  int type = lteep_reader_peek(&reader);
  if (type == LTEEP_CBOR_TEXT) return LTEEP_OK;
  if (type != LTEEP_CBOR_UINT && type != LTEEP_CBOR_NINT) return LTEEP_ERR_BAD_HEADER;
  *algorithm = lteep_reader_int(&reader);
  *has = reader.status == LTEEP_OK;
  return *has ? LTEEP_OK : LTEEP_ERR_BAD_HEADER;
}

/* The two buckets of one header. */
typedef struct {
  bucket protected_bucket, unprotected_bucket;
} buckets;

/* A parameter that may be in either bucket. */
static const lteep_bytes *either(const buckets *in, int label) {
  const lteep_bytes *value = find_label(&in->protected_bucket, label);
  return value ? value : find_label(&in->unprotected_bucket, label);
}

/* The value as encoded; its type has to be the one given. */
static lteep_status read_encoded(const buckets *in, int label, lteep_cbor_type type,
                                 lteep_bytes *encoded) {
  const lteep_bytes *value = either(in, label);
  if (!value) return LTEEP_OK;
  lteep_reader reader = lteep_reader_on(*value);
  if (lteep_reader_peek(&reader) != (int)type) return LTEEP_ERR_BAD_HEADER;
  *encoded = *value;
  return LTEEP_OK;
}

/* The content of a byte string. */
static lteep_status read_bytes(const buckets *in, int label, lteep_bytes *content) {
  lteep_bytes encoded = {NULL, 0};
  lteep_status status = read_encoded(in, label, LTEEP_CBOR_BYTES, &encoded);
  if (status != LTEEP_OK || !encoded.at) return status;
  lteep_reader reader = lteep_reader_on(encoded);
  *content = lteep_reader_bytes(&reader);
  return LTEEP_OK;
}

static lteep_status read_kid(const buckets *in, lteep_cose_header *header) {
  header->has_kid = either(in, LTEEP_HEADER_KID) != NULL;
  return read_bytes(in, LTEEP_HEADER_KID, &header->kid);
}

/* One byte string or several: COSE_X509 (RFC 9360 section 2); looked into where it is used. */
static lteep_status read_signature_layer(const buckets *in, lteep_cose_header *header) {
  const lteep_bytes *chain = either(in, LTEEP_HEADER_X5CHAIN);
  if (chain) header->chain = *chain;
  return LTEEP_OK;
}

/* RFC 9052 section 3.1: IV and Partial IV are not both there. */
static lteep_status read_content_layer(const buckets *in, lteep_cose_header *header) {
  lteep_status status = read_bytes(in, LTEEP_HEADER_IV, &header->iv);
  if (status == LTEEP_OK) status = read_bytes(in, LTEEP_HEADER_PARTIAL_IV, &header->partial_iv);
  bool both = either(in, LTEEP_HEADER_IV) && either(in, LTEEP_HEADER_PARTIAL_IV);
  return status == LTEEP_OK && both ? LTEEP_ERR_BAD_HEADER : status;
}

/* Byte strings; a nonce may be a number as well. */
static lteep_status read_party(const buckets *in, int first, lteep_bytes party[3]) {
  for (int i = 0; i < 3; i++) {
    lteep_status status = read_encoded(in, first - i, LTEEP_CBOR_BYTES, &party[i]);
    if (status == LTEEP_ERR_BAD_HEADER && i == 1)
      status = read_encoded(in, first - i, LTEEP_CBOR_UINT, &party[i]);
    if (status != LTEEP_OK) return status;
  }
  return LTEEP_OK;
}

static lteep_status read_recipient_layer(const buckets *in, lteep_cose_header *header) {
  lteep_status status =
      read_encoded(in, LTEEP_HEADER_EPHEMERAL, LTEEP_CBOR_MAP, &header->ephemeral);
  if (status == LTEEP_OK) status = read_bytes(in, LTEEP_HEADER_SALT, &header->salt);
  if (status == LTEEP_OK) status = read_party(in, LTEEP_HEADER_PARTY_U, header->party_u);
  if (status == LTEEP_OK) status = read_party(in, LTEEP_HEADER_PARTY_V, header->party_v);
  return status;
}

static lteep_status read_protected_bucket(lteep_layer layer, lteep_bytes content, bucket *read,
                                          lteep_cose_header *header) {
  lteep_status status = read_protected(content, read);
  if (status == LTEEP_OK) status = check_critical(layer, read, header);
  if (status == LTEEP_OK) status = read_algorithm(read, &header->has_algorithm, &header->algorithm);
  return status;
}

static lteep_status read_unprotected_bucket(lteep_bytes map, buckets *in,
                                            lteep_cose_header *header) {
  lteep_status status = read_bucket(map, &in->unprotected_bucket);
  if (status != LTEEP_OK) return status;
  if (have_common_label(&in->protected_bucket, &in->unprotected_bucket))
    return LTEEP_ERR_BAD_HEADER;
  if (find_label(&in->unprotected_bucket, LTEEP_HEADER_CRIT)) return LTEEP_ERR_BAD_HEADER;
  return read_algorithm(&in->unprotected_bucket, &header->has_unprotected_algorithm,
                        &header->unprotected_algorithm);
}

lteep_status lteep_cose_header_read(lteep_layer layer, lteep_bytes protected_header,
                                    lteep_bytes unprotected_header, lteep_cose_header *header,
                                    const uint8_t **fault) {
  static lteep_status (*const read_layer[])(const buckets *, lteep_cose_header *) = {
      [LTEEP_LAYER_SIGNATURE] = read_signature_layer,
      [LTEEP_LAYER_CONTENT] = read_content_layer,
      [LTEEP_LAYER_RECIPIENT] = read_recipient_layer,
  };
  buckets in;
  memset(header, 0, sizeof *header);
  *fault = protected_header.at;
  lteep_status status =
      read_protected_bucket(layer, protected_header, &in.protected_bucket, header);
  if (status != LTEEP_OK) return status;
  *fault = unprotected_header.at;
  status = read_unprotected_bucket(unprotected_header, &in, header);
  if (status == LTEEP_OK) status = read_kid(&in, header);
  return status == LTEEP_OK ? read_layer[layer](&in, header) : status;
}
