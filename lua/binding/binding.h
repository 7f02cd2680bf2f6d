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

/* The bytes of the string at `index` from the position at `first_index` (1 when absent) to the one
 * at the next index (the last), as string.sub takes them, but no other than are there. */
lteep_bytes lteep_check_part(lua_State *L, int index, int first_index);

/* Push userdata with room for `count` entries of `size` bytes. The length of a Lua table can be any
 * number, whatever the table holds: too large a count throws. */
void *lteep_push_array(lua_State *L, size_t count, size_t size);

/* Register a class; `methods` has its metamethods as well. An object does not show those: its
 * finalizer, called while C works on it, would take the memory away under that work. */
void lteep_make_class(lua_State *L, const char *name, const luaL_Reg *methods);

/* In a method of a class made by `lteep_make_class`: the object it was called on, or throw. As
 * luaL_checkudata does, without looking the class up by its name. */
void *lteep_check_self(lua_State *L, const char *name);

/* Openers: each pushes one table (or fills the classes it registers). */
int lteep_open_cbor(lua_State *L);
int lteep_open_schema(lua_State *L);
int lteep_open_crypto(lua_State *L);
int lteep_open_key(lua_State *L);
int lteep_open_cose(lua_State *L);
int lteep_open_driver(lua_State *L);
int lteep_open_file(lua_State *L);
int lteep_open_suit(lua_State *L);
int lteep_open_options(lua_State *L);

#endif
