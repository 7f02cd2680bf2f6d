/* Each allocation within each call of the Lua interface fails once, those of Lua and those of C:
 * the call throws "not enough memory" or returns nil, a message and a code that says so, or does
 * what it does otherwise; afterwards it works, and at the end nothing is left.
 *   binding_oom BUILD spec/oom/calls.lua */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../c/check.h"
#include "allocations.h"

int luaopen_teep_core(lua_State *L);

enum { CALL = 1, WITNESS, BASE = WITNESS };

static size_t lua_bytes;

/* Lua collects garbage when an allocation fails and tries once more: that has to fail as well.
 * Memory that shrinks is always there. */
static void *allocate(void *context, void *at, size_t old_size, size_t size) {
  static size_t refused;
  (void)context;
  if (!at) old_size = 0;
  if (size > old_size && (size == refused || allocation_fails())) {
    refused = size == refused ? 0 : size;
    return NULL;
  }
  lua_bytes += size - old_size;
  if (size > 0) {
    bool resume = allocations_left >= 0;
    long left = allocations_left;
    allocations_left = -1; /* realloc below is not to fail a second time */
    void *moved = realloc(at, size);
    if (resume) allocations_left = left;
    return moved;
  }
  free(at);
  return NULL;
}

static bool contains(lua_State *L, int index, const char *part) {
  const char *text = lua_tostring(L, index);
  return text && strstr(text, part);
}

static long failures, misled, untrusted;

/* libcrypto takes a few of its own allocations that fail for a bad key or signature (core_oom.c),
 * or for a certificate that is bad or has no path to an anchor (core/crypto/openssl/certificate.c).
 */
static bool says_so(lua_State *L) {
  bool misleading =
      contains(L, -1, "bad_key") || contains(L, -1, "bad_signature") || contains(L, -1, "corrupt");
  bool distrusted = contains(L, -1, "bad_certificate") || contains(L, -1, "certificate_untrusted");
  misled += misleading;
  untrusted += distrusted;
  return misleading || distrusted || contains(L, -1, "no_memory") ||
         contains(L, -1, "crypto_failed");
}

/* What pcall left: thrown, failed with a code, or the usual result. */
static bool is_clean(lua_State *L, int status) {
  if (status == LUA_ERRMEM) return true;
  if (status != LUA_OK)
    return contains(L, -1, "not enough memory") || contains(L, -1, "stack overflow");
  if (lua_isnil(L, -3)) return says_so(L);
  return lua_rawequal(L, -3, WITNESS);
}

static bool fail_one(lua_State *L, const char *name, long left, bool keep_failing) {
  lua_settop(L, BASE);
  lua_gc(L, LUA_GCCOLLECT); /* what a call that threw has left open */
  lua_pushvalue(L, CALL);
  fail_allocation(left, keep_failing);
  int status = lua_pcall(L, 0, 3, 0);
  bool failed = end_of_failures();
  bool clean = is_clean(L, status);
  failures += failed;
  if (!clean)
    fprintf(stderr, "%s, allocation %ld: %s %s\n", name, left, luaL_tolstring(L, -1, NULL),
            luaL_tolstring(L, -2, NULL));
  CHECK(clean);
  return failed;
}

/* The function is at CALL. */
static void try_call(lua_State *L, const char *name) {
  long count = 0;
  lua_settop(L, CALL);
  lua_pushvalue(L, CALL);
  lua_call(L, 0, 1);
  CHECK(!lua_isnil(L, WITNESS));
  for (long left = 0; fail_one(L, name, left, false); left++, count++)
    fail_one(L, name, left, true);
  lua_gc(L, LUA_GCCOLLECT);
  CHECK(!fail_one(L, name, 1000000, false));
  printf("%6ld  %s\n", count, name);
}

/* (BUILD, calls.lua): the file returns a list of { name, function }. */
static int try_all(lua_State *L) {
  luaL_openlibs(L);
  luaL_requiref(L, "teep.core", luaopen_teep_core, 0);
  if (luaL_loadfile(L, lua_tostring(L, 2)) != LUA_OK) return lua_error(L);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  int list = lua_gettop(L);
  lua_State *thread = lua_newthread(L); /* with a stack for the calls alone */
  for (lua_Integer i = 1; lua_rawgeti(L, list, i) == LUA_TTABLE; i++) {
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    lua_settop(thread, 0);
    lua_xmove(L, thread, 1);
    try_call(thread, lua_tostring(L, -1));
    lua_settop(L, list + 1);
  }
  return 0;
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  take_allocations();
  lua_State *L = lua_newstate(allocate, NULL);
  lua_pushcfunction(L, try_all);
  lua_pushstring(L, arguments[1]);
  lua_pushstring(L, arguments[2]);
  if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    return 1;
  }
  lua_close(L);
  CHECK(lua_bytes == 0);
  printf("%ld failures, %ld of them called a bad key or signature, %ld a bad certificate\n",
         failures, misled, untrusted);
  CHECK(misled * 100 <= failures);
  CHECK(untrusted * 20 <= failures);
  return check_result();
}
