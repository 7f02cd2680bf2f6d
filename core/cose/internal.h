/* Shared by the files of core/cose. */
#ifndef LTEEP_COSE_INTERNAL_H
#define LTEEP_COSE_INTERNAL_H

#include "luateep/cbor.h"
#include "luateep/cose.h"

/* Labels of header parameters (RFC 9052 section 3.1, RFC 9053 sections 5.1, 5.2 and 6.3.1). */
enum {
  LTEEP_HEADER_ALG = 1,
  LTEEP_HEADER_CRIT = 2,
  LTEEP_HEADER_KID = 4,
  LTEEP_HEADER_IV = 5,
  LTEEP_HEADER_PARTIAL_IV = 6,
  LTEEP_HEADER_X5CHAIN = 33,
  LTEEP_HEADER_EPHEMERAL = -1,
  LTEEP_HEADER_SALT = -20,
  LTEEP_HEADER_PARTY_U = -21, /* identity; nonce and other follow at -22 and -23 */
  LTEEP_HEADER_PARTY_V = -24
};

/* What a header belongs to: decides which parameters are understood. */
typedef enum { LTEEP_LAYER_SIGNATURE, LTEEP_LAYER_CONTENT, LTEEP_LAYER_RECIPIENT } lteep_layer;

/* What the two buckets of one header say. Empty spans: absent. */
typedef struct {
  bool has_algorithm, has_unprotected_algorithm;
  int64_t algorithm, unprotected_algorithm;
  bool has_kid;
  lteep_bytes kid;
  lteep_bytes chain; /* encoded */
  bool chain_is_critical;
  lteep_bytes iv, partial_iv, salt;
  lteep_bytes ephemeral, party_u[3], party_v[3]; /* encoded */
} lteep_cose_header;

/* Read a protected bucket (content of its byte string) and an unprotected one (a map). On failure
 * `*fault` points at the bucket at fault. BAD_HEADER, CRITICAL_HEADER, LIMIT_REACHED, and the
 * scanner's statuses for the content of the protected bucket. */
LTEEP_CHECKED lteep_status lteep_cose_header_read(lteep_layer layer, lteep_bytes protected_header,
                                                  lteep_bytes unprotected_header,
                                                  lteep_cose_header *header, const uint8_t **fault);

/* A message, or a part of one, on its way through a reader. */
typedef struct {
  lteep_reader *reader;
  const uint8_t *fault;
} lteep_cose_parser;

/* Remember the position for a failure; returns `status`. */
lteep_status lteep_cose_fail(lteep_cose_parser *parser, lteep_status status);

bool lteep_cose_next_is(const lteep_cose_parser *parser, lteep_cbor_type type);

/* protected bstr, unprotected map */
LTEEP_CHECKED lteep_status lteep_cose_read_headers(lteep_cose_parser *parser, lteep_layer layer,
                                                   lteep_bytes *protected_header,
                                                   lteep_cose_header *header);

/* A byte string, or nil: `*present` is false. */
LTEEP_CHECKED lteep_status lteep_cose_read_content(lteep_cose_parser *parser, bool *present,
                                                   lteep_bytes *content);

/* Scan `input` and hand it to `read`; `*offset` (may be NULL) is the position of a fault. */
LTEEP_CHECKED lteep_status lteep_cose_take_apart(lteep_bytes input,
                                                 lteep_status (*read)(lteep_cose_parser *, void *),
                                                 void *message, size_t *offset);

/* NOT_COSE where a message has or lacks its tag against the rule. */
LTEEP_CHECKED lteep_status lteep_cose_check_tag(lteep_cose_tagging tagging, bool tagged);

/* RFC 9052 section 3: a zero-length map is protected as a zero-length string, however it was sent.
 */
lteep_bytes lteep_cose_canonical(lteep_bytes protected_header);

/* Whether a message that names algorithm and kid may mean this key. One without a kid of its own,
 * as a Symmetric key may be, is named by any. */
LTEEP_CHECKED lteep_status lteep_cose_is_meant(const lteep_key *key, int64_t algorithm,
                                               const lteep_bytes *kid, bool *meant);

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

/* Enc_structure (RFC 9052 section 5.3) or, with a payload, MAC_structure (section 6.3) of a message
 * with this tag, into memory that the caller frees. NO_MEMORY. */
LTEEP_CHECKED lteep_status lteep_cose_associated(int tag, lteep_bytes protected_header,
                                                 lteep_bytes external_aad, lteep_bytes payload,
                                                 lteep_buffer *made);

/* The key that a shared secret gives (RFC 9053 section 5): HKDF-SHA-256 over COSE_KDF_Context. */
typedef struct {
  int algorithm; /* AlgorithmID: what the key is for */
  size_t size;   /* of the key */
  lteep_bytes protected_header;
  lteep_bytes salt;
  const lteep_bytes *sent_u, *sent_v; /* of the recipient's header, encoded; NULL: none */
  const lteep_cose_kdf *known;
} lteep_cose_derivation;
LTEEP_CHECKED lteep_status lteep_cose_derive(const lteep_cose_derivation *derivation,
                                             lteep_bytes secret, uint8_t key[LTEEP_SYMMETRIC_MAX]);

/* What the shared secret of this key agreement is for: key wrap, or the content itself. Both are
 * algorithms of ours. */
void lteep_cose_derivation_for(int agreement, int content, lteep_cose_derivation *derivation);

/* The content keys that the accepted keys open, one after the other. Start from zeroed memory with
 * message and options set. */
typedef struct {
  const lteep_cose_sealed *message;
  const lteep_cose_open_options *options;
  size_t recipient, next; /* what is tried next */
  unsigned attempts;
  size_t key;      /* index of the key that opened the last one */
  lteep_key *made; /* content key that was unwrapped */
  lteep_status failure;
} lteep_content_keys;

/* The next one in `*content`, borrowed until the next call. At the end the most telling status. */
LTEEP_CHECKED lteep_status lteep_content_key_next(lteep_content_keys *keys,
                                                  const lteep_key **content);

/* The content key was not the right one: note why. */
void lteep_content_key_reject(lteep_content_keys *keys, lteep_status why);
void lteep_content_keys_end(lteep_content_keys *keys);

/* ALGORITHM_NOT_ALLOWED unless the content algorithm is in the set of the caller, and of this kind
 * or, for AEAD, AES-CTR. */
LTEEP_CHECKED lteep_status lteep_cose_check_content(const lteep_cose_sealed *message,
                                                    const lteep_cose_open_options *options,
                                                    lteep_algorithm_kind kind);

/* The IV of a message (RFC 9052 section 3.1) in `iv`. BAD_HEADER, SIZE_OUT_OF_RANGE. */
LTEEP_CHECKED lteep_status lteep_cose_find_iv(const lteep_cose_sealed *message, lteep_bytes agreed,
                                              uint8_t iv[LTEEP_NONCE_MAX], size_t *size);

/* The content key while a message is made. */
typedef struct {
  uint8_t bytes[LTEEP_SYMMETRIC_MAX];
  size_t size;
} lteep_content_secret;

#define LTEEP_COSE_RECIPIENT_MAX 448 /* bytes of one COSE_recipient that is written */

/* One COSE_recipient (RFC 9052 section 5.1), by the algorithm of `key`. Key agreement without key
 * wrap makes the content key, all others carry the one given. */
LTEEP_CHECKED lteep_status lteep_cose_write_recipient(lteep_writer *writer,
                                                      const lteep_cose_seal_options *options,
                                                      const lteep_key *key,
                                                      lteep_content_secret *secret);

/* The minimal COSE_Key: required members alone, deterministic (RFC 9679 section 3). */
void lteep_cose_write_minimal(lteep_writer *writer, const lteep_key_parts *parts);

/* x5chain validated at a time; the key of the leaf for this algorithm. */
LTEEP_CHECKED lteep_status lteep_cose_chain_key(const lteep_cose_verify_options *options,
                                                lteep_bytes chain, int alg, lteep_key **leaf);

#endif
