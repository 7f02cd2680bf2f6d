/* Shared by the files of core/cose. */
#ifndef LTEEP_COSE_INTERNAL_H
#define LTEEP_COSE_INTERNAL_H

#include "luateep/cbor.h"
#include "luateep/cose.h"

/* What the two buckets of one header say. */
typedef struct {
  bool has_algorithm;
  int64_t algorithm;
  bool has_kid;
  lteep_bytes kid;
} lteep_cose_header;

/* Read a protected bucket (content of its byte string) and an unprotected one (a map). On failure
 * `*fault` points at the bucket at fault. BAD_HEADER, CRITICAL_HEADER, LIMIT_REACHED, and the
 * scanner's statuses for the content of the protected bucket. */
LTEEP_CHECKED lteep_status lteep_cose_header_read(lteep_bytes protected_header,
                                                  lteep_bytes unprotected_header,
                                                  lteep_cose_header *header, const uint8_t **fault);

/* What Sig_structure (RFC 9052 section 4.4) is made of. */
typedef struct {
  int tag;                    /* LTEEP_TAG_SIGN1 or LTEEP_TAG_SIGN */
  lteep_bytes body_protected; /* content of the protected byte string */
  lteep_bytes sign_protected; /* Sign only */
  lteep_bytes external_aad;
  lteep_bytes payload;
} lteep_sig_structure;

/* Bytes that suffice for the encoding of `parts`. */
size_t lteep_sig_structure_room(const lteep_sig_structure *parts);

/* Encode `parts` to `out`. NO_ROOM. */
LTEEP_CHECKED lteep_status lteep_sig_structure_write(const lteep_sig_structure *parts,
                                                     lteep_buffer *out);

#endif
