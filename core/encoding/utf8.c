#include "encoding.h"

/* How many continuation bytes follow `lead`, and the range the first of them must be in
 * (RFC 3629 section 4); -1 when no character starts with `lead`. */
/*@ requires \valid(low) && \valid(high) && \separated(low, high);
    assigns *low, *high;
    ensures -1 <= \result <= 3;
    ensures init: initialized(low) && initialized(high); */
static int continuation(uint8_t lead, uint8_t *low, uint8_t *high) {
  *low = 0x80;
  *high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) return 1;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (lead == 0xe0) *low = 0xa0;
    if (lead == 0xed) *high = 0x9f;
    return 2;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (lead == 0xf0) *low = 0x90;
    if (lead == 0xf4) *high = 0x8f;
    return 3;
  }
  return -1;
}

bool lteep_utf8_valid(lteep_bytes text) {
  /*@ admit init: initialized(&text); */
  /*@ loop invariant i <= text.size;
      loop assigns i;
      loop variant text.size - i; */
  for (size_t i = 0; i < text.size;) {
    uint8_t lead = text.at[i++];
    if (lead < 0x80) continue;
    uint8_t low, high;
    int follow = continuation(lead, &low, &high);
    /*@ admit init: initialized(&follow); */
    if (follow < 0 || text.size - i < (size_t)follow) return false;
    /*@ loop invariant 0 <= count && i + count <= text.size && i >= \at(i, LoopEntry);
        loop assigns count, i, low, high;
        loop variant count; */
    for (int count = follow; count > 0; count--, i++) {
      if (text.at[i] < low || text.at[i] > high) return false;
      low = 0x80;
      high = 0xbf;
    }
  }
  return true;
}
