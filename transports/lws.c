/* Module teep.transport.lws: HTTP and WebSocket over libwebsockets. Its Lua face is
 * teep.transport, which checks options and fills in defaults; see transport.h for the inside. */
#include "transport.h"

static lua_Number number_field(lua_State *L, const char *name) {
  lua_getfield(L, -1, name);
  lua_Number value = luaL_checknumber(L, -1);
  lua_pop(L, 1);
  return value;
}

/* math.huge becomes a time nobody lives to see; adding it to a point in time does not overflow. */
static lws_usec_t time_field(lua_State *L, const char *name) {
  lua_Number seconds = number_field(L, name);
  return seconds < 1e9 ? (lws_usec_t)(seconds * 1e6) : (lws_usec_t)1 << 60;
}

lteep_limits lteep_check_limits(lua_State *L, int index) {
  lua_getfield(L, index, "limits");
  luaL_checktype(L, -1, LUA_TTABLE);
  lteep_limits limits = {
      .message = (size_t)number_field(L, "message"),
      .queue = (size_t)number_field(L, "queue"),
      .fragments = (size_t)number_field(L, "fragments"),
      .connections = (size_t)number_field(L, "connections"),
      .incoming = (size_t)number_field(L, "incoming"),
      .incoming_per_address = (size_t)number_field(L, "incoming_per_address"),
      .per_address = (size_t)number_field(L, "per_address"),
      .handshake = time_field(L, "handshake"),
      .message_time = time_field(L, "message_time"),
      .ping = time_field(L, "ping"),
      .pong = time_field(L, "pong"),
      .idle = time_field(L, "idle"),
      .response = time_field(L, "response"),
      .keepalive = time_field(L, "keepalive"),
  };
  lua_pop(L, 1);
  return limits;
}

__attribute__((visibility("default"))) int luaopen_teep_transport_lws(lua_State *L);

int luaopen_teep_transport_lws(lua_State *L) {
  static const luaL_Reg functions[] = {{"loop", lteep_loop_new}, {NULL, NULL}};
  lteep_loop_class(L);
  lteep_timer_class(L);
  lteep_server_class(L);
  lteep_connection_class(L);
  lteep_request_class(L);
  lteep_exchange_class(L);
  luaL_newlib(L, functions);
  return 1;
}
