/* A link: one socket from birth to death, whatever it speaks. */
#include "transport.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static void expire(lteep_loop *loop, lteep_deadline *deadline) {
  (void)loop;
  lteep_link *link = lws_container_of(deadline, lteep_link, deadline);
  if (link->wsi)
    link->role->expire(link);
  else
    lteep_link_end(link);
}

void lteep_link_expire_in(lteep_link *link, lws_usec_t time) {
  link->deadline.fire = expire;
  lteep_deadline_set(link->loop, &link->deadline, lws_now_usecs() + time);
}

lteep_link *lteep_link_new(lteep_loop *loop, const lteep_role *role, const lteep_limits *limits) {
  lteep_link *link = calloc(1, sizeof *link);
  if (!link) return NULL;
  if (!lteep_deadline_reserve(loop)) {
    free(link);
    return NULL;
  }
  link->loop = loop;
  link->role = role;
  link->limits = *limits;
  link->next = loop->links;
  link->self = &loop->links;
  if (link->next) link->next->self = &link->next;
  loop->links = link;
  lteep_link_expire_in(link, 0);
  return link;
}

/* Nobody finds the link any more when Lua is told: its hooks may close servers and connections. */
void lteep_link_end(lteep_link *link) {
  link->wsi = NULL;
  if (link->box) *link->box = NULL;
  link->box = NULL;
  *link->self = link->next;
  if (link->next) link->next->self = link->self;
  if (link->listener) lteep_listener_forget(link->listener, link);
  link->role->end(link);
  lteep_loop_release(link->loop, link);
  lteep_deadline_release(link->loop, &link->deadline);
  free(link);
}

/* libwebsockets closes without ceremony only from its own timeout; the service call makes sure it
 * looks at it (see timer.c). */
void lteep_link_kill(lteep_link *link) {
  if (!link->wsi || !link->loop->context) return;
  lteep_deadline_set(link->loop, &link->deadline, 0);
  lws_set_timeout(link->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
  lws_cancel_service(link->loop->context);
}

void lteep_link_fail(lteep_link *link, lteep_status status, const char *reason) {
  if (link->failure) return;
  link->failure = status;
  lws_strncpy(link->reason, reason, sizeof link->reason);
}

int lteep_link_push_failure(lua_State *L, void *at) {
  const lteep_link *link = at;
  lua_pushstring(L, link->reason);
  lua_pushstring(L, lteep_status_code(link->failure));
  return 2;
}

void lteep_link_box(lua_State *L, lteep_link *link, const char *metatable, int hooks) {
  hooks = lua_absindex(L, hooks);
  void **box = lua_newuserdatauv(L, sizeof *box, 2);
  *box = NULL;
  luaL_setmetatable(L, metatable);
  lua_pushvalue(L, hooks);
  lua_setiuservalue(L, -2, 1);
  lteep_loop_push(L, link->loop);
  lua_setiuservalue(L, -2, 2);
  lua_pushvalue(L, -1);
  lteep_loop_anchor(L, link->loop, link);
  *box = link;
  link->box = box;
}

void lteep_peer_push(lua_State *L, const lteep_peer *peer) {
  lua_createtable(L, 0, 3);
  if (peer->local) {
    lua_pushinteger(L, peer->uid);
    lua_setfield(L, -2, "uid");
    lua_pushinteger(L, peer->gid);
    lua_setfield(L, -2, "gid");
    lua_pushinteger(L, peer->pid);
    lua_setfield(L, -2, "pid");
  } else {
    lua_pushstring(L, peer->address);
    lua_setfield(L, -2, "address");
    lua_pushinteger(L, peer->port);
    lua_setfield(L, -2, "port");
  }
}

uint64_t lteep_link_taken(const lteep_link *link) {
  if (lws_get_ssl(link->wsi)) return lteep_tls_taken(link->wsi);
  return link->peer.local ? LTEEP_UNKNOWN : lteep_socket_taken(lws_get_socket_fd(link->wsi));
}

bool lteep_store_append(lteep_store *store, const void *at, size_t size) {
  if (size > store->capacity - store->size) {
    size_t capacity = store->capacity ? store->capacity : 1024;
    while (capacity - store->size < size) capacity *= 2;
    char *grown = realloc(store->at, capacity);
    if (!grown) return false;
    store->at = grown;
    store->capacity = capacity;
  }
  if (size) memcpy(store->at + store->size, at, size);
  store->size += size;
  return true;
}

/* A connection attempt that comes to nothing while it is being started ends in the next turn. */
void lteep_link_connect(lteep_link *link, struct lws_client_connect_info *info) {
  info->context = link->loop->context;
  if (!info->vhost) info->vhost = link->loop->vhost;
  info->opaque_user_data = link;
  link->connecting = true;
  struct lws *wsi = lws_client_connect_via_info(info);
  link->connecting = false;
  if (wsi && !link->failure) {
    link->wsi = wsi;
    return;
  }
  if (wsi) lws_set_opaque_user_data(wsi, NULL);
  lteep_link_fail(link, LTEEP_ERR_NOT_CONNECTED, "cannot connect");
  lteep_link_expire_in(link, 0);
}

/* The peer never answered, refused, or spoke something else than asked for. */
static void attempt_failed(struct lws *wsi, lteep_link *link, const char *reason, size_t size) {
  char text[100];
  lws_strncpy(text, reason ? reason : "", size < sizeof text ? size + 1 : sizeof text);
  if (lteep_tls_explain(link, text)) *text = 0;
  bool shaken = strncmp(text, "HS:", 3) == 0; /* how libwebsockets marks a handshake gone wrong */
  lteep_link_fail(link, shaken ? LTEEP_ERR_REFUSED : LTEEP_ERR_NOT_CONNECTED,
                  *text ? text : "cannot connect");
  if (link->connecting) return;
  lws_set_opaque_user_data(wsi, NULL);
  lteep_link_end(link);
}

static void destroyed(struct lws *wsi, lteep_link *link) {
  lws_set_opaque_user_data(wsi, NULL);
  if (link->connecting)
    lteep_link_fail(link, LTEEP_ERR_NOT_CONNECTED, "cannot connect");
  else
    lteep_link_end(link);
}

/* Only these reasons come with a wsi that is a link of ours; others come with makeshift ones. */
static bool concerns_link(enum lws_callback_reasons reason) {
  switch (reason) {
  case LWS_CALLBACK_WSI_DESTROY:
  case LWS_CALLBACK_HTTP_BIND_PROTOCOL:
  case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
  case LWS_CALLBACK_HTTP:
  case LWS_CALLBACK_HTTP_BODY:
  case LWS_CALLBACK_HTTP_BODY_COMPLETION:
  case LWS_CALLBACK_HTTP_WRITEABLE:
  case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
  case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
  case LWS_CALLBACK_ESTABLISHED:
  case LWS_CALLBACK_RECEIVE:
  case LWS_CALLBACK_RECEIVE_PONG:
  case LWS_CALLBACK_SERVER_WRITEABLE:
  case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
  case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
  case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
  case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
  case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
  case LWS_CALLBACK_CLIENT_ESTABLISHED:
  case LWS_CALLBACK_CLIENT_RECEIVE:
  case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
  case LWS_CALLBACK_CLIENT_WRITEABLE:
  case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
  case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
  case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
  case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
    return true;
  default:
    return false;
  }
}

int lteep_link_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t size) {
  if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS) return lteep_tls_prepare(user);
  if (!concerns_link(reason)) return 0;
  lteep_link *link = lws_get_opaque_user_data(wsi);
  if (reason == LWS_CALLBACK_HTTP_BIND_PROTOCOL) {
    if (link) lteep_http_bound(link);
    return 0;
  }
  if (!link) return reason == LWS_CALLBACK_WSI_DESTROY ? 0 : -1;
  if (reason == LWS_CALLBACK_WSI_DESTROY) {
    destroyed(wsi, link);
    return 0;
  }
  if (reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR) {
    attempt_failed(wsi, link, in, in ? size : 0);
    return 0;
  }
  link->wsi = wsi;
  if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION)
    return lteep_tls_verify(link, user, size);
  if (link->tls_name && !link->verified) return -1; /* whatever libwebsockets thinks */
  return link->role->event(link, reason, in, size);
}
