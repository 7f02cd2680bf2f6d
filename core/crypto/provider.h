/* The providers there can be; which of them exist is decided by the build. */
#ifndef LTEEP_CRYPTO_PROVIDER_H
#define LTEEP_CRYPTO_PROVIDER_H

#include "luateep/crypto.h"

extern const lteep_provider lteep_provider_openssl;
extern const lteep_provider lteep_provider_mbedtls;

/* The algorithm and its provider when it is of this kind and served; else NULL. */
const lteep_algorithm *lteep_served(int alg, lteep_algorithm_kind kind,
                                    const lteep_provider **provider);

#endif
