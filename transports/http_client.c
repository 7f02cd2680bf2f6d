/* Role of an HTTP request of ours: one connection, one request, one answer; loop:request. */
#include "transport.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "binding.h"

#define READ_SIZE 4096
#define FIELD_SIZE 256

typedef struct {
  const char *fields;   /* complete header lines, anchored in the hooks */
  lteep_store outgoing; /* LWS_PRE bytes, then the body */
  lteep_store incoming;
  unsigned int status;
  char content_type[FIELD_SIZE], location[FIELD_SIZE], retry_after[FIELD_SIZE];
  char **cursor, *start; /* where lws_http_client_read is, and where it began */
  bool chunked, done;
} exchange;

static int push_answer(lua_State *L, void *at) {
  const exchange *talk = at;
  lua_pushinteger(L, talk->status);
  lua_createtable(L, 0, 3);
  if (*talk->content_type) {
    lua_pushstring(L, talk->content_type);
    lua_setfield(L, -2, "content_type");
  }
  if (*talk->location) {
    lua_pushstring(L, talk->location);
    lua_setfield(L, -2, "location");
  }
  if (*talk->retry_after) {
    lua_pushstring(L, talk->retry_after);
    lua_setfield(L, -2, "retry_after");
  }
  lua_pushlstring(L, talk->incoming.at ? talk->incoming.at : "", talk->incoming.size);
  return 3;
}

static void on_end(lteep_link *link) {
  exchange *talk = link->state;
  if (!talk) return;
  link->state = NULL;
  if (talk->done) {
    lteep_loop_call(link->loop, link, "on_response", push_answer, talk);
  } else {
    lteep_link_fail(link, LTEEP_ERR_NOT_CONNECTED, "the connection was lost");
    lteep_loop_call(link->loop, link, "on_error", lteep_link_push_failure, link);
  }
  free(talk->outgoing.at);
  free(talk->incoming.at);
  free(talk);
}

static void on_expire(lteep_link *link) {
  lteep_link_fail(link, LTEEP_ERR_TIMED_OUT, "no answer in time");
  lteep_link_kill(link);
}

static int give_up(lteep_link *link, lteep_status status, const char *reason) {
  lteep_link_fail(link, status, reason);
  return -1;
}

/* --- sending --- */

static int add_fields(lteep_link *link, unsigned char **at, size_t room) {
  const exchange *talk = link->state;
  char length[48] = "";
  size_t body = talk->outgoing.size - LWS_PRE, size = strlen(talk->fields);
  if (body) lws_snprintf(length, sizeof length, "Content-Length: %zu\r\n", body);
  if (size + strlen(length) >= room) return give_up(link, LTEEP_ERR_TOO_LARGE, "header too large");
  memcpy(*at, talk->fields, size);
  memcpy(*at + size, length, strlen(length));
  *at += size + strlen(length);
  if (body) {
    lws_client_http_body_pending(link->wsi, 1);
    lws_callback_on_writable(link->wsi);
  }
  return 0;
}

static int send_body(lteep_link *link) {
  exchange *talk = link->state;
  size_t size = talk->outgoing.size - LWS_PRE;
  if (!size) return 0;
  talk->outgoing.size = LWS_PRE;
  lws_client_http_body_pending(link->wsi, 0);
  int written = lws_write(link->wsi, (unsigned char *)talk->outgoing.at + LWS_PRE, size,
                          LWS_WRITE_HTTP_FINAL);
  return written < 0 ? -1 : 0;
}

/* --- receiving --- */

static void copy_field(lteep_link *link, enum lws_token_indexes token, char *field) {
  if (lws_hdr_copy(link->wsi, field, FIELD_SIZE, token) < 0) *field = '\0';
}

static int on_head(lteep_link *link) {
  exchange *talk = link->state;
  talk->status = lws_http_client_http_response(link->wsi);
  talk->chunked = lws_hdr_total_length(link->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING);
  copy_field(link, WSI_TOKEN_HTTP_CONTENT_TYPE, talk->content_type);
  copy_field(link, WSI_TOKEN_HTTP_LOCATION, talk->location);
  copy_field(link, WSI_TOKEN_HTTP_RETRY_AFTER, talk->retry_after);
  return 0;
}

static int read_some(lteep_link *link) {
  exchange *talk = link->state;
  char buffer[LWS_PRE + READ_SIZE], *at = buffer + LWS_PRE;
  int size = READ_SIZE;
  talk->cursor = &at;
  talk->start = at;
  int result = lws_http_client_read(link->wsi, &at, &size);
  talk->cursor = NULL;
  return result < 0 ? -1 : 0;
}

/* Without Content-Length libwebsockets takes any hang-up for the end, even amid chunks; it has read
 * nothing then. */
static int on_complete(lteep_link *link) {
  exchange *talk = link->state;
  bool hung_up = talk->cursor && *talk->cursor == talk->start;
  if (talk->chunked && hung_up) return give_up(link, LTEEP_ERR_NOT_CONNECTED, "half an answer");
  talk->done = true;
  return -1; /* one request per connection: close; on_end tells Lua */
}

static int on_body(lteep_link *link, const void *in, size_t size) {
  exchange *talk = link->state;
  if (size > link->limits.message - talk->incoming.size)
    return give_up(link, LTEEP_ERR_TOO_LARGE, "the answer is larger than the limit");
  if (!lteep_store_append(&talk->incoming, in, size))
    return give_up(link, LTEEP_ERR_NO_MEMORY, "out of memory");
  return 0;
}

static int on_event(lteep_link *link, enum lws_callback_reasons reason, void *in, size_t size) {
  switch (reason) {
  case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    return add_fields(link, in, size);
  case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
    return send_body(link);
  case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
    return on_head(link);
  case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
    return read_some(link);
  case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
    return on_body(link, in, size);
  case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
    return on_complete(link);
  default:
    return 0;
  }
}

static void on_leave(lteep_link *link) {
  lteep_link_kill(link);
}

const lteep_role lteep_role_http_client = {on_event, on_expire, on_leave, on_end};

/* --- loop:request --- */

static const char *string_field(lua_State *L, const char *name, size_t *size) {
  lua_getfield(L, 2, name);
  const char *text = luaL_checklstring(L, -1, size);
  lua_pop(L, 1); /* the table keeps it */
  return text;
}

static bool begin(lteep_link *link, const char *fields, const char *body, size_t size) {
  static const char room[LWS_PRE];
  exchange *talk = link->state = calloc(1, sizeof *talk);
  if (!talk) return false;
  talk->fields = fields;
  return lteep_store_append(&talk->outgoing, room, sizeof room) &&
         lteep_store_append(&talk->outgoing, body, size);
}

/* loop:request(options). Options: address ("+path" of a unix socket), port, host, method, path,
 * fields (header lines), body, time (microseconds), limits; hooks on_response(handle, status,
 * headers, body), on_error(handle, message, code): exactly one of them is called, never before the
 * return. */
int lteep_request(lua_State *L) {
  lteep_loop *loop = lteep_check_loop(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lteep_limits limits = lteep_check_limits(L, 2);
  size_t size;
  lua_getfield(L, 2, "port");
  struct lws_client_connect_info info = {
      .address = string_field(L, "address", NULL),
      .port = (int)luaL_checkinteger(L, -1),
      .host = string_field(L, "host", NULL),
      .path = string_field(L, "path", NULL),
      .method = string_field(L, "method", NULL),
      .local_protocol_name = LTEEP_SLOT_HTTP,
      .ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
  };
  const char *fields = string_field(L, "fields", NULL), *body = string_field(L, "body", &size);
  lteep_link *link = lteep_link_new(loop, &lteep_role_http_client, &limits);
  if (!link || !begin(link, fields, body, size)) return luaL_error(L, "not enough memory");
  lteep_link_box(L, link, LTEEP_REQUEST, 2);
  if (info.address[0] == '+' && strlen(info.address) > sizeof((struct sockaddr_un *)0)->sun_path) {
    lteep_link_fail(link, LTEEP_ERR_CONFIG_INVALID, "the path of the socket is too long");
    return 0; /* libwebsockets would cut it and talk to another; the link ends in the next turn */
  }
  lteep_link_expire_in(link, limits.response);
  lteep_link_connect(link, &info);
  return 0;
}
