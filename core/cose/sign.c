/* COSE_Sign1 and COSE_Sign written (RFC 9052 sections 4.1 and 4.2). */
#include "internal.h"

#include <stdlib.h>

enum {
  BODY = 32,          /* tag, heads, empty header of a Sign body */
  PROTECTED_MAX = 16, /* {1: alg} */
  SIGNER = 32 + PROTECTED_MAX + LTEEP_KID_MAX + LTEEP_SIGNATURE_MAX
};

/* Bytes that suffice for x5chain. */
static size_t chain_room(const lteep_cose_sign_options *options) {
  size_t room = 0;
  for (size_t i = 0; i < options->chain_count; i++) room += 9 + options->chain[i].size;
  return room;
}

size_t lteep_cose_sign_room(const lteep_cose_sign_options *options) {
  size_t payload = options->detached ? 0 : options->payload.size;
  return BODY + payload + chain_room(options) + options->key_count * SIGNER;
}

/* One certificate stands alone (RFC 9360 section 2). */
static void write_chain(lteep_writer *writer, const lteep_cose_sign_options *options) {
  lteep_write_int(writer, LTEEP_HEADER_X5CHAIN);
  if (options->chain_count > 1) lteep_write_array(writer, options->chain_count);
  for (size_t i = 0; i < options->chain_count; i++) lteep_write_bytes(writer, options->chain[i]);
}

/* {1: alg, ?33: x5chain}, in memory that the caller frees. */
static lteep_status make_protected(const lteep_cose_sign_options *options, const lteep_key *key,
                                   lteep_buffer *header) {
  size_t room = PROTECTED_MAX + chain_room(options);
  *header = (lteep_buffer){malloc(room), 0, room};
  if (!header->at) return LTEEP_ERR_NO_MEMORY;
  lteep_writer writer = lteep_writer_on(header);
  lteep_write_map(&writer, options->chain_count ? 2 : 1);
  lteep_write_int(&writer, LTEEP_HEADER_ALG);
  lteep_write_int(&writer, lteep_key_algorithm(key));
  if (options->chain_count) write_chain(&writer, options);
  return writer.status;
}

static lteep_status make_signature(const lteep_key *key, const lteep_sig_structure *parts,
                                   uint8_t signature[LTEEP_SIGNATURE_MAX]) {
  lteep_buffer to_be_signed = {NULL, 0, lteep_sig_structure_room(parts)};
  to_be_signed.at = malloc(to_be_signed.capacity);
  if (!to_be_signed.at) return LTEEP_ERR_NO_MEMORY;
  lteep_status status = lteep_sig_structure_write(parts, &to_be_signed);
  if (status == LTEEP_OK) status = lteep_key_sign(key, lteep_buffer_view(&to_be_signed), signature);
  free(to_be_signed.at);
  return status;
}

/* protected bstr, unprotected map */
static lteep_status write_headers(lteep_writer *writer, const lteep_cose_sign_options *options,
                                  const lteep_key *key, lteep_bytes protected_bytes) {
  uint8_t kid[LTEEP_KID_MAX];
  size_t size = 0;
  lteep_write_bytes(writer, protected_bytes);
  lteep_write_map(writer, options->no_kid ? 0 : 1);
  if (options->no_kid) return LTEEP_OK;
  lteep_status status = lteep_cose_kid(key, kid, &size);
  lteep_write_uint(writer, 4);
  lteep_write_bytes(writer, (lteep_bytes){kid, size});
  return status;
}

static void write_payload(lteep_writer *writer, const lteep_cose_sign_options *options) {
  if (options->detached)
    lteep_write_null(writer);
  else
    lteep_write_bytes(writer, options->payload);
}

static void write_signature(lteep_writer *writer, const lteep_key *key, const uint8_t *signature) {
  size_t size = lteep_algorithm_find(lteep_key_algorithm(key))->size;
  lteep_write_bytes(writer, (lteep_bytes){signature, size});
}

/* Headers and signature of a Sign1, whose payload is between them, or of one COSE_Signature. */
static lteep_status write_signed(lteep_writer *writer, const lteep_cose_sign_options *options,
                                 const lteep_key *key, bool single) {
  lteep_buffer header;
  uint8_t signature[LTEEP_SIGNATURE_MAX];
  lteep_status status = make_protected(options, key, &header);
  lteep_bytes protected_bytes = lteep_buffer_view(&header);
  lteep_sig_structure parts = {
      .tag = single ? LTEEP_TAG_SIGN1 : LTEEP_TAG_SIGN,
      .external_aad = options->external_aad,
      .payload = options->payload,
  };
  *(single ? &parts.body_protected : &parts.sign_protected) = protected_bytes;
  if (status == LTEEP_OK) status = make_signature(key, &parts, signature);
  if (status == LTEEP_OK) {
    lteep_write_array(writer, single ? 4 : 3);
    status = write_headers(writer, options, key, protected_bytes);
    if (single) write_payload(writer, options);
    write_signature(writer, key, signature);
  }
  free(header.at);
  return status;
}

static lteep_status write_sign(lteep_writer *writer, const lteep_cose_sign_options *options) {
  if (!options->untagged) lteep_write_tag(writer, LTEEP_TAG_SIGN);
  lteep_write_array(writer, 4);
  lteep_write_bytes(writer, (lteep_bytes){NULL, 0});
  lteep_write_map(writer, 0);
  write_payload(writer, options);
  lteep_write_array(writer, options->key_count);
  lteep_status status = LTEEP_OK;
  for (size_t i = 0; i < options->key_count && status == LTEEP_OK; i++)
    status = write_signed(writer, options, options->keys[i], false);
  return status;
}

/* On failure the output is as it was. */
static lteep_status finish(const lteep_writer *writer, lteep_status status, size_t size_before) {
  if (status == LTEEP_OK) status = writer->status;
  if (status != LTEEP_OK) writer->out->size = size_before;
  return status;
}

lteep_status lteep_cose_sign1(const lteep_cose_sign_options *options, lteep_buffer *out) {
  if (options->key_count != 1 || options->chain_count > LTEEP_COSE_CHAIN_MAX)
    return LTEEP_ERR_SIZE_OUT_OF_RANGE;
  size_t before = out->size;
  lteep_writer writer = lteep_writer_on(out);
  if (!options->untagged) lteep_write_tag(&writer, LTEEP_TAG_SIGN1);
  lteep_status status = write_signed(&writer, options, options->keys[0], true);
  return finish(&writer, status, before);
}

lteep_status lteep_cose_sign(const lteep_cose_sign_options *options, lteep_buffer *out) {
  bool has_chain = options->chain_count > 0; /* of which key? */
  if (options->key_count == 0 || options->key_count > LTEEP_COSE_SIGNERS_MAX || has_chain)
    return LTEEP_ERR_SIZE_OUT_OF_RANGE;
  size_t before = out->size;
  lteep_writer writer = lteep_writer_on(out);
  lteep_status status = write_sign(&writer, options);
  return finish(&writer, status, before);
}
