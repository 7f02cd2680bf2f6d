/* The providers there can be; which of them exist is decided by the build. */
#ifndef LTEEP_CRYPTO_PROVIDER_H
#define LTEEP_CRYPTO_PROVIDER_H

#include "luateep/crypto.h"

extern const lteep_provider lteep_provider_openssl;
extern const lteep_provider lteep_provider_mbedtls;

#endif
