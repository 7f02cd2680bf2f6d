/* COSE_Sign1 and COSE_Sign written (RFC 9052 sections 4.1 and 4.2). */
#include "internal.h"

#include <stdlib.h>

enum {
  BODY = 32,          /* tag, heads, empty header of a Sign body */
  PROTECTED_MAX = 16, /* {1: alg} */
  SIGNER = 32 + PROTECTED_MAX + LTEEP_KID_MAX + LTEEP_SIGNATURE_MAX
};

typedef struct {
  uint8_t bytes[PROTECTED_MAX];
  lteep_buffer buffer;
} protected_header;

size_t lteep_cose_sign_room(const lteep_cose_sign_options *options) {
  size_t payload = options->detached ? 0 : options->payload.size;
  return BODY + payload + options->key_count * SIGNER;
}

static lteep_status make_protected(const lteep_key *key, protected_header *header) {
  header->buffer = (lteep_buffer){header->bytes, 0, sizeof header->bytes};
  lteep_writer writer = lteep_writer_on(&header->buffer);
  lteep_write_map(&writer, 1);
  lteep_write_int(&writer, 1);
  lteep_write_int(&writer, lteep_key_algorithm(key));
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

static lteep_status write_sign1(lteep_writer *writer, const lteep_cose_sign_options *options) {
  const lteep_key *key = options->keys[0];
  protected_header header;
  uint8_t signature[LTEEP_SIGNATURE_MAX];
  lteep_status status = make_protected(key, &header);
  if (status != LTEEP_OK) return status;
  lteep_sig_structure parts = {
      .tag = LTEEP_TAG_SIGN1,
      .body_protected = lteep_buffer_view(&header.buffer),
      .external_aad = options->external_aad,
      .payload = options->payload,
  };
  status = make_signature(key, &parts, signature);
  if (status != LTEEP_OK) return status;
  if (!options->untagged) lteep_write_tag(writer, LTEEP_TAG_SIGN1);
  lteep_write_array(writer, 4);
  status = write_headers(writer, options, key, lteep_buffer_view(&header.buffer));
  write_payload(writer, options);
  write_signature(writer, key, signature);
  return status;
}

/* One COSE_Signature. */
static lteep_status write_signer(lteep_writer *writer, const lteep_cose_sign_options *options,
                                 const lteep_key *key) {
  protected_header header;
  uint8_t signature[LTEEP_SIGNATURE_MAX];
  lteep_status status = make_protected(key, &header);
  if (status != LTEEP_OK) return status;
  lteep_sig_structure parts = {
      .tag = LTEEP_TAG_SIGN,
      .sign_protected = lteep_buffer_view(&header.buffer),
      .external_aad = options->external_aad,
      .payload = options->payload,
  };
  status = make_signature(key, &parts, signature);
  if (status != LTEEP_OK) return status;
  lteep_write_array(writer, 3);
  status = write_headers(writer, options, key, lteep_buffer_view(&header.buffer));
  write_signature(writer, key, signature);
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
    status = write_signer(writer, options, options->keys[i]);
  return status;
}

/* On failure the output is as it was. */
static lteep_status finish(const lteep_writer *writer, lteep_status status, size_t size_before) {
  if (status == LTEEP_OK) status = writer->status;
  if (status != LTEEP_OK) writer->out->size = size_before;
  return status;
}

lteep_status lteep_cose_sign1(const lteep_cose_sign_options *options, lteep_buffer *out) {
  if (options->key_count != 1) return LTEEP_ERR_SIZE_OUT_OF_RANGE;
  size_t before = out->size;
  lteep_writer writer = lteep_writer_on(out);
  lteep_status status = write_sign1(&writer, options);
  return finish(&writer, status, before);
}

lteep_status lteep_cose_sign(const lteep_cose_sign_options *options, lteep_buffer *out) {
  if (options->key_count == 0 || options->key_count > LTEEP_COSE_SIGNERS_MAX)
    return LTEEP_ERR_SIZE_OUT_OF_RANGE;
  size_t before = out->size;
  lteep_writer writer = lteep_writer_on(out);
  lteep_status status = write_sign(&writer, options);
  return finish(&writer, status, before);
}
