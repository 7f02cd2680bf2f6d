/* Shared by the files of the binding: openers, the failure convention, argument helpers.
 *
 * Box first, then acquire: a userdata with its metatable exists before the foreign object it owns.
 * No foreign memory is alive across a Lua call that can throw.
 */
#ifndef LTEEP_BINDING_H
#define LTEEP_BINDING_H

#include <lauxlib.h>
#include <lua.h>

#include "luateep/bytes.h"
#include "luateep/status.h"

/* Push nil, message, code; returns 3. `what` (may be NULL) is put before the sentence. */
int lteep_push_failure(lua_State *L, lteep_status status, const char *what);

/* Argument `index` must be a string; its bytes, valid while it stays on the stack. */
lteep_bytes lteep_check_bytes(lua_State *L, int index);

/* Register a class whose methods and metamethods are in one table. */
void lteep_make_class(lua_State *L, const char *name, const luaL_Reg *methods);

/* Openers: each pushes one table (or fills the classes it registers). */
int lteep_open_cbor(lua_State *L);
int lteep_open_schema(lua_State *L);
int lteep_open_crypto(lua_State *L);
int lteep_open_key(lua_State *L);
int lteep_open_cose(lua_State *L);
int lteep_open_driver(lua_State *L);
int lteep_open_file(lua_State *L);

#endif
