/* float.c as the scanner calls it, for every bit pattern of every width.
 *
 * Assumed of frexp, of which Frama-C's <math.h> does not say it: an exponent is that of a double.
 */
#include "encoding.h"

#include <__fc_builtin.h>
#include <math.h>

double frexp(double number, int *exponent) {
  *exponent = Frama_C_interval(-1073, 1024);
  return number == 0 ? number : Frama_C_double_interval(-1, 1);
}

int main(void) {
  size_t width = (size_t)Frama_C_nondet(2, Frama_C_nondet(4, 8));
  uint64_t bits = Frama_C_unsigned_long_interval(0, UINT64_MAX);
  if (width < 8) bits &= (UINT64_C(1) << 8 * width) - 1;
  size_t shortest = lteep_float_width(lteep_float_from_bits(bits, width));
  /*@ assert shortest == 2 || shortest == 4 || shortest == 8; */
  return shortest == 0;
}
