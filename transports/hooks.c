/* The way from libwebsockets into Lua: protected, on the main thread, errors reported. */
#include "transport.h"

/* Registry: address of a loop -> its userdata, weak, so that a forgotten loop can be collected. */
static const char loops_key;

static void push_loops(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &loops_key) == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &loops_key);
}

void lteep_loop_register(lua_State *L, lteep_loop *loop, int index) {
  index = lua_absindex(L, index);
  push_loops(L);
  lua_pushvalue(L, index);
  lua_rawsetp(L, -2, loop);
  lua_pop(L, 1);
}

void lteep_loop_push(lua_State *L, lteep_loop *loop) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &loops_key);
  lua_rawgetp(L, -1, loop);
  lua_remove(L, -2);
}

/* Push uservalue 2 of the loop, the anchors; nothing and false while it is being collected. */
static bool push_anchors(lua_State *L, lteep_loop *loop) {
  lteep_loop_push(L, loop);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    return false;
  }
  lua_getiuservalue(L, -1, 2);
  lua_remove(L, -2);
  return true;
}

void lteep_loop_anchor(lua_State *L, lteep_loop *loop, void *address) {
  if (push_anchors(L, loop)) {
    lua_pushvalue(L, -2);
    lua_rawsetp(L, -2, address);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* Assigning nil to an existing field allocates nothing, so this cannot throw. */
void lteep_loop_release(lteep_loop *loop, void *address) {
  lua_State *L = loop->L;
  if (!lua_checkstack(L, 4) || !push_anchors(L, loop)) return;
  if (lua_rawgetp(L, -1, address) != LUA_TNIL) {
    lua_pushnil(L);
    lua_rawsetp(L, -3, address);
  }
  lua_pop(L, 2);
}

typedef struct {
  lteep_loop *loop;
  void *address;
  const char *name;
  lteep_pusher push;
  void *argument;
} call;

static int deliver(lua_State *L) {
  const call *given = lua_touserdata(L, 1);
  luaL_checkstack(L, 12, NULL);
  if (!push_anchors(L, given->loop)) return 0;
  if (lua_rawgetp(L, -1, given->address) != LUA_TUSERDATA) return 0;
  int object = lua_gettop(L);
  lua_getiuservalue(L, object, 1);
  if (lua_getfield(L, -1, given->name) == LUA_TNIL) return 0;
  lua_pushvalue(L, object);
  int count = given->push ? given->push(L, given->argument) : 0;
  lua_call(L, count + 1, 0);
  return 0;
}

static int add_traceback(lua_State *L) {
  luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
  return 1;
}

static int push_message(lua_State *L, void *message) {
  lua_pushstring(L, message);
  return 1;
}

static bool protect(lteep_loop *loop, lua_CFunction function, void *argument, bool report) {
  lua_State *L = loop->L;
  if (!lua_checkstack(L, 6)) return false;
  lua_pushcfunction(L, add_traceback);
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, argument);
  int status = lua_pcall(L, 1, 0, -3);
  if (status != LUA_OK && report) {
    call failure = {loop, loop, "on_error", push_message, (void *)lua_tostring(L, -1)};
    protect(loop, deliver, &failure, false);
  }
  lua_pop(L, status == LUA_OK ? 1 : 2);
  return status == LUA_OK;
}

bool lteep_loop_protect(lteep_loop *loop, lua_CFunction function, void *argument) {
  return protect(loop, function, argument, true);
}

bool lteep_loop_call(lteep_loop *loop, void *address, const char *name, lteep_pusher push,
                     void *argument) {
  call wanted = {loop, address, name, push, argument};
  return protect(loop, deliver, &wanted, true);
}
