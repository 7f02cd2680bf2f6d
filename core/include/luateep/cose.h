/* COSE (RFC 9052): Sign1, Sign, COSE_Key (RFC 9053) and its thumbprint (RFC 9679).
 *
 * Signatures are checked over the original bytes. The algorithm is read from the protected header
 * only and must be in the set the caller gives; kid selects among the keys the caller gives and is
 * never a reason to trust. Payload and key are handed out only after success.
 */
#ifndef LTEEP_COSE_H
#define LTEEP_COSE_H

#include "luateep/bytes.h"
#include "luateep/crypto.h"
#include "luateep/status.h"

enum { LTEEP_TAG_SIGN1 = 18, LTEEP_TAG_SIGN = 98 };

#define LTEEP_COSE_SIGNERS_MAX 8
#define LTEEP_COSE_HEADERS_MAX 32  /* parameters of one bucket */
#define LTEEP_COSE_ATTEMPTS_MAX 16 /* signatures checked for one message */
#define LTEEP_THUMBPRINT_SIZE 32

typedef struct {
  bool has_algorithm;
  int64_t algorithm; /* from the protected bucket */
  bool has_kid;
  lteep_bytes kid;              /* from either bucket */
  lteep_bytes protected_header; /* content of the protected bstr */
  lteep_bytes signature;
} lteep_cose_signer;

/* Shape of a Sign1 or Sign message, not yet trusted. Spans borrow from the input. */
typedef struct {
  int tag; /* LTEEP_TAG_SIGN1 or LTEEP_TAG_SIGN: which structure it is */
  bool tagged;
  bool has_payload; /* false: detached (nil) */
  lteep_bytes payload;
  lteep_bytes protected_header; /* of the body */
  size_t signers;               /* 1 for Sign1 */
  lteep_cose_signer signer[LTEEP_COSE_SIGNERS_MAX];
} lteep_cose_message;

/* Scan (default limits) and take apart; tagged or untagged (told apart by element 3). NOT_COSE,
 * BAD_HEADER (same label in both buckets, wrong type), CRITICAL_HEADER (crit names something not
 * understood), LIMIT_REACHED (more signers than LTEEP_COSE_SIGNERS_MAX or more parameters than
 * LTEEP_COSE_HEADERS_MAX), and the scanner's statuses. Parameters not understood and not critical
 * are skipped. On failure `*offset` (may be NULL) is the position of the fault. */
LTEEP_CHECKED lteep_status lteep_cose_parse(lteep_bytes input, lteep_cose_message *message,
                                            size_t *offset);

typedef struct {
  const lteep_key *const *keys; /* acceptable keys */
  size_t key_count;
  const int *algorithms; /* acceptable algorithms */
  size_t algorithm_count;
  lteep_bytes external_aad;
  lteep_bytes detached_payload; /* used when the message has none */
} lteep_cose_verify_options;

/* Succeeds when at least one signer has an accepted algorithm and a matching signature by an
 * accepted key (the one its kid names, or any of that algorithm when it names none). `*signer` is
 * that signer's index, `*key` the index of the key. On failure the most telling status of all
 * signers: BAD_SIGNATURE before UNKNOWN_KEY before ALGORITHM_NOT_ALLOWED. LIMIT_REACHED after
 * LTEEP_COSE_ATTEMPTS_MAX signatures that do not match. NOT_COSE when there is no payload, in the
 * message or detached, or both. */
LTEEP_CHECKED lteep_status lteep_cose_verify(const lteep_cose_message *message,
                                             const lteep_cose_verify_options *options,
                                             size_t *signer, size_t *key);

typedef struct {
  const lteep_key *const *keys; /* Sign1: one; Sign: one per signer */
  size_t key_count;
  lteep_bytes payload;
  lteep_bytes external_aad;
  bool detached; /* write nil in place of the payload */
  bool untagged;
  bool no_kid; /* leave the kid (lteep_cose_kid, unprotected) out */
} lteep_cose_sign_options;

/* Each signer's protected header holds the algorithm of its key and nothing else. SIZE_OUT_OF_RANGE
 * for a wrong number of keys, NO_ROOM, and what lteep_key_sign returns. */
LTEEP_CHECKED lteep_status lteep_cose_sign1(const lteep_cose_sign_options *options,
                                            lteep_buffer *out);
LTEEP_CHECKED lteep_status lteep_cose_sign(const lteep_cose_sign_options *options,
                                           lteep_buffer *out);

/* Upper bound of what sign1 and sign write for these options. */
size_t lteep_cose_sign_room(const lteep_cose_sign_options *options);

/* COSE_Key (RFC 9052 section 7): EC2, OKP and Symmetric. Written deterministically, with alg, and
 * with kid where it is not the thumbprint; read in any order. Base IV and unknown members are
 * skipped. Without alg the key serves `alg` (0: the algorithm of its curve, ESP256, ESP384, ESP512
 * or Ed25519 (RFC 9864); ECDH-ES+A128KW on X25519, or where key_ops ask for derivation alone; a
 * Symmetric key has to name its own). Compressed points are not read. `parts->kid` is filled in:
 * the kid of the key; the thumbprint where it has none, but nothing for a Symmetric key. BAD_KEY,
 * WRONG_KEY (alg is another than asked for, key_ops allow nothing that it serves),
 * UNSUPPORTED_ALGORITHM, and the scanner's statuses. The numbers are checked by lteep_key_import.
 * Writing: NO_PRIVATE_KEY; WRONG_KEY for the public part of a Symmetric key. */
LTEEP_CHECKED lteep_status lteep_cose_key_read(lteep_bytes input, lteep_key_parts *parts);
LTEEP_CHECKED lteep_status lteep_cose_key_read_for(lteep_bytes input, int alg,
                                                   lteep_key_parts *parts);
LTEEP_CHECKED lteep_status lteep_cose_key_write(const lteep_key_parts *parts, bool with_private,
                                                lteep_buffer *out);
#define LTEEP_COSE_KEY_MAX 320

/* RFC 9679: SHA-256 over the minimal deterministic public COSE_Key. That of a Symmetric key is not
 * to be published (section 5.3): it takes all of `parts`, not the public ones. */
LTEEP_CHECKED lteep_status lteep_cose_thumbprint(const lteep_key_parts *parts,
                                                 uint8_t thumbprint[LTEEP_THUMBPRINT_SIZE]);

/* The kid that messages name this key by: its own (RFC 9052 section 7.1) or its thumbprint. A
 * Symmetric key without one of its own has none: `*size` is 0. */
LTEEP_CHECKED lteep_status lteep_cose_kid(const lteep_key *key, uint8_t kid[LTEEP_KID_MAX],
                                          size_t *size);

#endif
