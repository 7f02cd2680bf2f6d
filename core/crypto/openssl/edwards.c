/* Provider "openssl": is this string a point of edwards25519? libcrypto does not say. */
#include <openssl/bn.h>
#include <string.h>

#include "openssl.h"

enum { SCALAR = 32 };

/* RFC 8032 section 5.1.3 without the square root: a 32-byte string is a point if y < p and
 * x^2 = (y^2 - 1) / (d y^2 + 1) is a square, by Euler's criterion on the product of the two. Points
 * of small order, under which anybody can sign, have y (y^2 - 1) (d y^4 + 2 y^2 - 1) = 0. */
typedef struct {
  BN_CTX *context;
  BIGNUM *p, *d, *y, *y2, *u, *v, *w, *exponent;
} edwards;

static bool edwards_start(edwards *e, const uint8_t encoded[SCALAR]) {
  uint8_t number[SCALAR];
  memcpy(number, encoded, SCALAR);
  number[SCALAR - 1] &= 0x7f; /* the top bit is the sign of x */
  e->p = BN_CTX_get(e->context);
  e->d = BN_CTX_get(e->context);
  e->y = BN_CTX_get(e->context);
  e->y2 = BN_CTX_get(e->context);
  e->u = BN_CTX_get(e->context);
  e->v = BN_CTX_get(e->context);
  e->w = BN_CTX_get(e->context);
  e->exponent = BN_CTX_get(e->context);
  return e->exponent &&
         BN_hex2bn(&e->p, "7fffffffffffffffffffffffffffffff"
                          "ffffffffffffffffffffffffffffffed") &&
         BN_hex2bn(&e->d, "52036cee2b6ffe738cc740797779e898"
                          "00700a4d4141d8ab75eb4dca135978a3") &&
         BN_lebin2bn(number, SCALAR, e->y) && BN_cmp(e->y, e->p) < 0 &&
         BN_mod_sqr(e->y2, e->y, e->p, e->context);
}

/* v = d y^2 + 1, u = y^2 - 1; w = d y^4 + 2 y^2 - 1 = y^2 (v + 1) - 1. */
static bool edwards_terms(edwards *e) {
  return BN_mod_mul(e->v, e->d, e->y2, e->p, e->context) && BN_add_word(e->v, 1) &&
         BN_copy(e->u, e->y2) && BN_mod_sub(e->u, e->y2, BN_value_one(), e->p, e->context) &&
         BN_copy(e->w, e->v) && BN_add_word(e->w, 1) &&
         BN_mod_mul(e->w, e->w, e->y2, e->p, e->context) &&
         BN_mod_sub(e->w, e->w, BN_value_one(), e->p, e->context);
}

static bool edwards_small(const edwards *e) {
  return BN_is_zero(e->y) || BN_is_zero(e->u) || BN_is_zero(e->w);
}

static bool edwards_square(edwards *e) {
  return BN_mod_mul(e->u, e->u, e->v, e->p, e->context) && BN_rshift1(e->exponent, e->p) &&
         BN_mod_exp(e->u, e->u, e->exponent, e->p, e->context) && BN_is_one(e->u);
}

bool lteep_openssl_edwards_point(const uint8_t encoded[SCALAR]) {
  edwards e = {.context = BN_CTX_new()};
  if (!e.context) return false;
  BN_CTX_start(e.context);
  bool ok =
      edwards_start(&e, encoded) && edwards_terms(&e) && !edwards_small(&e) && edwards_square(&e);
  BN_CTX_end(e.context);
  BN_CTX_free(e.context);
  return ok;
}
