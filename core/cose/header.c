/* Header parameters of COSE (RFC 9052 section 3). */
#include "internal.h"

#include <string.h>

/* Labels as they are encoded: the scanner let only shortest forms pass. */
enum { ALG = 0x01, CRIT = 0x02, KID = 0x04 };

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

static const lteep_bytes *find_label(const bucket *in, uint8_t label) {
  return find(in, (lteep_bytes){&label, 1});
}

static bool have_common_label(const bucket *a, const bucket *b) {
  for (size_t i = 0; i < a->count; i++)
    if (find(b, a->label[i])) return true;
  return false;
}

static bool is_understood(lteep_bytes label) {
  return label.size == 1 && (label.at[0] == ALG || label.at[0] == KID);
}

/* crit: labels that must be understood; each must be in the protected bucket. */
static lteep_status check_critical(const bucket *protected_bucket) {
  const lteep_bytes *crit = find_label(protected_bucket, CRIT);
  if (!crit) return LTEEP_OK;
  lteep_reader reader = lteep_reader_on(*crit);
  if (lteep_reader_peek(&reader) != LTEEP_CBOR_ARRAY) return LTEEP_ERR_BAD_HEADER;
  uint64_t count = lteep_reader_array(&reader);
  if (count == 0) return LTEEP_ERR_BAD_HEADER;
  for (uint64_t i = 0; i < count; i++) {
    if (!is_label(lteep_reader_peek(&reader))) return LTEEP_ERR_BAD_HEADER;
    lteep_bytes label = lteep_reader_skip(&reader);
    if (!is_understood(label)) return LTEEP_ERR_CRITICAL_HEADER;
    if (!find(protected_bucket, label)) return LTEEP_ERR_BAD_HEADER;
  }
  return LTEEP_OK;
}

/* An algorithm named by text is legal and never one of ours: the header then states none. */
static lteep_status read_algorithm(const lteep_bytes *value, lteep_cose_header *header) {
  if (!value) return LTEEP_OK;
  lteep_reader reader = lteep_reader_on(*value);
  int type = lteep_reader_peek(&reader);
  if (type == LTEEP_CBOR_TEXT) return LTEEP_OK;
  if (type != LTEEP_CBOR_UINT && type != LTEEP_CBOR_NINT) return LTEEP_ERR_BAD_HEADER;
  header->algorithm = lteep_reader_int(&reader);
  header->has_algorithm = reader.status == LTEEP_OK;
  return header->has_algorithm ? LTEEP_OK : LTEEP_ERR_BAD_HEADER;
}

static lteep_status read_kid(const lteep_bytes *value, lteep_cose_header *header) {
  if (!value) return LTEEP_OK;
  lteep_reader reader = lteep_reader_on(*value);
  if (lteep_reader_peek(&reader) != LTEEP_CBOR_BYTES) return LTEEP_ERR_BAD_HEADER;
  header->kid = lteep_reader_bytes(&reader);
  header->has_kid = true;
  return LTEEP_OK;
}

lteep_status lteep_cose_header_read(lteep_bytes protected_header, lteep_bytes unprotected_header,
                                    lteep_cose_header *header, const uint8_t **fault) {
  bucket protected_bucket, unprotected_bucket;
  memset(header, 0, sizeof *header);
  *fault = protected_header.at;
  lteep_status status = read_protected(protected_header, &protected_bucket);
  if (status == LTEEP_OK) status = check_critical(&protected_bucket);
  if (status == LTEEP_OK) status = read_algorithm(find_label(&protected_bucket, ALG), header);
  if (status != LTEEP_OK) return status;
  *fault = unprotected_header.at;
  status = read_bucket(unprotected_header, &unprotected_bucket);
  if (status != LTEEP_OK) return status;
  if (have_common_label(&protected_bucket, &unprotected_bucket)) return LTEEP_ERR_BAD_HEADER;
  if (find_label(&unprotected_bucket, CRIT)) return LTEEP_ERR_BAD_HEADER;
  const lteep_bytes *kid = find_label(&protected_bucket, KID);
  return read_kid(kid ? kid : find_label(&unprotected_bucket, KID), header);
}
