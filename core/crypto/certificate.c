/* Limits, the provider that validates, and the key of a leaf. */
#include "luateep/certificate.h"

#include "luateep/der.h"
#include "provider.h"

enum { INFO_MAX = 1024 }; /* a SubjectPublicKeyInfo; ours have 44 to 158 bytes */

static lteep_status check_sizes(const lteep_bytes *certificates, size_t count, size_t most) {
  if (count > most) return LTEEP_ERR_LIMIT_REACHED;
  for (size_t i = 0; i < count; i++)
    if (certificates[i].size > LTEEP_CERTIFICATE_SIZE_MAX) return LTEEP_ERR_TOO_LARGE;
  return LTEEP_OK;
}

static const lteep_provider *find_validator(void) {
  for (const lteep_provider *const *provider = lteep_providers(); *provider; provider++)
    if ((*provider)->certify) return *provider;
  return NULL;
}

lteep_status lteep_certificate_key(const lteep_certificate_path *path, int alg, lteep_key **key) {
  uint8_t bytes[INFO_MAX];
  lteep_buffer info = {bytes, 0, sizeof bytes};
  lteep_key_parts parts;
  *key = NULL;
  const lteep_provider *provider = find_validator();
  if (!provider) return LTEEP_ERR_UNSUPPORTED;
  lteep_status status = check_sizes(path->certificates, path->count, LTEEP_CERTIFICATES_MAX);
  if (status == LTEEP_OK)
    status = check_sizes(path->anchors, path->anchor_count, LTEEP_ANCHORS_MAX);
  if (status == LTEEP_OK && path->purpose_count > LTEEP_KEY_PURPOSES_MAX)
    status = LTEEP_ERR_LIMIT_REACHED;
  if (status == LTEEP_OK && path->count == 0) status = LTEEP_ERR_BAD_CERTIFICATE;
  if (status == LTEEP_OK) status = provider->certify(path, &info);
  if (status == LTEEP_OK) status = lteep_der_key_read(lteep_buffer_view(&info), alg, &parts);
  return status == LTEEP_OK ? lteep_key_import(&parts, key) : status;
}
