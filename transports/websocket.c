/* Role of a WebSocket, either end: one binary message = one TEEP message.
 *
 * libwebsockets hands over pieces of frames; here they become messages, under caps of bytes
 * (checked against what the frame announces, before it is there), fragments and time. Everything
 * that leaves, closing included, leaves from WRITEABLE, in order. */
#include "transport.h"

#include <stdlib.h>
#include <string.h>

#include "binding.h"

#define CLOSING_TIME (5 * LWS_US_PER_SEC)

/* RFC 6455, section 7.4.1, and the private ones of the TEEP binding. */
enum {
  CLOSE_GOING_AWAY = 1001,
  CLOSE_NOT_BINARY = 1003,
  CLOSE_NO_CODE = 1005,
  CLOSE_LOST = 1006,
  CLOSE_POLICY = 1008,
  CLOSE_TOO_BIG = 1009,
  CLOSE_INTERNAL = 1011,
  CLOSE_TRY_LATER = 1013,
  CLOSE_IDLE = 4001,
};

typedef struct outgoing {
  struct outgoing *next;
  size_t size;
  unsigned char at[LWS_PRE]; /* and `size` bytes after it */
} outgoing;

typedef struct {
  lteep_store incoming;
  size_t fragments;
  bool inside; /* a message has begun and not ended */
  outgoing *first, **last;
  size_t queued;
  bool open, ping_due, closing, close_sent;
  int code;       /* of the close: ours or the peer's */
  char text[124]; /* its reason; 123 bytes at most (RFC 6455, section 5.5) */
  lws_usec_t heard, active, began, pinged, close_began;
} websocket;

bool lteep_websocket_begin(lteep_link *link) {
  websocket *socket = calloc(1, sizeof *socket);
  if (!socket) return false;
  socket->last = &socket->first;
  link->state = socket;
  return true;
}

/* --- deadlines --- */

static void earlier(lws_usec_t *due, lws_usec_t from, lws_usec_t time) {
  if (!*due || from + time < *due) *due = from + time;
}

static void schedule(lteep_link *link) {
  const websocket *socket = link->state;
  const lteep_limits *limits = &link->limits;
  lws_usec_t due = 0, now = lws_now_usecs();
  if (socket->closing) {
    earlier(&due, socket->close_began, CLOSING_TIME);
  } else {
    if (socket->inside) earlier(&due, socket->began, limits->message_time);
    if (socket->pinged)
      earlier(&due, socket->pinged, limits->pong);
    else
      earlier(&due, socket->heard, limits->ping);
    earlier(&due, socket->active, limits->idle);
  }
  lteep_link_expire_in(link, due > now ? due - now : 0);
}

static bool over(lws_usec_t now, lws_usec_t from, lws_usec_t time) {
  return now >= from + time;
}

/* --- closing --- */

static void drop_incoming(lteep_link *link) {
  websocket *socket = link->state;
  free(socket->incoming.at);
  socket->incoming = (lteep_store){0};
  lteep_listener_release(link);
}

static void start_closing(lteep_link *link, int code, const char *text) {
  websocket *socket = link->state;
  if (socket->closing) return;
  socket->closing = true;
  socket->code = code;
  lws_strncpy(socket->text, text, sizeof socket->text);
  socket->close_began = lws_now_usecs();
  drop_incoming(link);
  schedule(link);
  lws_callback_on_writable(link->wsi);
}

static void on_expire(lteep_link *link) {
  websocket *socket = link->state;
  const lteep_limits *limits = &link->limits;
  lws_usec_t now = lws_now_usecs();
  if (!socket->open) {
    lteep_link_fail(link, LTEEP_ERR_TIMED_OUT, "no answer to the WebSocket handshake in time");
    lteep_link_kill(link);
  } else if (socket->closing) {
    lteep_link_kill(link);
  } else if (socket->pinged && over(now, socket->pinged, limits->pong)) {
    lws_strncpy(socket->text, "no answer to a ping", sizeof socket->text);
    lteep_link_kill(link);
  } else if (socket->inside && over(now, socket->began, limits->message_time)) {
    start_closing(link, CLOSE_POLICY, "message takes too long");
  } else if (over(now, socket->active, limits->idle)) {
    start_closing(link, CLOSE_IDLE, "idle");
  } else {
    if (!socket->pinged && over(now, socket->heard, limits->ping)) {
      socket->ping_due = true;
      socket->pinged = now;
      lws_callback_on_writable(link->wsi);
    }
    schedule(link);
  }
}

void lteep_websocket_close(lteep_link *link, int code, const char *text) {
  websocket *socket = link->state;
  if (socket->open) {
    start_closing(link, code, text);
    return;
  }
  lteep_link_fail(link, LTEEP_ERR_NOT_CONNECTED, "closed before it was open");
  if (link->wsi) lteep_link_kill(link);
}

static void on_leave(lteep_link *link) {
  start_closing(link, CLOSE_GOING_AWAY, "going away");
}

typedef struct {
  int code;
  const char *text;
} ending;

static int push_ending(lua_State *L, void *at) {
  const ending *end = at;
  lua_pushinteger(L, end->code);
  lua_pushstring(L, end->text);
  return 2;
}

static void on_end(lteep_link *link) {
  websocket *socket = link->state;
  if (!socket) return;
  link->state = NULL;
  ending end = {socket->code ? socket->code : CLOSE_LOST, socket->text};
  if (socket->open) {
    lteep_loop_call(link->loop, link, "on_close", push_ending, &end);
  } else {
    lteep_link_fail(link, LTEEP_ERR_NOT_CONNECTED, "the connection was lost");
    lteep_loop_call(link->loop, link, "on_error", lteep_link_push_failure, link);
  }
  while (socket->first) {
    outgoing *next = socket->first->next;
    free(socket->first);
    socket->first = next;
  }
  free(socket->incoming.at);
  free(socket);
}

/* --- receiving --- */

typedef struct {
  const char *at;
  size_t size;
} message;

static int push_message(lua_State *L, void *at) {
  const message *whole = at;
  lua_pushlstring(L, whole->at, whole->size);
  return 1;
}

static void deliver(lteep_link *link, const char *at, size_t size) {
  message whole = {size ? at : "", size};
  if (!lteep_loop_call(link->loop, link, "on_message", push_message, &whole))
    start_closing(link, CLOSE_INTERNAL, "internal error");
}

static void begin_message(websocket *socket) {
  socket->inside = true;
  socket->fragments = 0;
  socket->began = socket->active = socket->heard;
}

static void end_message(lteep_link *link, websocket *socket, const void *in, size_t size) {
  lteep_store whole = socket->incoming;
  socket->incoming = (lteep_store){0};
  lteep_listener_release(link);
  socket->inside = false;
  if (whole.size)
    deliver(link, whole.at, whole.size);
  else
    deliver(link, in, size);
  free(whole.at);
}

static int on_piece(lteep_link *link, const void *in, size_t size) {
  websocket *socket = link->state;
  size_t announced = lws_remaining_packet_payload(link->wsi);
  if (socket->closing) return 0;
  socket->heard = lws_now_usecs();
  socket->pinged = 0;
  bool first = !socket->inside;
  if (first) begin_message(socket);
  if (!lws_frame_is_binary(link->wsi)) {
    start_closing(link, CLOSE_NOT_BINARY, "only binary messages");
    return 0;
  }
  size_t room = link->limits.message - socket->incoming.size;
  if (size > room || announced > room - size) {
    start_closing(link, CLOSE_TOO_BIG, "message too big");
    return 0;
  }
  if (!announced && ++socket->fragments > link->limits.fragments) {
    start_closing(link, CLOSE_POLICY, "too many fragments");
    return 0;
  }
  bool last = lws_is_final_fragment(link->wsi), whole = first && last;
  if (!whole && !lteep_listener_hold(link, size)) {
    start_closing(link, CLOSE_TRY_LATER, "too much at once");
    return 0;
  }
  if (!whole && !lteep_store_append(&socket->incoming, in, size)) {
    start_closing(link, CLOSE_INTERNAL, "out of memory");
    return 0;
  }
  if (last)
    end_message(link, socket, in, size);
  else if (first)
    schedule(link);
  return 0;
}

static int on_pong(lteep_link *link) {
  websocket *socket = link->state;
  socket->heard = lws_now_usecs();
  socket->pinged = 0;
  if (!socket->closing) schedule(link);
  return 0;
}

/* The first two bytes are the code. libwebsockets 4.1.6 has replaced 1012..1016 by 1002 here. */
static int on_peer_close(lteep_link *link, const unsigned char *in, size_t size) {
  websocket *socket = link->state;
  if (socket->closing) return 0;
  socket->closing = true;
  socket->close_sent = true;
  drop_incoming(link);
  socket->close_began = lws_now_usecs();
  socket->code = size >= 2 ? in[0] << 8 | in[1] : CLOSE_NO_CODE;
  if (size > 2) {
    size_t rest = size - 2 < sizeof socket->text - 1 ? size - 2 : sizeof socket->text - 1;
    memcpy(socket->text, in + 2, rest);
    socket->text[rest] = '\0';
  }
  schedule(link);
  return 0;
}

/* --- sending --- */

lteep_status lteep_websocket_send(lteep_link *link, const char *at, size_t size) {
  websocket *socket = link->state;
  if (!socket->open || socket->closing) return LTEEP_ERR_NOT_CONNECTED;
  if (size > link->limits.queue || socket->queued > link->limits.queue - size)
    return LTEEP_ERR_LIMIT_REACHED;
  outgoing *next = malloc(sizeof *next + size);
  if (!next) return LTEEP_ERR_NO_MEMORY;
  next->next = NULL;
  next->size = size;
  memcpy(next->at + LWS_PRE, at, size);
  *socket->last = next;
  socket->last = &next->next;
  socket->queued += size;
  socket->active = lws_now_usecs();
  lws_callback_on_writable(link->wsi);
  return LTEEP_OK;
}

static int write_next(lteep_link *link, websocket *socket) {
  outgoing *next = socket->first;
  socket->first = next->next;
  if (!socket->first) socket->last = &socket->first;
  socket->queued -= next->size;
  int written = lws_write(link->wsi, next->at + LWS_PRE, next->size, LWS_WRITE_BINARY);
  free(next);
  return written < 0 ? -1 : 0;
}

static int on_writable(lteep_link *link) {
  websocket *socket = link->state;
  if (socket->close_sent) return 0;
  if (socket->ping_due) {
    unsigned char empty[LWS_PRE + 1];
    socket->ping_due = false;
    if (lws_write(link->wsi, empty + LWS_PRE, 0, LWS_WRITE_PING) < 0) return -1;
  } else if (socket->first) {
    if (write_next(link, socket)) return -1;
  } else if (socket->closing) {
    socket->close_sent = true;
    lws_close_reason(link->wsi, (enum lws_close_status)socket->code, (unsigned char *)socket->text,
                     strlen(socket->text));
    return -1;
  }
  if (socket->first || socket->closing) lws_callback_on_writable(link->wsi);
  return 0;
}

/* --- opening --- */

static void opened(lteep_link *link, websocket *socket) {
  socket->open = true;
  socket->heard = socket->active = lws_now_usecs();
  schedule(link);
  if (!lteep_loop_call(link->loop, link, "on_open", NULL, NULL))
    start_closing(link, CLOSE_INTERNAL, "internal error");
}

static int box_connection(lua_State *L) {
  lteep_link *link = lua_touserdata(L, 1);
  lteep_loop_push(L, link->loop);
  lua_getiuservalue(L, -1, 2);
  if (lua_rawgetp(L, -1, link->listener) != LUA_TUSERDATA) return 0;
  lua_getiuservalue(L, -1, 1);
  lteep_link_box(L, link, LTEEP_CONNECTION, -1);
  return 0;
}

int lteep_websocket_accepted(lteep_link *link) {
  if (!lteep_websocket_begin(link)) return -1;
  link->role = &lteep_role_websocket;
  if (!lteep_loop_protect(link->loop, box_connection, link) || !link->box) return -1;
  opened(link, link->state);
  return 0;
}

/* --- the server's side of the handshake (RFC 6455, section 4.2) --- */

static bool is_listed(const char *list, const char *wanted, size_t size) {
  for (const char *at = list; (at = strstr(at, wanted)); at++)
    if ((at == list || strchr(" ,\t\n", at[-1])) && (!at[size] || strchr(" ,\t\n", at[size])))
      return true;
  return false;
}

static bool has_header(lteep_link *link, enum lws_token_indexes token, const char *wanted,
                       bool any_case) {
  char text[256];
  if (lws_hdr_copy(link->wsi, text, sizeof text, token) < 0) return false;
  return any_case ? strcasecmp(text, wanted) == 0 : strcmp(text, wanted) == 0;
}

static bool offers_sub_protocol(lteep_link *link) {
  char text[128]; /* libwebsockets takes no longer list either */
  return lws_hdr_copy(link->wsi, text, sizeof text, WSI_TOKEN_PROTOCOL) > 0 &&
         is_listed(text, LTEEP_SUB_PROTOCOL, strlen(LTEEP_SUB_PROTOCOL));
}

/* Browsers send Origin, devices do not. */
static bool is_origin_allowed(lteep_link *link) {
  char text[258] = "\n";
  if (!lws_hdr_total_length(link->wsi, WSI_TOKEN_ORIGIN)) return true;
  int size = lws_hdr_copy(link->wsi, text + 1, sizeof text - 2, WSI_TOKEN_ORIGIN);
  if (size <= 0) return false;
  memcpy(text + 1 + size, "\n", 2);
  return strstr(link->listener->origins, text) != NULL;
}

/* The header is read by copy: `in` of CONFIRM_UPGRADE may be freed already in libwebsockets 4.1.6
 * (NN-2025-0102), and then the header is absent as well. */
int lteep_websocket_upgrade(lteep_link *link) {
  char *path;
  int size;
  if (!has_header(link, WSI_TOKEN_UPGRADE, "websocket", true)) return -1;
  if (!link->listener->path || lws_http_get_uri_and_method(link->wsi, &path, &size) < 0 ||
      (size_t)size != strlen(link->listener->path) ||
      memcmp(path, link->listener->path, (size_t)size) != 0)
    return lteep_http_refuse(link, 404, "");
  if (!lws_hdr_total_length(link->wsi, WSI_TOKEN_GET_URI))
    return lteep_http_refuse(link, 405, "Allow: GET\r\n");
  if (!has_header(link, WSI_TOKEN_VERSION, "13", false))
    return lteep_http_refuse(link, 426, "Sec-WebSocket-Version: 13\r\n");
  if (!is_origin_allowed(link)) return lteep_http_refuse(link, 403, "");
  if (!offers_sub_protocol(link)) return lteep_http_refuse(link, 400, "");
  return 0;
}

/* --- the client's side --- */

static int check_answer(lteep_link *link) {
  if (has_header(link, WSI_TOKEN_PROTOCOL, LTEEP_SUB_PROTOCOL, false)) return 0;
  lteep_link_fail(link, LTEEP_ERR_REFUSED, "the server does not speak " LTEEP_SUB_PROTOCOL);
  return -1;
}

static int note_status(lteep_link *link) {
  char text[40];
  unsigned int status = lws_http_client_http_response(link->wsi);
  lws_snprintf(text, sizeof text, "the server answered HTTP %u", status);
  if (status != 101) lteep_link_fail(link, LTEEP_ERR_REFUSED, text);
  return 0;
}

static int on_event(lteep_link *link, enum lws_callback_reasons reason, void *in, size_t size) {
  switch (reason) {
  case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
    return note_status(link);
  case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
    return check_answer(link);
  case LWS_CALLBACK_CLIENT_ESTABLISHED:
    opened(link, link->state);
    return 0;
  case LWS_CALLBACK_RECEIVE:
  case LWS_CALLBACK_CLIENT_RECEIVE:
    return on_piece(link, in, size);
  case LWS_CALLBACK_RECEIVE_PONG:
  case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
    return on_pong(link);
  case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    return on_peer_close(link, in, size);
  case LWS_CALLBACK_SERVER_WRITEABLE:
  case LWS_CALLBACK_CLIENT_WRITEABLE:
    return on_writable(link);
  default:
    return 0;
  }
}

const lteep_role lteep_role_websocket = {on_event, on_expire, on_leave, on_end};
