/* Floating-point formats of RFC 8949 section 3.3 and their shortest form (section 4.2.1). */
#include "encoding.h"

#include <float.h>
#include <math.h>
#include <string.h>

static double half_from_bits(unsigned bits) {
  int exponent = (int)(bits >> 10 & 31);
  double mantissa = bits & 1023;
  double magnitude;
  if (exponent == 0)
    magnitude = ldexp(mantissa, -24);
  else if (exponent < 31)
    magnitude = ldexp(mantissa + 1024, exponent - 25);
  else
    magnitude = mantissa > 0 ? (double)NAN : (double)INFINITY;
  return bits & 0x8000 ? -magnitude : magnitude;
}

double lteep_float_from_bits(uint64_t bits, size_t width) {
  if (width == 2) return half_from_bits((unsigned)bits);
  if (width == 4) {
    uint32_t low = (uint32_t)bits;
    float single;
    memcpy(&single, &low, sizeof single);
    return (double)single;
  }
  double number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

/* A half has 11 significant bits, the lowest never below 2^-24. */
static bool fits_half(double number) {
  int exponent;
  double fraction =
      frexp(number, &exponent); /* number = fraction * 2^exponent, 0.5 <= |fraction| < 1 */
  if (fraction == 0) return true;
  if (exponent > 16) return false;
  int lowest = exponent - 11 > -24 ? exponent - 11 : -24;
  double units = ldexp(number, -lowest);
  return units == trunc(units);
}

uint16_t lteep_float_half(double number) {
  int exponent;
  unsigned sign = signbit(number) ? 0x8000u : 0;
  if (isnan(number)) return HALF_NAN;
  if (isinf(number)) return (uint16_t)(sign | 0x7c00);
  (void)frexp(number, &exponent);
  if (number == 0 || exponent < -13)
    return (uint16_t)(sign | (unsigned)ldexp(fabs(number), 24));       /* zero, subnormal */
  unsigned significand = (unsigned)ldexp(fabs(number), 11 - exponent); /* 1024..2047 */
  return (uint16_t)(sign | (unsigned)(exponent + 14) << 10 | (significand & 1023));
}

size_t lteep_float_width(double number) {
  if (isnan(number) || isinf(number) || fits_half(number)) return 2;
  if (fabs(number) <= (double)FLT_MAX && (double)(float)number == number) return 4;
  return 8;
}
