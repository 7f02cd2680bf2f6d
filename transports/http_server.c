/* Role of an accepted connection until it is upgraded: HTTP/1.1 requests, one at a time.
 *
 * The handler may answer after its callback returned. What the peer sends meanwhile libwebsockets
 * cannot take: 4.1.6 spins on it, 4.3.5 hangs up on it, or takes it for content. So reading is off
 * while an answer is awaited (see pause_reading) and until it is written, which is done between the
 * callbacks, in the same turn of the loop. A peer that goes away meanwhile keeps its place until
 * then, at most for limit `response`: with reading off nobody tells that it is gone.
 *
 * A peer that waits for each answer is always served. One that does not (RFC 9112, section 9.3.2)
 * gets the answers in order up to some point, where the connection ends. One weakness is left: a
 * peer that sends ahead and takes an answer larger than the buffer of its socket slowly keeps
 * libwebsockets busy, at most for limit `message_time`. */
#define _GNU_SOURCE /* strcasestr */
#include "transport.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "binding.h"

#define LINGER (2 * LWS_US_PER_SEC) /* for a peer that still sends what nobody will read */
#define PAUSE (2 * LWS_US_PER_MS)
#define RETRY_LATER "Retry-After: 5\r\n" /* with every 503 that does not say */
#define PATH_SIZE 1024
#define FIELD_SIZE 256

typedef struct {
  const char *method;
  char *path, *content_type, *accept;
  size_t expected;
  lteep_store body;
  lteep_store answer; /* LWS_PRE bytes, then head and body */
  bool has_length;
  bool content;    /* libwebsockets may read some */
  bool dispatched; /* the handler was asked */
  bool probed;     /* whether more than the request was read; see pause_reading */
  bool paused;
  bool answered; /* `answer` is complete */
  bool written;  /* and handed to libwebsockets */
  bool last;     /* close after it */
  bool unread;   /* the peer may still be sending it */
  bool lingering;
} request;

static const char *const methods[] = {"GET",   "POST",   "OPTIONS", "PUT",
                                      "PATCH", "DELETE", "CONNECT", "HEAD"};

static void drop_body(lteep_link *link) {
  request *asked = link->state;
  free(asked->body.at);
  asked->body = (lteep_store){0};
  lteep_listener_release(link);
}

/* Whatever the handler answers from now on comes too late. */
static void take_from_handler(lteep_link *link) {
  if (!link->box) return;
  *link->box = NULL;
  link->box = NULL;
  lteep_loop_release(link->loop, link);
}

static void drop_request(lteep_link *link) {
  request *asked = link->state;
  if (!asked) return;
  drop_body(link);
  link->state = NULL;
  take_from_handler(link);
  free(asked->path);
  free(asked->content_type);
  free(asked->accept);
  free(asked->answer.at);
  free(asked);
}

/* --- answering --- */

static bool append_text(lteep_store *store, const char *text) {
  return lteep_store_append(store, text, strlen(text));
}

/* RFC 9112, section 6.3: no content, and no length, with 204 and 304. */
static bool write_answer(request *asked, int status, const char *fields, const char *body,
                         size_t size) {
  static const char room[LWS_PRE];
  char line[64];
  bool bodiless = status == 204 || status == 304;
  bool silent = status == 503 && !strcasestr(fields, "Retry-After:");
  lws_snprintf(line, sizeof line, "HTTP/1.1 %d \r\n", status);
  bool good = lteep_store_append(&asked->answer, room, sizeof room) &&
              append_text(&asked->answer, line) && append_text(&asked->answer, fields);
  if (silent) good = good && append_text(&asked->answer, RETRY_LATER);
  lws_snprintf(line, sizeof line, "Content-Length: %zu\r\n", size);
  if (!bodiless) good = good && append_text(&asked->answer, line);
  if (asked->last) good = good && append_text(&asked->answer, "Connection: close\r\n");
  good = good && append_text(&asked->answer, "\r\n");
  if (!bodiless && strcmp(asked->method, "HEAD") != 0)
    good = good && lteep_store_append(&asked->answer, body, size);
  return good;
}

/* Written by `deliver` at the end of this turn. */
static bool answer(lteep_link *link, int status, const char *fields, const char *body,
                   size_t size) {
  request *asked = link->state;
  if (!write_answer(asked, status, fields, body, size)) return false;
  asked->answered = true;
  lws_rx_flow_control(link->wsi, 0);
  lteep_link_expire_in(link, 0);
  return true;
}

static int refuse(lteep_link *link, int status) {
  request *asked = link->state;
  asked->dispatched = true;
  asked->last = asked->last || asked->unread;
  drop_body(link);
  return answer(link, status, "", "", 0) ? 0 : -1;
}

int lteep_http_refuse(lteep_link *link, int status, const char *fields) {
  char text[LWS_PRE + 256];
  int size = lws_snprintf(text + LWS_PRE, sizeof text - LWS_PRE,
                          "HTTP/1.1 %d \r\n%sContent-Length: 0\r\nConnection: close\r\n\r\n",
                          status, fields);
  link->served = true;
  link->taken = LTEEP_UNKNOWN;
  int written = lws_write(link->wsi, (unsigned char *)text + LWS_PRE, (size_t)size, LWS_WRITE_HTTP);
  return written < 0 ? -1 : 1;
}

/* Closing with bytes unread would reset the connection and could destroy the answer on its way. */
static int linger(lteep_link *link) {
  request *asked = link->state;
  asked->lingering = true;
  shutdown(lws_get_socket_fd(link->wsi), SHUT_WR);
  lteep_link_expire_in(link, LINGER);
  return 0;
}

/* libwebsockets takes what comes next for a request from now on. What the peer takes slowly it
 * keeps, and completes the transaction when that is gone. False when the connection is to end. */
static bool complete(lteep_link *link) {
  link->served = link->completing = true;
  link->taken = LTEEP_UNKNOWN;
  if (lws_http_transaction_completed(link->wsi)) return false;
  drop_request(link);
  lws_rx_flow_control(link->wsi, 1);
  return true;
}

/* Outside of callbacks. */
static void deliver(lteep_link *link) {
  request *asked = link->state;
  asked->written = true;
  lteep_link_expire_in(link, link->limits.message_time);
  size_t size = asked->answer.size - LWS_PRE;
  if (lws_write(link->wsi, (unsigned char *)asked->answer.at + LWS_PRE, size,
                LWS_WRITE_HTTP_FINAL) < 0) {
    lteep_link_kill(link);
    return;
  }
  if (!asked->last && complete(link)) return;
  lws_rx_flow_control(link->wsi, 1);
  lws_callback_on_writable(link->wsi);
}

/* The last answer is with the kernel; or see pause_reading. */
static int on_writable(lteep_link *link) {
  request *asked = link->state;
  if (!asked || asked->lingering) return 0;
  if (!asked->answered) return -1;
  if (!asked->written) return 0;
  return asked->unread ? linger(link) : -1;
}

/* The protocol is bound anew at the end of a transaction, and at other times. */
void lteep_http_bound(lteep_link *link) {
  if (!link->completing) return;
  link->completing = false;
  link->taken = lteep_link_taken(link);
  lteep_link_expire_in(link, link->limits.keepalive);
}

/* --- asking the handler --- */

static int push_request(lua_State *L, void *at) {
  lteep_link *link = at;
  request *asked = link->state;
  lua_pushstring(L, asked->method);
  lua_pushstring(L, asked->path);
  lua_pushlstring(L, asked->body.at ? asked->body.at : "", asked->body.size);
  lua_pushstring(L, asked->content_type);
  lua_pushstring(L, asked->accept);
  if (asked->has_length)
    lua_pushinteger(L, (lua_Integer)asked->expected);
  else
    lua_pushnil(L);
  lteep_peer_push(L, &link->peer);
  return 7;
}

static int box_request(lua_State *L) {
  lteep_link *link = lua_touserdata(L, 1);
  lteep_loop_push(L, link->loop);
  lua_getiuservalue(L, -1, 2);
  if (lua_rawgetp(L, -1, link->listener) != LUA_TUSERDATA) return 0;
  lua_getiuservalue(L, -1, 1);
  lteep_link_box(L, link, LTEEP_REQUEST, -1);
  return 0;
}

/* In the turns after the handler was asked in vain. Switching reading off makes libwebsockets ask
 * for writability, and then spin on it, when it has read more than the request already. So it is
 * switched off and on first: a peer that sent more before its answer is given away by
 * HTTP_WRITEABLE, and dropped. What arrives after that stays in the kernel until the answer is out.
 */
static void pause_reading(lteep_link *link) {
  request *asked = link->state;
  lws_rx_flow_control(link->wsi, 0);
  if (asked->probed) {
    asked->paused = true;
    lteep_link_expire_in(link, link->limits.response);
  } else {
    asked->probed = true;
    lws_rx_flow_control(link->wsi, 1);
    lteep_link_expire_in(link, PAUSE);
  }
}

static int dispatch(lteep_link *link) {
  request *asked = link->state;
  if (asked->dispatched) return asked->answered ? 0 : -1; /* more was sent: see pause_reading */
  asked->dispatched = true;
  lws_set_timeout(link->wsi, NO_PENDING_TIMEOUT, 0);
  lteep_link_expire_in(link, 0);
  bool good = lteep_loop_protect(link->loop, box_request, link) &&
              lteep_loop_call(link->loop, link, "on_request", push_request, link);
  asked = link->state;
  if (asked) drop_body(link); /* Lua has its own copy */
  if (!good && asked && !asked->answered) return answer(link, 500, "", "", 0) ? 0 : -1;
  return 0;
}

/* --- reading a request --- */

/* A header field as a string of its own; NULL when absent; false when too long or out of memory. */
static bool copy_field(struct lws *wsi, enum lws_token_indexes token, char **field) {
  char text[FIELD_SIZE];
  int size = lws_hdr_total_length(wsi, token);
  if (!size) return true;
  if (lws_hdr_copy(wsi, text, sizeof text, token) < 0) return false;
  return (*field = strdup(text)) != NULL;
}

/* Digits only: libwebsockets itself would read "-1" and "1x". */
static bool read_length(struct lws *wsi, request *asked) {
  char text[24];
  if (!lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH)) return true;
  int size = lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  if (size <= 0 || size > 18) return false;
  for (int i = 0; i < size; i++)
    if (!isdigit((unsigned char)text[i])) return false;
  asked->expected = (size_t)strtoull(text, NULL, 10);
  asked->has_length = true;
  return true;
}

static bool takes_content(const char *method) {
  return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
}

/* What will follow the header; the status that refuses it, or 0. libwebsockets expects content in a
 * request that takes some and does not say how much; of a Content-Length that is no number it may
 * make anything. */
static int read_framing(lteep_link *link, request *asked) {
  bool good = read_length(link->wsi, asked);
  bool coded = lws_hdr_total_length(link->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) != 0;
  bool endless = takes_content(asked->method) && !asked->has_length;
  asked->content = !good || endless || asked->expected;
  asked->unread = asked->content && good;
  asked->last = asked->last || !good || coded;
  if (!good) return 400;
  if (coded || endless) return 411;
  return asked->expected > link->limits.message ? 413 : 0;
}

/* The status that refuses the request, 0 to go on. */
static int read_request(lteep_link *link, request *asked) {
  char *path;
  int size, method = lws_http_get_uri_and_method(link->wsi, &path, &size);
  if (method < 0 || method >= (int)(sizeof methods / sizeof methods[0])) return 400;
  asked->method = methods[method];
  int refused = read_framing(link, asked);
  if (refused) return refused;
  if (size > PATH_SIZE) return 414;
  if (!(asked->path = strndup(path, (size_t)size))) return 503;
  if (!copy_field(link->wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, &asked->content_type) ||
      !copy_field(link->wsi, WSI_TOKEN_HTTP_ACCEPT, &asked->accept))
    return 431;
  return link->listener->http ? 0 : 404;
}

/* A request may have content if it came after the answer to the one before. libwebsockets (4.1.6,
 * 4.3.5) looks for content in all it has read ahead: when that begins with the request itself, as
 * it does when it was read together with the one before, it takes the header for content, uses
 * memory it has freed, and may never return. But it reads from the socket only when nothing is left
 * of what it has read ahead; so once it has read since the last answer, there is nothing. The end
 * of the stream may count as one byte. */
static bool may_have_content(const lteep_link *link) {
  if (!link->served) return true;
  uint64_t taken = lteep_link_taken(link);
  return link->taken != LTEEP_UNKNOWN && taken != LTEEP_UNKNOWN && taken > link->taken + 1;
}

static int on_request(lteep_link *link) {
  request *asked = link->state;
  if (asked) return -1;
  asked = link->state = calloc(1, sizeof *asked);
  if (!asked) return -1;
  asked->method = "";
  asked->content = true;
  asked->last = link->peer.local; /* content could not follow: see may_have_content */
  lteep_link_expire_in(link, link->limits.message_time);
  int status = read_request(link, asked);
  if (asked->content && !may_have_content(link)) return -1;
  if (status) return refuse(link, status);
  return asked->expected ? 0 : dispatch(link);
}

/* 4.3.5 takes everything that comes after the content for content: then the answer is the last.
 * Empty content comes too, when on_request has dispatched already. */
static int on_body(lteep_link *link, const void *in, size_t size) {
  request *asked = link->state;
  if (!asked) return -1; /* more was sent while the peer takes the answer slowly */
  if (!size) return 0;
  size_t left = asked->expected - asked->body.size;
  if (asked->dispatched || size > left) asked->last = asked->unread = true;
  if (asked->dispatched) return 0;
  size_t taken = size < left ? size : left;
  if (!lteep_listener_hold(link, taken) || !lteep_store_append(&asked->body, in, taken))
    return refuse(link, 503);
  return size > left ? dispatch(link) : 0;
}

/* Comes after empty content too. */
static int on_body_end(lteep_link *link) {
  request *asked = link->state;
  if (!asked) return -1; /* as in on_body */
  asked->unread = false;
  if (asked->lingering) return -1;
  return asked->expected ? dispatch(link) : 0;
}

static int on_event(lteep_link *link, enum lws_callback_reasons reason, void *in, size_t size) {
  switch (reason) {
  case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    return lteep_websocket_upgrade(link);
  case LWS_CALLBACK_ESTABLISHED:
    return lteep_websocket_accepted(link);
  case LWS_CALLBACK_HTTP:
    return on_request(link);
  case LWS_CALLBACK_HTTP_BODY:
    return on_body(link, in, size);
  case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    return on_body_end(link);
  case LWS_CALLBACK_HTTP_WRITEABLE:
    return on_writable(link);
  default:
    return 0;
  }
}

/* Too slow: at its header, at its body, at answering (503 then), or at reading the answer. */
static void on_expire(lteep_link *link) {
  request *asked = link->state;
  if (asked && asked->answered && !asked->written) {
    deliver(link);
    return;
  }
  if (asked && asked->dispatched && !asked->answered) {
    if (!asked->paused) {
      pause_reading(link);
      return;
    }
    asked->last = true;
    take_from_handler(link);
    if (answer(link, 503, "", "", 0)) return;
  }
  lteep_link_kill(link);
}

static void on_leave(lteep_link *link) {
  request *asked = link->state;
  if (asked && asked->dispatched)
    asked->last = true;
  else
    lteep_link_kill(link);
}

static void on_end(lteep_link *link) {
  drop_request(link);
}

const lteep_role lteep_role_http_server = {on_event, on_expire, on_leave, on_end};

/* --- the request as Lua sees it --- */

/* request:respond(status, fields, body) -> true | nil, message, code */
static int request_respond(lua_State *L) {
  lteep_link **box = luaL_checkudata(L, 1, LTEEP_REQUEST);
  int status = (int)luaL_checkinteger(L, 2);
  const char *fields = luaL_checkstring(L, 3);
  size_t size;
  const char *body = luaL_checklstring(L, 4, &size);
  lteep_link *link = *box;
  if (!link) return lteep_push_failure(L, LTEEP_ERR_NOT_CONNECTED, "respond");
  request *asked = link->state;
  if (asked->answered) return luaL_error(L, "the request is answered already");
  if (!answer(link, status, fields, body, size))
    return lteep_push_failure(L, LTEEP_ERR_NO_MEMORY, "respond");
  lua_pushboolean(L, 1);
  return 1;
}

static int request_gc(lua_State *L) {
  lteep_link **box = luaL_checkudata(L, 1, LTEEP_REQUEST);
  if (*box) (*box)->box = NULL;
  *box = NULL;
  return 0;
}

void lteep_request_class(lua_State *L) {
  static const luaL_Reg class[] = {{"respond", request_respond}, {NULL, NULL}};
  luaL_newmetatable(L, LTEEP_REQUEST);
  luaL_newlib(L, class);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, request_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
