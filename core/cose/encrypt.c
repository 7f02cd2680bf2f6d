/* COSE_Encrypt0, COSE_Encrypt, COSE_Mac0 and COSE_Mac written (RFC 9052 sections 5 and 6). */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum {
  BODY = 64, /* tag, heads, headers of the body */
  PROTECTED_MAX = 16
};

/* A message on its way out. */
typedef struct {
  int tag;
  const lteep_cose_seal_options *options;
  const lteep_algorithm *algorithm; /* of the content */
  const lteep_key *key;             /* of the content */
  lteep_key *made;                  /* the same where it was made here */
  uint8_t protected_bytes[PROTECTED_MAX];
  lteep_buffer protected_header;
  uint8_t iv[LTEEP_NONCE_MAX];
  uint8_t recipient_bytes[LTEEP_COSE_RECIPIENTS_MAX * LTEEP_COSE_RECIPIENT_MAX];
  lteep_buffer recipients;
  lteep_buffer result; /* ciphertext, or tag of a MAC */
} sealing;

size_t lteep_cose_seal_room(const lteep_cose_seal_options *options) {
  size_t content = options->detached ? 0 : options->content.size + LTEEP_AEAD_TAG;
  return BODY + content + LTEEP_KID_MAX + LTEEP_DIGEST_MAX +
         options->key_count * LTEEP_COSE_RECIPIENT_MAX;
}

static bool is_mac(const sealing *run) {
  return run->tag == LTEEP_TAG_MAC0 || run->tag == LTEEP_TAG_MAC;
}

static bool has_recipients(const sealing *run) {
  return run->tag == LTEEP_TAG_ENCRYPT || run->tag == LTEEP_TAG_MAC;
}

/* RFC 9459 section 4: AES-CTR protects no header. */
static bool is_stream(const sealing *run) {
  return run->algorithm->kind == LTEEP_KIND_CIPHER;
}

static lteep_status choose_algorithm(sealing *run) {
  const lteep_cose_seal_options *options = run->options;
  size_t most = has_recipients(run) ? LTEEP_COSE_RECIPIENTS_MAX : 1;
  if (options->key_count == 0 || options->key_count > most) return LTEEP_ERR_SIZE_OUT_OF_RANGE;
  run->algorithm = lteep_algorithm_find(
      has_recipients(run) ? options->algorithm : lteep_key_algorithm(options->keys[0]));
  if (!run->algorithm) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  lteep_algorithm_kind kind = run->algorithm->kind;
  if (is_mac(run)) return kind == LTEEP_KIND_MAC ? LTEEP_OK : LTEEP_ERR_WRONG_KEY;
  if (kind == LTEEP_KIND_AEAD) return LTEEP_OK;
  return is_stream(run) && options->external_aad.size == 0 ? LTEEP_OK : LTEEP_ERR_WRONG_KEY;
}

/* Whether a recipient's key can bring the content key: alone, or beside others. */
static lteep_status check_recipient(const sealing *run, const lteep_key *key) {
  const lteep_algorithm *algorithm = lteep_algorithm_find(lteep_key_algorithm(key));
  bool alone = algorithm == run->algorithm || algorithm->alg == LTEEP_ALG_ECDH_ES_HKDF256;
  if (alone) return run->options->key_count == 1 ? LTEEP_OK : LTEEP_ERR_SIZE_OUT_OF_RANGE;
  bool carries = algorithm->kind == LTEEP_KIND_WRAP || algorithm->kind == LTEEP_KIND_AGREEMENT;
  return carries ? LTEEP_OK : LTEEP_ERR_WRONG_KEY;
}

static lteep_status import_content_key(sealing *run, const lteep_content_secret *secret) {
  lteep_key_parts parts = {.kty = LTEEP_KTY_SYMMETRIC, .has_private = true};
  parts.alg = run->algorithm->alg;
  parts.k_size = secret->size;
  memcpy(parts.k, secret->bytes, secret->size);
  lteep_status status = lteep_key_import(&parts, &run->made);
  lteep_wipe(&parts, sizeof parts);
  run->key = run->made;
  return status;
}

/* A fresh content key, and what brings it to each recipient. */
static lteep_status make_recipients(sealing *run) {
  const lteep_cose_seal_options *options = run->options;
  lteep_content_secret secret = {.size = run->algorithm->key_size};
  lteep_writer writer = lteep_writer_on(&run->recipients);
  lteep_status status = lteep_random(secret.bytes, secret.size);
  lteep_write_array(&writer, options->key_count);
  for (size_t i = 0; i < options->key_count && status == LTEEP_OK; i++) {
    status = check_recipient(run, options->keys[i]);
    if (status == LTEEP_OK)
      status = lteep_cose_write_recipient(&writer, options, options->keys[i], &secret);
  }
  if (status == LTEEP_OK) status = writer.status;
  bool direct = lteep_key_algorithm(options->keys[0]) == run->algorithm->alg;
  if (status == LTEEP_OK && !direct) status = import_content_key(run, &secret);
  if (direct) run->key = options->keys[0];
  lteep_wipe(&secret, sizeof secret);
  return status;
}

static lteep_status make_protected(sealing *run) {
  if (is_stream(run)) return LTEEP_OK;
  lteep_writer writer = lteep_writer_on(&run->protected_header);
  lteep_write_map(&writer, 1);
  lteep_write_int(&writer, LTEEP_HEADER_ALG);
  lteep_write_int(&writer, run->algorithm->alg);
  return writer.status;
}

static lteep_bytes iv_of(const sealing *run) {
  return (lteep_bytes){run->iv, run->algorithm->nonce_size};
}

static lteep_status run_stream(sealing *run) {
  lteep_cipher cipher;
  lteep_status status = lteep_key_cipher(run->key, true, iv_of(run), &cipher);
  if (status == LTEEP_OK)
    status = lteep_cipher_update(&cipher, run->options->content, run->result.at);
  lteep_cipher_end(&cipher);
  if (status == LTEEP_OK) run->result.size = run->options->content.size;
  return status;
}

static lteep_status protect(sealing *run, lteep_bytes associated) {
  const lteep_cose_seal_options *options = run->options;
  if (is_mac(run)) return lteep_key_mac(run->key, associated, run->result.at, &run->result.size);
  if (is_stream(run)) return run_stream(run);
  return lteep_key_seal(run->key, iv_of(run), associated, options->content, &run->result);
}

static lteep_status make_result(sealing *run) {
  const lteep_cose_seal_options *options = run->options;
  lteep_buffer associated;
  size_t room = is_mac(run) ? LTEEP_DIGEST_MAX : options->content.size + LTEEP_AEAD_TAG;
  run->result = (lteep_buffer){malloc(room), 0, room};
  if (!run->result.at) return LTEEP_ERR_NO_MEMORY;
  lteep_status status = lteep_random(run->iv, run->algorithm->nonce_size);
  if (status == LTEEP_OK)
    status = lteep_cose_associated(run->tag, lteep_buffer_view(&run->protected_header),
                                   options->external_aad, options->content, &associated);
  if (status != LTEEP_OK) return status;
  status = protect(run, lteep_buffer_view(&associated));
  free(associated.at);
  return status;
}

/* {?1: alg, ?4: kid, ?5: IV} */
static lteep_status write_unprotected(const sealing *run, lteep_writer *writer) {
  uint8_t kid[LTEEP_KID_MAX];
  size_t kid_size = 0;
  lteep_status status = LTEEP_OK;
  if (!has_recipients(run) && !run->options->no_kid)
    status = lteep_cose_kid(run->key, kid, &kid_size);
  lteep_write_map(writer, (uint64_t)is_stream(run) + (kid_size != 0) + !is_mac(run));
  if (is_stream(run)) {
    lteep_write_int(writer, LTEEP_HEADER_ALG);
    lteep_write_int(writer, run->algorithm->alg);
  }
  if (kid_size != 0) {
    lteep_write_int(writer, LTEEP_HEADER_KID);
    lteep_write_bytes(writer, (lteep_bytes){kid, kid_size});
  }
  if (!is_mac(run)) {
    lteep_write_int(writer, LTEEP_HEADER_IV);
    lteep_write_bytes(writer, iv_of(run));
  }
  return status;
}

static lteep_status write_message(const sealing *run, lteep_writer *writer) {
  const lteep_cose_seal_options *options = run->options;
  if (!options->untagged) lteep_write_tag(writer, (uint64_t)run->tag);
  lteep_write_array(writer, 3u + is_mac(run) + has_recipients(run));
  lteep_write_bytes(writer, lteep_buffer_view(&run->protected_header));
  lteep_status status = write_unprotected(run, writer);
  if (options->detached)
    lteep_write_null(writer);
  else
    lteep_write_bytes(writer, is_mac(run) ? options->content : lteep_buffer_view(&run->result));
  if (is_mac(run)) lteep_write_bytes(writer, lteep_buffer_view(&run->result));
  if (has_recipients(run)) lteep_write_raw(writer, lteep_buffer_view(&run->recipients));
  return status == LTEEP_OK ? writer->status : status;
}

static lteep_status hand_out(const sealing *run, lteep_buffer *out, lteep_buffer *ciphertext) {
  size_t before = out->size;
  lteep_writer writer = lteep_writer_on(out);
  lteep_status status = write_message(run, &writer);
  bool apart = run->options->detached && !is_mac(run);
  if (status == LTEEP_OK && apart) {
    lteep_writer beside = lteep_writer_on(ciphertext);
    lteep_write_raw(&beside, lteep_buffer_view(&run->result));
    status = beside.status;
  }
  if (status != LTEEP_OK) out->size = before;
  return status;
}

static lteep_status make(int tag, const lteep_cose_seal_options *options, lteep_buffer *out,
                         lteep_buffer *ciphertext) {
  sealing run = {.tag = tag, .options = options};
  run.protected_header = (lteep_buffer){run.protected_bytes, 0, sizeof run.protected_bytes};
  run.recipients = (lteep_buffer){run.recipient_bytes, 0, sizeof run.recipient_bytes};
  lteep_status status = choose_algorithm(&run);
  if (status == LTEEP_OK) status = make_protected(&run);
  if (status == LTEEP_OK && has_recipients(&run)) status = make_recipients(&run);
  if (status == LTEEP_OK && !has_recipients(&run)) run.key = options->keys[0];
  if (status == LTEEP_OK) status = make_result(&run);
  if (status == LTEEP_OK) status = hand_out(&run, out, ciphertext);
  lteep_key_free(run.made);
  free(run.result.at);
  return status;
}

lteep_status lteep_cose_encrypt0(const lteep_cose_seal_options *options, lteep_buffer *out,
                                 lteep_buffer *ciphertext) {
  return make(LTEEP_TAG_ENCRYPT0, options, out, ciphertext);
}

lteep_status lteep_cose_encrypt(const lteep_cose_seal_options *options, lteep_buffer *out,
                                lteep_buffer *ciphertext) {
  return make(LTEEP_TAG_ENCRYPT, options, out, ciphertext);
}

lteep_status lteep_cose_mac0(const lteep_cose_seal_options *options, lteep_buffer *out) {
  return make(LTEEP_TAG_MAC0, options, out, NULL);
}

lteep_status lteep_cose_mac(const lteep_cose_seal_options *options, lteep_buffer *out) {
  return make(LTEEP_TAG_MAC, options, out, NULL);
}
