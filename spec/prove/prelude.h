/* Put before every source that is proved.
 *
 * The goals named `init` say initialized(p) where ACSL has \initialized(p), so that the other goals
 * can be proved without them: together they are too much for the provers (run.sh).
 */
#ifndef initialized
#define initialized(p) \initialized(p)
#endif

/* What the proof assumes of memcmp: the contract of Frama-C's <string.h> is over char and dangling
 * pointers, which WP cannot relate to the bytes of an object.
 */
#include <stdint.h>
#include <string.h>

/*@ requires \valid_read(a + (0 .. n - 1)) && \valid_read(b + (0 .. n - 1));
    requires init: initialized(a + (0 .. n - 1)) && initialized(b + (0 .. n - 1));
    assigns \result \from a[0 .. n - 1], b[0 .. n - 1]; */
int compare_bytes(const uint8_t *a, const uint8_t *b, size_t n);

#define memcmp compare_bytes
