/* Keys from a shared secret: HKDF-SHA-256 over COSE_KDF_Context (RFC 9053 sections 5.1 and 5.2). */
#include <stdlib.h>

#include "internal.h"

enum { HEADS = 64 };

/* PartyInfo: what both sides know counts, else what was sent, else nil. */
static void write_party(lteep_writer *writer, const lteep_bytes known[3], const lteep_bytes *sent) {
  lteep_write_array(writer, 3);
  for (size_t i = 0; i < 3; i++) {
    if (known[i].at)
      lteep_write_bytes(writer, known[i]);
    else if (sent && sent[i].at)
      lteep_write_raw(writer, sent[i]);
    else
      lteep_write_null(writer);
  }
}

/* SuppPubInfo. SuppPrivInfo is not in use. */
static void write_public_info(lteep_writer *writer, const lteep_cose_derivation *from) {
  bool has_other = from->known->other.at != NULL;
  lteep_write_array(writer, has_other ? 3 : 2);
  lteep_write_uint(writer, 8 * from->size);
  lteep_write_bytes(writer, from->protected_header);
  if (has_other) lteep_write_bytes(writer, from->known->other);
}

static size_t room_of(const lteep_cose_derivation *from) {
  size_t room = HEADS + from->protected_header.size + from->known->other.size;
  for (size_t i = 0; i < 3; i++) {
    room += 9 + from->known->party_u[i].size + (from->sent_u ? from->sent_u[i].size : 0);
    room += 9 + from->known->party_v[i].size + (from->sent_v ? from->sent_v[i].size : 0);
  }
  return room;
}

static lteep_status write_context(const lteep_cose_derivation *from, lteep_buffer *out) {
  lteep_writer writer = lteep_writer_on(out);
  lteep_write_array(&writer, 4);
  lteep_write_int(&writer, from->algorithm);
  write_party(&writer, from->known->party_u, from->sent_u);
  write_party(&writer, from->known->party_v, from->sent_v);
  write_public_info(&writer, from);
  return writer.status;
}

lteep_status lteep_cose_derive(const lteep_cose_derivation *from, lteep_bytes secret,
                               uint8_t key[LTEEP_SYMMETRIC_MAX]) {
  size_t room = room_of(from);
  lteep_buffer context = {malloc(room), 0, room};
  if (!context.at) return LTEEP_ERR_NO_MEMORY;
  lteep_status status = write_context(from, &context);
  if (status == LTEEP_OK)
    status = lteep_hkdf(secret, from->salt, lteep_buffer_view(&context), key, from->size);
  free(context.at);
  return status;
}

void lteep_cose_derivation_for(int agreement, int content, lteep_cose_derivation *derivation) {
  int wrap = lteep_algorithm_find(agreement)->wrap;
  const lteep_algorithm *purpose = lteep_algorithm_find(wrap ? wrap : content);
  derivation->algorithm = purpose->alg;
  derivation->size = purpose->key_size;
}
