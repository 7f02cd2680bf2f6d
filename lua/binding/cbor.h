/* Generic CBOR values, shared by teep.cbor and the `any` of teep.schema. */
#ifndef LTEEP_BINDING_CBOR_H
#define LTEEP_BINDING_CBOR_H

#include "output.h"

/* Scanner limits from an optional table at `index`; unknown names throw. */
lteep_cbor_limits lteep_check_limits(lua_State *L, int index);

/* nil, "what: offset N: sentence", code; returns 3. `what` may be NULL. */
int lteep_push_scan_failure(lua_State *L, const char *what, lteep_status status, size_t offset);

/* Push the next item of a scanned input as a generic Lua value. */
void lteep_push_generic(lua_State *L, lteep_reader *reader);

/* Write the generic Lua value at `index` (absolute). Values without a CBOR form throw. */
LTEEP_CHECKED lteep_status lteep_write_generic(lteep_output *output, int index);

/* Push the one Lua value of a simple value: a boolean, teep.cbor.null, ... */
void lteep_push_simple(lua_State *L, uint64_t number);

/* Write a Lua integer as a signed number, or its bit pattern as an unsigned one. */
void lteep_write_integer(lteep_output *output, lua_Integer value, bool is_unsigned);

#endif
