/* COSE (RFC 9052): Sign1, Sign, Mac0, Mac, Encrypt0, Encrypt, x5chain (RFC 9360), COSE_Key (RFC
 * 9053) and its thumbprint (RFC 9679).
 *
 * Signatures and tags are checked over the original bytes. The algorithm is read from the protected
 * header only and must be in the set the caller gives (AES-CTR, which protects no header, is the
 * exception RFC 9459 makes); kid selects among the keys the caller gives and is never a reason to
 * trust. Payload, plaintext and key are handed out only after success.
 */
#ifndef LTEEP_COSE_H
#define LTEEP_COSE_H

#include "luateep/bytes.h"
#include "luateep/crypto.h"
#include "luateep/status.h"

enum {
  LTEEP_TAG_ENCRYPT0 = 16,
  LTEEP_TAG_MAC0 = 17,
  LTEEP_TAG_SIGN1 = 18,
  LTEEP_TAG_ENCRYPT = 96,
  LTEEP_TAG_MAC = 97,
  LTEEP_TAG_SIGN = 98
};

#define LTEEP_COSE_SIGNERS_MAX 8
#define LTEEP_COSE_RECIPIENTS_MAX 8
#define LTEEP_COSE_HEADERS_MAX 32  /* parameters of one bucket */
#define LTEEP_COSE_ATTEMPTS_MAX 16 /* signatures checked, or keys tried, for one message */

/* Whether the tag of the structure has to be there. A message that does otherwise is NOT_COSE. */
typedef enum { LTEEP_TAG_OPTIONAL, LTEEP_TAG_REQUIRED, LTEEP_TAG_FORBIDDEN } lteep_cose_tagging;

/* --- Signatures: Sign1 and Sign --- */
#define LTEEP_THUMBPRINT_SIZE 32

typedef struct {
  bool has_algorithm;
  int64_t algorithm; /* from the protected bucket */
  bool has_kid;
  lteep_bytes kid;              /* from either bucket */
  lteep_bytes protected_header; /* content of the protected bstr */
  lteep_bytes chain;            /* x5chain as encoded, from either bucket; empty: none */
  bool chain_is_critical;       /* crit names x5chain */
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
  lteep_cose_tagging tagging;
  bool all_keys;              /* each of `keys` has to have signed, not just one */
  const lteep_bytes *anchors; /* trusted certificates, DER; none: x5chain is not looked at */
  size_t anchor_count;
  int64_t time;                /* at which certificates have to be valid: seconds since 1970 */
  const char *const *purposes; /* extended key usages asked for (certificate.h), at most 8 */
  size_t purpose_count;
} lteep_cose_verify_options;

/* Succeeds when at least one signer has an accepted algorithm and a matching signature by an
 * accepted key (the one its kid names, or any of that algorithm when it names none). `*signer` is
 * that signer's index, `*key` the index of the key. On failure the most telling status of all
 * signers: BAD_SIGNATURE, then a status of x5chain or WRONG_KEY (key_ops of the keys that are meant
 * leave verification out), UNKNOWN_KEY, ALGORITHM_NOT_ALLOWED. CRYPTO_FAILED, NO_MEMORY.
 * LIMIT_REACHED after LTEEP_COSE_ATTEMPTS_MAX signatures that do not match. NOT_COSE when there is
 * no payload, in the message or detached, or both, and for a tag against `tagging`.
 *
 * `all_keys`: every key has to have made one of the signatures; `*signer` and `*key` are those of
 * the last. UNKNOWN_KEY when there are no keys; REPEATED_KEY when two are the same, whatever their
 * algorithms and kids: one signature is not two.
 *
 * x5chain (RFC 9360) counts where no key of `keys` is meant, or where crit names it: when its path
 * ends in one of `anchors` at `time`, the key of its first certificate, if that is for digital
 * signatures and `purposes` (lteep_certificate_key), is tried as an accepted key: `*key` is then
 * `key_count`, `*leaf` that key, which the caller frees; without anchors `leaf` may be NULL, and a
 * critical x5chain is CRITICAL_HEADER. At most LTEEP_COSE_CHAIN_MAX certificates. BAD_HEADER: not
 * of the shape RFC 9360 gives; else what lteep_certificate_key returns. */
LTEEP_CHECKED lteep_status lteep_cose_verify(const lteep_cose_message *message,
                                             const lteep_cose_verify_options *options,
                                             size_t *signer, size_t *key, lteep_key **leaf);

/* The certificates of an x5chain, leaf first. BAD_HEADER, LIMIT_REACHED. */
#define LTEEP_COSE_CHAIN_MAX 8
LTEEP_CHECKED lteep_status lteep_cose_chain_read(lteep_bytes chain,
                                                 lteep_bytes certificates[LTEEP_COSE_CHAIN_MAX],
                                                 size_t *count);

typedef struct {
  const lteep_key *const *keys; /* Sign1: one; Sign: one per signer */
  size_t key_count;
  lteep_bytes payload;
  lteep_bytes external_aad;
  bool detached; /* write nil in place of the payload */
  bool untagged;
  bool no_kid;              /* leave the kid (lteep_cose_kid, unprotected) out */
  const lteep_bytes *chain; /* Sign1: certificates for x5chain, leaf first; at most 8 */
  size_t chain_count;
} lteep_cose_sign_options;

/* Each signer's protected header holds the algorithm of its key, x5chain if given, and nothing
 * else. SIZE_OUT_OF_RANGE for a wrong number of keys or certificates, NO_ROOM, and what
 * lteep_key_sign returns. */
LTEEP_CHECKED lteep_status lteep_cose_sign1(const lteep_cose_sign_options *options,
                                            lteep_buffer *out);
LTEEP_CHECKED lteep_status lteep_cose_sign(const lteep_cose_sign_options *options,
                                           lteep_buffer *out);

/* Upper bound of what sign1 and sign write for these options. */
size_t lteep_cose_sign_room(const lteep_cose_sign_options *options);

/* --- Under a symmetric key: Encrypt0, Encrypt, Mac0, Mac --- */

/* Key management without algorithm of its own: the recipient's key is the content key. */
enum { LTEEP_ALG_DIRECT = -6 };

typedef struct {
  bool has_algorithm;
  int64_t algorithm; /* of key agreement from the protected bucket, else from the unprotected one */
  bool has_kid;
  lteep_bytes kid;
  lteep_bytes protected_header;
  lteep_bytes ephemeral;  /* COSE_Key; empty: none */
  lteep_bytes salt;       /* of HKDF; empty: none */
  lteep_bytes party_u[3]; /* identity, nonce, other: as encoded; empty: absent */
  lteep_bytes party_v[3];
  lteep_bytes encrypted_key;
} lteep_cose_recipient;

/* Shape of such a message, not yet trusted. Spans borrow from the input. */
typedef struct {
  int tag; /* which structure it is */
  bool tagged;
  bool has_content;    /* false: detached (nil) */
  lteep_bytes content; /* ciphertext; of a MAC: payload */
  lteep_bytes mac;     /* Mac0 and Mac */
  lteep_bytes protected_header;
  bool has_algorithm;
  int64_t algorithm; /* of the content: protected, or AES-CTR with an empty protected header */
  lteep_bytes iv, partial_iv; /* empty: absent */
  size_t recipients; /* Encrypt0 and Mac0: 1, that of the message itself, LTEEP_ALG_DIRECT */
  lteep_cose_recipient recipient[LTEEP_COSE_RECIPIENTS_MAX];
} lteep_cose_sealed;

/* As lteep_cose_parse, for Encrypt0 and Encrypt (told apart by their size), and for Mac0 and Mac.
 * NOT_COSE also for no recipients, for a recipient beside one of direct encryption or direct key
 * agreement (RFC 9053 sections 6.1 and 6.3), and where these carry a key; BAD_HEADER also for IV
 * beside Partial IV and for protected headers where none may be. A recipient with recipients of its
 * own, or whose algorithm is none of ours, is one that no key fits. */
LTEEP_CHECKED lteep_status lteep_cose_parse_encrypted(lteep_bytes input, lteep_cose_sealed *message,
                                                      size_t *offset);
LTEEP_CHECKED lteep_status lteep_cose_parse_mac(lteep_bytes input, lteep_cose_sealed *message,
                                                size_t *offset);

/* What both sides put into COSE_KDF_Context (RFC 9053 section 5.2) without sending it. `at` NULL
 * means absent. What is given here counts, whatever the recipient's header says. */
typedef struct {
  lteep_bytes other;      /* SuppPubInfo.other: "SUIT Payload Encryption" and its like */
  lteep_bytes party_u[3]; /* identity, nonce, other */
  lteep_bytes party_v[3];
} lteep_cose_kdf;

typedef struct {
  const lteep_key *const *keys; /* acceptable keys: of recipients, or of the content itself */
  size_t key_count;
  const int *algorithms; /* acceptable content algorithms; that of a recipient is its key's */
  size_t algorithm_count;
  lteep_bytes external_aad;
  lteep_bytes detached; /* ciphertext or payload, used when the message has none */
  lteep_bytes iv;       /* agreed on: for a message without IV, or the base of its Partial IV */
  lteep_cose_kdf kdf;
  lteep_cose_tagging tagging;
} lteep_cose_open_options;

/* Decrypt into `plaintext` (room for the ciphertext suffices), or check a MAC. Tries the recipients
 * that an accepted key fits: by algorithm, and by kid where both have one; `*key` is the index of
 * that key. ALGORITHM_NOT_ALLOWED (also AES-CTR with external_aad, which it cannot protect),
 * UNKNOWN_KEY, BAD_SIGNATURE (no unwrapped key or no tag matches), BAD_KEY (also no ephemeral key,
 * or one with its private part), WRONG_KEY (an ephemeral key for another algorithm; key_ops that
 * leave this out), UNSUPPORTED_ALGORITHM, NO_PRIVATE_KEY, CRYPTO_FAILED, NO_MEMORY,
 * SIZE_OUT_OF_RANGE (an IV, a wrapped key), BAD_HEADER (no IV; Partial IV longer than the IV),
 * NOT_COSE (no content, or two; a tag against `tagging`), LIMIT_REACHED after
 * LTEEP_COSE_ATTEMPTS_MAX keys, TOO_LARGE, NO_ROOM, and what an external key returns.
 *
 * AES-CTR has no integrity: allow it only where something else protects the plaintext. */
LTEEP_CHECKED lteep_status lteep_cose_decrypt(const lteep_cose_sealed *message,
                                              const lteep_cose_open_options *options,
                                              lteep_buffer *plaintext, size_t *key);
LTEEP_CHECKED lteep_status lteep_cose_verify_mac(const lteep_cose_sealed *message,
                                                 const lteep_cose_open_options *options,
                                                 size_t *key);

/* Decrypts a detached ciphertext that arrives in pieces. AES-CTR gives plaintext at once; AEAD
 * keeps the ciphertext, at most `most` bytes (TOO_LARGE), and gives plaintext at the end, once its
 * tag matched. Of several keys that fit, the first that unwraps counts. `options->detached` is not
 * used, and neither the message nor the options are needed afterwards. */
typedef struct lteep_decryptor lteep_decryptor;
LTEEP_CHECKED lteep_status lteep_decryptor_open(const lteep_cose_sealed *message,
                                                const lteep_cose_open_options *options, size_t most,
                                                lteep_decryptor **decryptor, size_t *key);

/* Room that the next update (`finish`: false) or finish needs in `out`. */
size_t lteep_decryptor_room(const lteep_decryptor *decryptor, size_t size, bool finish);
LTEEP_CHECKED lteep_status lteep_decryptor_update(lteep_decryptor *decryptor,
                                                  lteep_bytes ciphertext, lteep_buffer *out);
LTEEP_CHECKED lteep_status lteep_decryptor_finish(lteep_decryptor *decryptor, lteep_buffer *out);
void lteep_decryptor_close(lteep_decryptor *decryptor); /* NULL is fine */

typedef struct {
  const lteep_key *const *keys; /* Encrypt0, Mac0: the content key; else one per recipient */
  size_t key_count;
  int algorithm;       /* Encrypt, Mac: of the content */
  lteep_bytes content; /* plaintext; of a MAC: payload */
  lteep_bytes external_aad;
  lteep_cose_kdf kdf;
  bool detached; /* write nil in place of the content */
  bool untagged;
  bool no_kid;
} lteep_cose_seal_options;

/* A fresh content key and IV for each message and a fresh ephemeral key for each recipient. The
 * algorithm of its key says how a recipient gets the content key: A128KW and its like,
 * ECDH-ES+A128KW and its like, ECDH-ES+HKDF-256 (one recipient alone), or the content algorithm
 * itself: direct (one alone). `ciphertext` (NULL unless detached) takes a detached ciphertext.
 * WRONG_KEY (the algorithm of a key is none of these, its key_ops leave this out, or an AES-CTR
 * message with external_aad),
 * SIZE_OUT_OF_RANGE (number of keys), UNSUPPORTED_ALGORITHM, TOO_LARGE, NO_ROOM, CRYPTO_FAILED,
 * NO_MEMORY. */
LTEEP_CHECKED lteep_status lteep_cose_encrypt0(const lteep_cose_seal_options *options,
                                               lteep_buffer *out, lteep_buffer *ciphertext);
LTEEP_CHECKED lteep_status lteep_cose_encrypt(const lteep_cose_seal_options *options,
                                              lteep_buffer *out, lteep_buffer *ciphertext);
LTEEP_CHECKED lteep_status lteep_cose_mac0(const lteep_cose_seal_options *options,
                                           lteep_buffer *out);
LTEEP_CHECKED lteep_status lteep_cose_mac(const lteep_cose_seal_options *options,
                                          lteep_buffer *out);

/* Upper bound of what these write to `out` for these options. */
size_t lteep_cose_seal_room(const lteep_cose_seal_options *options);

/* --- Keys --- */

/* COSE_Key (RFC 9052 section 7): EC2, OKP and Symmetric. Written deterministically, with alg, and
 * with kid where it is not the thumbprint; read in any order. Base IV and unknown members are
 * skipped. Without alg the key serves `alg` (0: the algorithm of its curve, ESP256, ESP384, ESP512
 * or Ed25519 (RFC 9864); ECDH-ES+A128KW on X25519, or where key_ops ask for derivation alone; a
 * Symmetric key has to name its own). Compressed points are not read. `parts->kid` is filled in:
 * the kid of the key; the thumbprint where it has none, but nothing for a Symmetric key;
 * `parts->operations` those of key_ops that the algorithm has, which are written with the private
 * part. BAD_KEY, WRONG_KEY (alg is another than asked for; key_ops without sign of a private key,
 * verify of a public one, or any operation of another algorithm), UNSUPPORTED_ALGORITHM,
 * CRYPTO_FAILED, NO_MEMORY, and the scanner's statuses. The numbers are checked by
 * lteep_key_import. Writing: NO_PRIVATE_KEY; WRONG_KEY for the public part of a Symmetric key. */
LTEEP_CHECKED lteep_status lteep_cose_key_read(lteep_bytes input, lteep_key_parts *parts);
LTEEP_CHECKED lteep_status lteep_cose_key_read_for(lteep_bytes input, int alg,
                                                   lteep_key_parts *parts);
LTEEP_CHECKED lteep_status lteep_cose_key_write(const lteep_key_parts *parts, bool with_private,
                                                lteep_buffer *out);
#define LTEEP_COSE_KEY_MAX 320

/* RFC 9679: SHA-256 over the minimal deterministic public COSE_Key. That of a Symmetric key is not
 * to be published (section 5.3): it takes all of `parts`, not the public ones. CRYPTO_FAILED,
 * NO_MEMORY. */
LTEEP_CHECKED lteep_status lteep_cose_thumbprint(const lteep_key_parts *parts,
                                                 uint8_t thumbprint[LTEEP_THUMBPRINT_SIZE]);

/* The kid that messages name this key by: its own (RFC 9052 section 7.1) or its thumbprint. A
 * Symmetric key without one of its own has none: `*size` is 0. CRYPTO_FAILED, NO_MEMORY. */
LTEEP_CHECKED lteep_status lteep_cose_kid(const lteep_key *key, uint8_t kid[LTEEP_KID_MAX],
                                          size_t *size);

#endif
