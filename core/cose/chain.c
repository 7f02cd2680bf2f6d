/* x5chain (RFC 9360 section 2): the certificates that come with a signature. */
#include "internal.h"
#include "luateep/certificate.h"

lteep_status lteep_cose_chain_read(lteep_bytes chain,
                                   lteep_bytes certificates[LTEEP_COSE_CHAIN_MAX], size_t *count) {
  lteep_reader reader = lteep_reader_on(chain);
  uint64_t entries = 1;
  if (lteep_reader_peek(&reader) == LTEEP_CBOR_ARRAY) {
    entries = lteep_reader_array(&reader);
    if (entries < 2) return LTEEP_ERR_BAD_HEADER; /* one certificate stands alone */
  }
  if (entries > LTEEP_COSE_CHAIN_MAX) return LTEEP_ERR_LIMIT_REACHED;
  for (size_t i = 0; i < entries; i++) certificates[i] = lteep_reader_bytes(&reader);
  *count = (size_t)entries;
  return lteep_reader_end(&reader) == LTEEP_OK ? LTEEP_OK : LTEEP_ERR_BAD_HEADER;
}

lteep_status lteep_cose_chain_key(const lteep_cose_verify_options *options, lteep_bytes chain,
                                  int alg, lteep_key **leaf) {
  lteep_bytes certificates[LTEEP_COSE_CHAIN_MAX];
  lteep_certificate_path path = {
      .certificates = certificates,
      .anchors = options->anchors,
      .anchor_count = options->anchor_count,
      .time = options->time,
      .purposes = options->purposes,
      .purpose_count = options->purpose_count,
  };
  lteep_status status = lteep_cose_chain_read(chain, certificates, &path.count);
  return status == LTEEP_OK ? lteep_certificate_key(&path, alg, leaf) : status;
}
