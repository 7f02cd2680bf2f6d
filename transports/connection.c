/* Class connection, a WebSocket as Lua sees it; loop:connect. */
#include "transport.h"

#include <string.h>

#include "binding.h"

static const char *string_field(lua_State *L, int index, const char *name) {
  lua_getfield(L, index, name);
  const char *text = luaL_checkstring(L, -1);
  lua_pop(L, 1); /* the table keeps it */
  return text;
}

/* loop:connect(options) -> connection. Options: address, port, host, path, authorities
 * (with TLS), limits; hooks on_open,
 * on_message, on_close(connection, code, reason), on_error(connection, message, code). */
int lteep_connect(lua_State *L) {
  lteep_loop *loop = lteep_check_loop(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lteep_limits limits = lteep_check_limits(L, 2);
  lua_getfield(L, 2, "port");
  int port = (int)luaL_checkinteger(L, -1);
  struct lws_client_connect_info info = {
      .address = string_field(L, 2, "address"),
      .port = port,
      .host = string_field(L, 2, "host"),
      .path = string_field(L, 2, "path"),
      .protocol = LTEEP_SUB_PROTOCOL,
      .ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
  };
  lteep_link *link = lteep_link_new(loop, &lteep_role_websocket, &limits);
  if (!link || !lteep_websocket_begin(link)) return luaL_error(L, "not enough memory");
  lws_strncpy(link->peer.address, info.address, sizeof link->peer.address);
  link->peer.port = port;
  lteep_link_box(L, link, LTEEP_CONNECTION, 2);
  lteep_link_expire_in(link, limits.handshake);
  if (lteep_tls_connect(L, link, &info)) lteep_link_connect(link, &info);
  return 1;
}

static lteep_link *check_connection(lua_State *L) {
  return *(lteep_link **)luaL_checkudata(L, 1, LTEEP_CONNECTION);
}

static int connection_send(lua_State *L) {
  lteep_link *link = check_connection(L);
  size_t size;
  const char *at = luaL_checklstring(L, 2, &size);
  lteep_status status = link ? lteep_websocket_send(link, at, size) : LTEEP_ERR_NOT_CONNECTED;
  if (status) return lteep_push_failure(L, status, "send");
  lua_pushboolean(L, 1);
  return 1;
}

/* Codes an endpoint may put on the wire: RFC 6455, section 7.4. */
static bool is_close_code(lua_Integer code) {
  return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) ||
         (code >= 3000 && code <= 4999);
}

static int connection_close(lua_State *L) {
  lteep_link *link = check_connection(L);
  lua_Integer code = luaL_optinteger(L, 2, 1000);
  size_t size;
  const char *text = luaL_optlstring(L, 3, "", &size);
  luaL_argcheck(L, is_close_code(code), 2, "not a close code");
  luaL_argcheck(L, size < 124, 3, "longer than 123 bytes");
  if (link) lteep_websocket_close(link, (int)code, text);
  return 0;
}

/* Methods, and `peer`: { address, port } or { uid, gid, pid }; nil once the connection is gone. */
static int connection_index(lua_State *L) {
  lteep_link *link = check_connection(L);
  const char *name = luaL_checkstring(L, 2);
  if (strcmp(name, "peer") == 0 && link)
    lteep_peer_push(L, &link->peer);
  else
    lua_getfield(L, lua_upvalueindex(1), name);
  return 1;
}

static int connection_gc(lua_State *L) {
  lteep_link **box = luaL_checkudata(L, 1, LTEEP_CONNECTION);
  if (*box) (*box)->box = NULL;
  *box = NULL;
  return 0;
}

void lteep_connection_class(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"send", connection_send}, {"close", connection_close}, {NULL, NULL}};
  luaL_newmetatable(L, LTEEP_CONNECTION);
  luaL_newlib(L, methods);
  lua_pushcclosure(L, connection_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, connection_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
