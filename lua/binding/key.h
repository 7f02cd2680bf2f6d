/* Keys and algorithm names for the other files of the binding. */
#ifndef LTEEP_BINDING_KEY_H
#define LTEEP_BINDING_KEY_H

#include "binding.h"
#include "luateep/crypto.h"

/* Push an empty key object that keeps the value at index `parent` alive (0: nothing); returns where
 * its handle goes. Fill it right away, with lteep_key_external for instance; the object frees the
 * handle when it is collected. While it is NULL, every use of the object throws. */
lteep_key **lteep_push_key(lua_State *L, int parent);

/* Argument `index` must be a key. A key that calls Lua to sign does so in L, so keep the object at
 * this index while the handle is in use. */
const lteep_key *lteep_check_key(lua_State *L, int index);

/* Why the Lua function of the external key at `index` failed last: pushes its message or nil. */
void lteep_push_key_error(lua_State *L, int index);

/* Push the thumbprint of the key at `index` (absolute), which the object keeps once it was asked
 * for; nothing after a failure. */
lteep_status lteep_push_thumbprint(lua_State *L, int index);

/* Argument `index` must be the name of an algorithm ("ESP256"); its COSE number. */
int lteep_check_algorithm(lua_State *L, int index);

/* Add the functions of cipher.c to the table on top of the stack. */
void lteep_add_ciphers(lua_State *L);

/* Name of a COSE algorithm number, NULL when it is none of ours. */
const char *lteep_algorithm_name(int alg);

#endif
