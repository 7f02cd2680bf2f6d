/* What a key handle is made of; for key.c and key_use.c. */
#ifndef LTEEP_CRYPTO_KEY_H
#define LTEEP_CRYPTO_KEY_H

#include "luateep/crypto.h"

struct lteep_key {
  lteep_key_parts parts;
  const lteep_algorithm *algorithm;
  const lteep_provider *provider; /* does what `operations` are not asked for */
  void *loaded;                   /* the provider's own form of the key */
  bool external;
  lteep_key_operations operations;
  void *context;
};

/* BAD_KEY for a point of small order on X25519: its product with any scalar is 0 (RFC 7748 6.1). */
LTEEP_CHECKED lteep_status lteep_x25519_check(const lteep_provider *provider,
                                              const lteep_key_parts *parts);

#endif
