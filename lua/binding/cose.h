/* Shared by the files that bind COSE. */
#ifndef LTEEP_BINDING_COSE_H
#define LTEEP_BINDING_COSE_H

#include "key.h"
#include "luateep/cose.h"

/* Options are a table at `given` that the Lua face has checked. What is read from it stays on the
 * stack, so that no function called meanwhile can take it away. */

/* The string of field `name`; `at` NULL when it is absent. */
lteep_bytes lteep_field_bytes(lua_State *L, int given, const char *name);
bool lteep_field_flag(lua_State *L, int given, const char *name);

/* Keys listed in field `name`, the objects in consecutive slots from `*first`. */
const lteep_key *const *lteep_field_keys(lua_State *L, int given, const char *name, size_t *count,
                                         int *first);

/* Numbers of the algorithms whose names field `algorithms` lists. */
const int *lteep_field_algorithms(lua_State *L, int given, size_t *count);

/* Field `tagged`: true, false or nil. */
lteep_cose_tagging lteep_field_tagging(lua_State *L, int given);

/* nil, message, code; the message names the input and where it is at fault. */
int lteep_push_parse_failure(lua_State *L, lteep_status status, size_t offset);

/* nil, message, code; where the Lua function of one of `count` keys from `first` failed, its
 * message. `what` may be NULL. */
int lteep_push_keys_failure(lua_State *L, lteep_status status, int first, size_t count,
                            const char *what);

/* Field of the table on top of the stack. */
void lteep_set_bytes(lua_State *L, const char *name, lteep_bytes bytes);

/* ", alg -9, kid ca9e..." for messages. */
void lteep_add_claim(luaL_Buffer *buffer, bool has_algorithm, int64_t algorithm, bool has_kid,
                     lteep_bytes kid);

/* Add the functions of cose_open.c and cose_seal.c to the table on top of the stack. */
void lteep_add_cose_open(lua_State *L);
void lteep_add_cose_seal(lua_State *L);

/* Field `other`, `party_u` and `party_v`. */
lteep_cose_kdf lteep_field_kdf(lua_State *L, int given);

#endif
