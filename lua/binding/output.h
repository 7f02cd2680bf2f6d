/* A buffer that grows inside a Lua userdata, so that it goes with the stack when Lua throws. */
#ifndef LTEEP_OUTPUT_H
#define LTEEP_OUTPUT_H

#include "binding.h"
#include "luateep/cbor.h"

typedef struct {
  lua_State *L;
  int slot;        /* stack index of the userdata that holds the memory */
  bool keep_order; /* leave the keys of generic maps as they are given */
  unsigned depth;  /* open generic values */
  lteep_buffer buffer;
} lteep_output;

/* Push the userdata; the output lives as long as it stays on the stack. May throw (memory). */
void lteep_output_open(lua_State *L, lteep_output *output);

/* A writer with room for one head and `content` bytes: what is written next cannot fail for room.
 */
lteep_writer lteep_output_writer(lteep_output *output, size_t content);

/* Where a key and its value begin; the pair ends where the next begins. */
typedef struct {
  size_t key;
  size_t value;
} lteep_output_pair;

/* Put the pairs that end the output into the order of RFC 8949 section 4.2.1 (keys ascending,
 * bytewise). `pairs` has `count` + 1 entries, the last one marking the end. DUPLICATE_KEY. */
LTEEP_CHECKED lteep_status lteep_output_sort(lteep_output *output, lteep_output_pair *pairs,
                                             size_t count);

/* Turn what was written since `start` into the content of a byte string. */
void lteep_output_wrap(lteep_output *output, size_t start);

/* Push what was written as a Lua string. */
void lteep_output_push(const lteep_output *output);

#endif
