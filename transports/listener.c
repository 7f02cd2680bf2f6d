/* Listening sockets: accept, count, hand over to libwebsockets.
 *
 * The sockets are ours and libwebsockets only watches them: its own listening code unlinks whatever
 * lies at a unix path, silently shares ports between servers, and picks the server by Host header.
 */
#define _GNU_SOURCE /* accept4, struct ucred */
#include "transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "binding.h"

#define ACCEPT_BATCH 64 /* connections taken per turn */

/* --- accounting --- */

static size_t bucket(const lteep_peer *peer) {
  size_t hash = 5381;
  for (size_t i = 0; i < sizeof peer->key; i++) hash = hash * 33 ^ peer->key[i];
  return hash % LTEEP_ADDRESS_BUCKETS;
}

static size_t count_same(const lteep_listener *listener, const lteep_peer *peer) {
  size_t count = 0;
  for (const lteep_link *link = listener->by_address[bucket(peer)]; link; link = link->next_same)
    if (memcmp(link->peer.key, peer->key, sizeof peer->key) == 0) count++;
  return count;
}

static bool has_room(const lteep_listener *listener, const lteep_peer *peer) {
  if (listener->count >= listener->limits.connections) return false;
  return peer->local || count_same(listener, peer) < listener->limits.per_address;
}

static size_t held_by_same(const lteep_listener *listener, const lteep_peer *peer) {
  size_t held = 0;
  for (const lteep_link *link = listener->by_address[bucket(peer)]; link; link = link->next_same)
    if (memcmp(link->peer.key, peer->key, sizeof peer->key) == 0) held += link->held;
  return held;
}

bool lteep_listener_hold(lteep_link *link, size_t size) {
  lteep_listener *listener = link->listener;
  if (!listener) return true;
  const lteep_limits *limits = &listener->limits;
  if (size > limits->incoming || listener->held > limits->incoming - size) return false;
  size_t share = limits->incoming_per_address;
  if (!link->peer.local && (size > share || held_by_same(listener, &link->peer) > share - size))
    return false;
  listener->held += size;
  link->held += size;
  return true;
}

void lteep_listener_release(lteep_link *link) {
  if (link->held) link->listener->held -= link->held;
  link->held = 0;
}

static void remember(lteep_listener *listener, lteep_link *link) {
  lteep_link **head = &listener->by_address[bucket(&link->peer)];
  link->listener = listener;
  link->next_same = *head;
  link->self_same = head;
  if (*head) (*head)->self_same = &link->next_same;
  *head = link;
  listener->count++;
}

/* The userdata of a closed server has to stay until its last connection is gone. */
static void release_when_done(lteep_listener *listener) {
  if (listener->wsi || listener->count) return;
  lteep_loop_release(listener->loop, listener);
}

void lteep_listener_forget(lteep_listener *listener, lteep_link *link) {
  lteep_listener_release(link);
  *link->self_same = link->next_same;
  if (link->next_same) link->next_same->self_same = link->self_same;
  listener->count--;
  release_when_done(listener);
}

/* --- accepting --- */

static void read_local_peer(int fd, lteep_peer *peer) {
  struct ucred credentials = {.uid = (uid_t)-1, .gid = (gid_t)-1};
  socklen_t size = sizeof credentials;
  getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size);
  peer->local = true;
  peer->uid = credentials.uid;
  peer->gid = credentials.gid;
  peer->pid = credentials.pid;
}

static void read_peer(int fd, const struct sockaddr_storage *from, lteep_peer *peer) {
  memset(peer, 0, sizeof *peer);
  if (from->ss_family == AF_INET) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
    memcpy(peer->key, &v4->sin_addr, 4);
    inet_ntop(AF_INET, &v4->sin_addr, peer->address, sizeof peer->address);
    peer->port = ntohs(v4->sin_port);
  } else if (from->ss_family == AF_INET6) {
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
    bool mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
    memcpy(peer->key, &v6->sin6_addr, mapped ? 16 : 8);
    inet_ntop(AF_INET6, &v6->sin6_addr, peer->address, sizeof peer->address);
    peer->port = ntohs(v6->sin6_port);
  } else {
    read_local_peer(fd, peer);
  }
}

static void adopt(lteep_listener *listener, int fd, const lteep_peer *peer) {
  lteep_loop *loop = listener->loop;
  lteep_link *link = lteep_link_new(loop, &lteep_role_http_server, &listener->limits);
  if (!link) {
    close(fd);
    return;
  }
  link->peer = *peer;
  remember(listener, link);
  int on = 1;
  if (!peer->local) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    lteep_socket_prepare(fd);
  }
  lws_adopt_desc_t info = {
      .vh = loop->vhost, .type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP, .fd.sockfd = fd};
  link->wsi = listener->tls ? lteep_tls_adopt(listener, &info)
                            : lws_adopt_descriptor_vhost_via_info(&info); /* closes fd on failure */
  if (!link->wsi) {
    lteep_link_end(link);
    return;
  }
  lws_set_opaque_user_data(link->wsi, link);
  lteep_link_expire_in(link, link->limits.handshake);
}

/* Without descriptors left the connection would stay in the queue and wake us for ever: take it
 * with the spare one and turn it away. */
static void shed(lteep_listener *listener) {
  if (listener->spare < 0) return;
  close(listener->spare);
  int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
  if (fd >= 0) close(fd);
  listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static bool accept_one(lteep_listener *listener) {
  struct sockaddr_storage from = {0};
  socklen_t size = sizeof from;
  int fd = accept4(listener->fd, (struct sockaddr *)&from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) {
    if (errno == EMFILE || errno == ENFILE) shed(listener);
    return errno == ECONNABORTED || errno == EINTR;
  }
  lteep_peer peer;
  read_peer(fd, &from, &peer);
  if (has_room(listener, &peer))
    adopt(listener, fd, &peer);
  else
    close(fd);
  return true;
}

/* Only the file made here: another daemon may have taken the path since. */
static void remove_socket_file(lteep_listener *listener) {
  struct stat now;
  if (!listener->socket_path) return;
  if (lstat(listener->socket_path, &now) == 0 && now.st_dev == listener->device &&
      now.st_ino == listener->inode)
    unlink(listener->socket_path);
  free(listener->socket_path);
  listener->socket_path = NULL;
}

static void finish(lteep_listener *listener) {
  remove_socket_file(listener);
  if (listener->spare >= 0) close(listener->spare);
  listener->spare = -1;
  lws_set_opaque_user_data(listener->wsi, NULL);
  listener->wsi = NULL;
  listener->loop->listeners--;
  release_when_done(listener);
}

int lteep_listener_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                         size_t size) {
  (void)user, (void)in, (void)size;
  if (reason != LWS_CALLBACK_RAW_RX_FILE && reason != LWS_CALLBACK_RAW_CLOSE_FILE) return 0;
  lteep_listener *listener = lws_get_opaque_user_data(wsi);
  if (!listener) return -1; /* closed: let go of it */
  if (reason == LWS_CALLBACK_RAW_CLOSE_FILE)
    finish(listener);
  else
    for (int i = 0; i < ACCEPT_BATCH && accept_one(listener); i++) continue;
  return 0;
}

/* --- the server as Lua sees it --- */

/* Nothing is left behind when the files are unfit. */
static bool read_tls(lua_State *L, int index, lteep_listener *listener, char *problem,
                     size_t size) {
  lteep_loop *loop = listener->loop;
  lua_getfield(L, index, "certificate");
  lua_getfield(L, index, "key");
  const char *certificate = lua_tostring(L, -2);
  if (certificate)
    listener->tls = lteep_tls_load(certificate, luaL_checkstring(L, -1), problem, size);
  lua_pop(L, 2);
  if (!certificate) return true;
  if (listener->tls && !loop->tls_vhost)
    loop->tls_vhost = lteep_loop_vhost(loop, LTEEP_VHOST_TLS_SERVER, NULL);
  if (listener->tls && !loop->tls_vhost) lws_strncpy(problem, "out of memory", size);
  return listener->tls && loop->tls_vhost;
}

static void read_options(lua_State *L, int index, lteep_listener *listener) {
  lua_getfield(L, index, "path");
  listener->path = lua_tostring(L, -1);
  lua_getfield(L, index, "origins");
  listener->origins = luaL_checkstring(L, -1);
  lua_getfield(L, index, "http");
  listener->http = lua_toboolean(L, -1);
  lua_pop(L, 3); /* the strings stay: the hooks are this very table */
  listener->limits = lteep_check_limits(L, index);
}

static int open_socket(lua_State *L, int index, lteep_listener *listener) {
  lua_getfield(L, index, "socket");
  lua_getfield(L, index, "address");
  lua_getfield(L, index, "port");
  const char *path = lua_tostring(L, -3);
  int fd = path ? lteep_socket_listen_unix(path)
                : lteep_socket_listen_tcp(luaL_checkstring(L, -2), (int)luaL_checkinteger(L, -1),
                                          &listener->port);
  struct stat made;
  if (fd >= 0 && path && lstat(path, &made) == 0) {
    listener->socket_path = strdup(path);
    listener->device = made.st_dev;
    listener->inode = made.st_ino;
  }
  lua_pop(L, 3);
  return fd;
}

static int push_errno(lua_State *L, int number, const char *what) {
  lteep_status status = number == EADDRINUSE      ? LTEEP_ERR_BUSY
                        : number == EACCES        ? LTEEP_ERR_DENIED
                        : number == EEXIST        ? LTEEP_ERR_EXISTS
                        : number == ENOENT        ? LTEEP_ERR_NOT_FOUND
                        : number == EINVAL        ? LTEEP_ERR_CONFIG_INVALID
                        : number == EADDRNOTAVAIL ? LTEEP_ERR_CONFIG_INVALID
                                                  : LTEEP_ERR_IO_FAILED;
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", what, strerror(number));
  lua_pushstring(L, lteep_status_code(status));
  return 3;
}

static bool watch(lteep_listener *listener) {
  lws_adopt_desc_t info = {.vh = listener->loop->vhost,
                           .type = LWS_ADOPT_RAW_FILE_DESC,
                           .fd.filefd = listener->fd,
                           .vh_prot_name = LTEEP_SLOT_LISTENER};
  listener->wsi = lws_adopt_descriptor_vhost_via_info(&info); /* closes fd when it fails */
  if (!listener->wsi) return false;
  lws_set_opaque_user_data(listener->wsi, listener);
  listener->loop->listeners++;
  return true;
}

/* loop:serve(options) -> server | nil, message, code. Options: socket | address, port; path,
 * origins, http, certificate and key (with TLS), limits; hooks on_open, on_message, on_close,
 * on_request. */
int lteep_listener_new(lua_State *L) {
  lteep_loop *loop = lteep_check_loop(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_getfield(L, 2, "name");
  const char *name = luaL_checkstring(L, -1);
  lteep_listener *listener = lua_newuserdatauv(L, sizeof *listener, 2);
  memset(listener, 0, sizeof *listener);
  listener->loop = loop;
  listener->spare = -1;
  luaL_setmetatable(L, LTEEP_SERVER);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, -2, 1);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 2);
  read_options(L, 2, listener);
  char problem[512];
  if (!read_tls(L, 2, listener, problem, sizeof problem)) {
    lua_pushnil(L);
    lua_pushfstring(L, "%s: %s", name, problem);
    lua_pushstring(L, lteep_status_code(LTEEP_ERR_CONFIG_INVALID));
    return 3;
  }
  lua_pushvalue(L, -1);
  lteep_loop_anchor(L, loop, listener);
  listener->fd = open_socket(L, 2, listener);
  int number = listener->fd < 0 ? errno : watch(listener) ? 0 : EMFILE;
  if (!number) {
    listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return 1;
  }
  remove_socket_file(listener);
  lteep_loop_release(loop, listener);
  return push_errno(L, number, name);
}

/* server:close(): stop listening, let every connection go. */
static int server_close(lua_State *L) {
  lteep_listener *listener = luaL_checkudata(L, 1, LTEEP_SERVER);
  struct lws *wsi = listener->wsi;
  if (!wsi) return 0;
  shutdown(listener->fd, SHUT_RDWR);
  finish(listener);
  lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
  if (listener->loop->context) lws_cancel_service(listener->loop->context);
  for (lteep_link *link = listener->loop->links; link; link = link->next)
    if (link->listener == listener) link->role->leave(link);
  return 0;
}

static int server_gc(lua_State *L) {
  lteep_listener *listener = luaL_checkudata(L, 1, LTEEP_SERVER);
  lteep_tls_free(listener->tls);
  listener->tls = NULL;
  return 0;
}

static int server_port(lua_State *L) {
  lteep_listener *listener = luaL_checkudata(L, 1, LTEEP_SERVER);
  if (!listener->port) return 0;
  lua_pushinteger(L, listener->port);
  return 1;
}

static int server_count(lua_State *L) {
  lteep_listener *listener = luaL_checkudata(L, 1, LTEEP_SERVER);
  lua_pushinteger(L, (lua_Integer)listener->count);
  return 1;
}

/* server:flaw() -> string or nil: why no client will take the certificate today */
static int server_flaw(lua_State *L) {
  lteep_listener *listener = luaL_checkudata(L, 1, LTEEP_SERVER);
  char problem[64];
  if (!listener->tls || lteep_tls_is_current(listener->tls, problem, sizeof problem)) return 0;
  lua_pushstring(L, problem);
  return 1;
}

void lteep_server_class(lua_State *L) {
  static const luaL_Reg methods[] = {{"close", server_close},
                                     {"port", server_port},
                                     {"count", server_count},
                                     {"flaw", server_flaw},
                                     {NULL, NULL}};
  luaL_newmetatable(L, LTEEP_SERVER);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, server_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
