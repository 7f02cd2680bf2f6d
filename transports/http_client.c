/* Role of an HTTP request of ours: one connection, one request, one answer; loop:request.
 *
 * libwebsockets reads numbers of the answer leniently and overflows on long chunk sizes: on_head
 * and on_body let nothing through that RFC 9112 does not allow. */
#include "transport.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "binding.h"

#define READ_SIZE 4096
#define PATH_SIZE 1024
#define HEAD_SIZE 512
#define FIELD_SIZE 256
#define LENGTH_DIGITS 18 /* of Content-Length, so that it fits into 63 bits */
#define QUOTA 4096       /* bytes of a stream that have to come within the time for an answer */

#define EXCHANGE "teep.transport.exchange"

enum { CONTENT_LENGTH, TRANSFER_ENCODING, OTHER_FIELDS, FIELD_COUNT = OTHER_FIELDS + 5 };

static const struct {
  const char *name;
  enum lws_token_indexes token;
} fields[FIELD_COUNT] = {
    [CONTENT_LENGTH] = {"content_length", WSI_TOKEN_HTTP_CONTENT_LENGTH},
    [TRANSFER_ENCODING] = {"transfer_encoding", WSI_TOKEN_HTTP_TRANSFER_ENCODING},
    {"content_type", WSI_TOKEN_HTTP_CONTENT_TYPE},
    {"content_range", WSI_TOKEN_HTTP_CONTENT_RANGE},
    {"content_encoding", WSI_TOKEN_HTTP_CONTENT_ENCODING},
    {"location", WSI_TOKEN_HTTP_LOCATION},
    {"retry_after", WSI_TOKEN_HTTP_RETRY_AFTER},
};

typedef struct {
  const char *method, *path, *fields; /* the last: complete header lines; anchored in the hooks */
  lteep_store outgoing;               /* LWS_PRE bytes, then the body */
  lteep_store incoming;
  unsigned int status;
  char field[FIELD_COUNT][FIELD_SIZE]; /* of the answer, as in `fields` */
  char **cursor, *start;               /* where lws_http_client_read is, and where it began */
  size_t since; /* bytes of the stream that came since the deadline was set */
  bool stream, chunked, done;
} exchange;

static int push_head(lua_State *L, void *at) {
  const exchange *talk = at;
  lua_pushinteger(L, talk->status);
  lua_createtable(L, 0, FIELD_COUNT);
  for (int i = 0; i < FIELD_COUNT; i++) {
    if (!*talk->field[i]) continue;
    lua_pushstring(L, talk->field[i]);
    lua_setfield(L, -2, fields[i].name);
  }
  return 2;
}

static int push_answer(lua_State *L, void *at) {
  const exchange *talk = at;
  push_head(L, at);
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

/* libwebsockets puts "Pragma: no-cache" and "Cache-Control: no-cache" behind the request line,
 * whatever is asked for; TEEP over HTTP rules Cache-Control out (section 4 of
 * draft-ietf-teep-otrp-over-http). The request line is looked for from behind: what follows it,
 * Host and Connection, is shorter than HEAD_SIZE. */
static void drop_cache_fields(const exchange *talk, unsigned char **at) {
  static const char unwanted[] = "Pragma: no-cache\r\nCache-Control: no-cache\r\n";
  const size_t size = sizeof unwanted - 1;
  char line[PATH_SIZE + sizeof unwanted + 32];
  size_t length = (size_t)lws_snprintf(line, sizeof line, "%s %s HTTP/1.1\r\n%s", talk->method,
                                       talk->path, unwanted);
  for (size_t rest = 0; rest < HEAD_SIZE; rest++) {
    unsigned char *end = *at - rest;
    if (memcmp(end - length, line, length) != 0) continue;
    memmove(end - size, end, rest);
    *at -= size;
    return;
  }
}

static int add_fields(lteep_link *link, unsigned char **at, size_t room) {
  const exchange *talk = link->state;
  drop_cache_fields(talk, at);
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

/* RFC 9112, section 6: a length of digits or chunks, never both. */
static bool is_framed(const exchange *talk) {
  const char *length = talk->field[CONTENT_LENGTH], *coding = talk->field[TRANSFER_ENCODING];
  size_t digits = strspn(length, "0123456789");
  if (length[digits] || digits > LENGTH_DIGITS) return false;
  return !*coding || (!*length && strcmp(coding, "chunked") == 0);
}

static bool copy_fields(lteep_link *link) {
  exchange *talk = link->state;
  for (int i = 0; i < FIELD_COUNT; i++) {
    char *field = talk->field[i];
    if (!lws_hdr_total_length(link->wsi, fields[i].token)) continue;
    if (lws_hdr_copy(link->wsi, field, FIELD_SIZE, fields[i].token) <= 0) return false;
  }
  return true;
}

/* Tell Lua of a piece of a stream, which may cancel it. */
static int tell(lteep_link *link, const char *hook, lteep_pusher push, void *argument) {
  if (!lteep_loop_call(link->loop, link, hook, push, argument))
    return give_up(link, LTEEP_ERR_IO_FAILED, "the receiver failed");
  return link->failure ? -1 : 0;
}

/* No body follows 204 and 304 (RFC 9112, section 6.3), but libwebsockets would wait for one. */
static int on_head(lteep_link *link) {
  exchange *talk = link->state;
  talk->status = lws_http_client_http_response(link->wsi);
  if (talk->status < 200 || talk->status > 599 || !copy_fields(link) || !is_framed(talk))
    return give_up(link, LTEEP_ERR_REFUSED, "the header of the answer is not valid");
  talk->chunked = *talk->field[TRANSFER_ENCODING];
  if (talk->stream && tell(link, "on_head", push_head, talk)) return -1;
  talk->done = talk->status == 204 || talk->status == 304;
  return talk->done ? -1 : 0;
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

typedef struct {
  const char *at;
  size_t size;
} piece;

static int push_piece(lua_State *L, void *at) {
  const piece *read = at;
  lua_pushlstring(L, read->at, read->size);
  return 1;
}

static int on_piece(lteep_link *link, const void *in, size_t size) {
  exchange *talk = link->state;
  piece read = {in, size};
  talk->since += size;
  if (talk->since >= QUOTA) {
    talk->since = 0;
    lteep_link_expire_in(link, link->limits.response);
  }
  return tell(link, "on_data", push_piece, &read);
}

/* A chunk size beyond 31 bits turns into a negative number in libwebsockets 4.1.6. */
static int on_body(lteep_link *link, const void *in, size_t size) {
  exchange *talk = link->state;
  if (size > READ_SIZE) return give_up(link, LTEEP_ERR_TOO_LARGE, "a chunk is too large");
  if (talk->stream) return on_piece(link, in, size);
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

/* --- the exchange as Lua sees it --- */

/* exchange:cancel(): it ends with on_error, not_connected, in one of the next turns. */
static int exchange_cancel(lua_State *L) {
  lteep_link *link = *(lteep_link **)luaL_checkudata(L, 1, EXCHANGE);
  if (!link) return 0;
  lteep_link_fail(link, LTEEP_ERR_NOT_CONNECTED, "cancelled");
  lteep_link_kill(link);
  return 0;
}

static int exchange_gc(lua_State *L) {
  lteep_link **box = luaL_checkudata(L, 1, EXCHANGE);
  if (*box) (*box)->box = NULL;
  *box = NULL;
  return 0;
}

void lteep_exchange_class(lua_State *L) {
  static const luaL_Reg class[] = {{"cancel", exchange_cancel}, {NULL, NULL}};
  luaL_newmetatable(L, EXCHANGE);
  luaL_newlib(L, class);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, exchange_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}

/* --- loop:request --- */

static const char *string_field(lua_State *L, const char *name, size_t *size) {
  lua_getfield(L, 2, name);
  const char *text = luaL_checklstring(L, -1, size);
  lua_pop(L, 1); /* the table keeps it */
  return text;
}

static bool begin(lteep_link *link, const exchange *wanted, const char *body, size_t size) {
  static const char room[LWS_PRE];
  exchange *talk = link->state = malloc(sizeof *talk);
  if (!talk) return false;
  *talk = *wanted;
  return lteep_store_append(&talk->outgoing, room, sizeof room) &&
         lteep_store_append(&talk->outgoing, body, size);
}

/* loop:request(options) -> exchange. Options: address ("+path" of a unix socket), port, host,
 * authorities (with TLS), method, path, fields (header lines), body, stream, limits; hooks
 * on_response(exchange, status, headers, body), on_error(exchange, message, code): exactly one of
 * them is called, never before the return. With `stream` the body goes to on_data(exchange, bytes)
 * as it arrives, after on_head(exchange, status, headers). */
int lteep_request(lua_State *L) {
  lteep_loop *loop = lteep_check_loop(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lteep_limits limits = lteep_check_limits(L, 2);
  size_t size;
  lua_getfield(L, 2, "stream");
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
  exchange wanted = {.method = info.method,
                     .path = info.path,
                     .fields = string_field(L, "fields", NULL),
                     .stream = lua_toboolean(L, -2)};
  const char *body = string_field(L, "body", &size);
  luaL_argcheck(L, strlen(info.path) <= PATH_SIZE, 2, "path too long");
  lteep_link *link = lteep_link_new(loop, &lteep_role_http_client, &limits);
  if (!link || !begin(link, &wanted, body, size)) return luaL_error(L, "not enough memory");
  lteep_link_box(L, link, EXCHANGE, 2);
  if (info.address[0] == '+' && strlen(info.address) > sizeof((struct sockaddr_un *)0)->sun_path) {
    lteep_link_fail(link, LTEEP_ERR_CONFIG_INVALID, "the path of the socket is too long");
    return 1; /* libwebsockets would cut it and talk to another; the link ends in the next turn */
  }
  lteep_link_expire_in(link, limits.response);
  if (lteep_tls_connect(L, link, &info)) lteep_link_connect(link, &info);
  return 1;
}
