#include "luateep/bytes.h"

#include <string.h>

bool lteep_equal(lteep_bytes a, lteep_bytes b) {
  /*@ admit init: initialized(&a) && initialized(&b); */
  return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

bool lteep_equal_secret(lteep_bytes a, lteep_bytes b) {
  if (a.size != b.size) return false;
  volatile uint8_t difference = 0;
  for (size_t i = 0; i < a.size; i++) difference = (uint8_t)(difference | (a.at[i] ^ b.at[i]));
  return difference == 0;
}

void lteep_wipe(void *at, size_t size) {
  volatile uint8_t *p = at;
  while (size--) *p++ = 0;
}
