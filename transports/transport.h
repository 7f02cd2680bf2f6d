/* Shared by the files of module teep.transport.lws: one event loop over libwebsockets.
 *
 * Who owns what. `lteep_loop`, `lteep_listener` and `lteep_timer` live in Lua userdata. A
 * `lteep_link` is one socket; it is born when a peer is accepted or a connection attempt starts and
 * dies when libwebsockets destroys the wsi; Lua sees it through a box that is emptied then.
 * Uservalue 1 of each userdata is its table of hooks (Lua functions), uservalue 2 its loop; that of
 * the loop anchors (address -> userdata) what must not be collected while libwebsockets knows it.
 *
 * Lua runs only inside lteep_loop_call, which is protected: no Lua error crosses a frame of
 * libwebsockets. Functions of the API never call back before they return, and nothing frees a wsi
 * from inside its own callback.
 */
#ifndef LTEEP_TRANSPORT_H
#define LTEEP_TRANSPORT_H

#include <ev.h>
#include <lauxlib.h>
#include <libwebsockets.h>
#include <lua.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "luateep/status.h"

#define LTEEP_LOOP "teep.transport.loop"
#define LTEEP_SERVER "teep.transport.server"
#define LTEEP_CONNECTION "teep.transport.connection"
#define LTEEP_REQUEST "teep.transport.request"
#define LTEEP_TIMER "teep.transport.timer"

/* Names of the protocol slots. The first and the last hold characters no Sec-WebSocket-Protocol
 * token may have: a peer can only ever select the one of the TEEP binding. */
#define LTEEP_SLOT_HTTP "(http)"
#define LTEEP_SLOT_LISTENER "(listener)"
#define LTEEP_SUB_PROTOCOL "v0.teep.cbor"

typedef struct lteep_loop lteep_loop;
typedef struct lteep_link lteep_link;
typedef struct lteep_deadline lteep_deadline;
typedef struct lteep_trust lteep_trust;

/* --- deadlines (timer.c): a heap of points in time, one per link and per Lua timer --- */

struct lteep_deadline {
  lws_usec_t at;   /* 0: not set */
  size_t position; /* in the heap, from 1; 0: not in it */
  void (*fire)(lteep_loop *loop, lteep_deadline *deadline);
};

/* Make room for one more deadline, so that setting it cannot fail; false when out of memory. */
bool lteep_deadline_reserve(lteep_loop *loop);
/* Give the room back; takes the deadline out of the heap. */
void lteep_deadline_release(lteep_loop *loop, lteep_deadline *deadline);
/* Fire once at `at`; 0 takes it out. */
void lteep_deadline_set(lteep_loop *loop, lteep_deadline *deadline, lws_usec_t at);
/* Microseconds until the earliest deadline, 0 if one is due; -1 without any. */
lws_usec_t lteep_deadlines_wait(const lteep_loop *loop);
void lteep_deadlines_fire(lteep_loop *loop);

int lteep_timer_new(lua_State *L);
void lteep_timer_class(lua_State *L);

/* --- the loop (loop.c) --- */

struct lteep_loop {
  struct lws_context *context;         /* NULL: closed */
  struct lws_vhost *vhost, *tls_vhost; /* tls_vhost: of servers with TLS, NULL: none yet */
  lteep_trust *trusts;                 /* authorities of clients with TLS */
  struct ev_loop *ev;                  /* NULL: poll */
  ev_timer wake;
  lws_sorted_usec_list_t beat, poll_wake;
  lteep_deadline **heap;
  size_t heap_size, heap_capacity, reserved;
  lteep_link *links;
  size_t listeners;
  lua_State *L; /* main thread (LUA_RIDX_MAINTHREAD): coroutines come and go */
  bool in_turn, stopped, close_asked;
};

int lteep_loop_new(lua_State *L);
void lteep_loop_class(lua_State *L);
lteep_loop *lteep_check_loop(lua_State *L, int index);

typedef enum { LTEEP_VHOST_PLAIN, LTEEP_VHOST_TLS_SERVER, LTEEP_VHOST_TLS_CLIENT } lteep_vhost;

/* Make a vhost, which lives as long as the loop; `tls` is for clients, and stays the caller's. NULL
 * when out of memory. */
struct lws_vhost *lteep_loop_vhost(lteep_loop *loop, lteep_vhost kind, SSL_CTX *tls);

/* --- from C into Lua (hooks.c) --- */

/* Remember the userdata at `index`, weakly, as that of `loop`. */
void lteep_loop_register(lua_State *L, lteep_loop *loop, int index);
/* Push the userdata of the loop; nil while it is being collected. */
void lteep_loop_push(lua_State *L, lteep_loop *loop);
/* Keep the userdata on top of the stack alive as that of `address`; pops it. */
void lteep_loop_anchor(lua_State *L, lteep_loop *loop, void *address);
void lteep_loop_release(lteep_loop *loop, void *address);

/* Pushes the arguments of a call, returns how many; runs protected. */
typedef int (*lteep_pusher)(lua_State *L, void *argument);

/* Call function `name` of the hooks (uservalue 1) of the userdata anchored for `address`, with that
 * userdata and what `push` pushes. False when it threw; the error went to the hook `on_error` of
 * the loop. Without such an object or hook nothing is called and the result is true. */
bool lteep_loop_call(lteep_loop *loop, void *address, const char *name, lteep_pusher push,
                     void *argument);
/* Run `function(L)` protected, `argument` as light userdata at index 1. */
bool lteep_loop_protect(lteep_loop *loop, lua_CFunction function, void *argument);

/* --- limits of a server or client; times in microseconds --- */

typedef struct {
  size_t message;              /* bytes of an incoming message or body */
  size_t incoming;             /* bytes of unfinished ones on all connections of a server */
  size_t incoming_per_address; /* of these from one IPv4 address or IPv6 /64 */
  size_t queue;                /* bytes waiting to be sent */
  size_t fragments;            /* of one message */
  size_t connections;          /* of a server */
  size_t per_address;          /* of a server, from one IPv4 address or IPv6 /64 */
  lws_usec_t handshake;
  lws_usec_t message_time; /* from the first to the last fragment */
  lws_usec_t ping;         /* after this silence */
  lws_usec_t pong;
  lws_usec_t idle;
  lws_usec_t response;  /* of the handler of an HTTP request */
  lws_usec_t keepalive; /* of an idle HTTP connection */
} lteep_limits;

/* Read field `limits` of the table at `index`: numbers, checked by the Lua face. */
lteep_limits lteep_check_limits(lua_State *L, int index);

/* --- listeners (listener.c) --- */

#define LTEEP_ADDRESS_BUCKETS 256

typedef struct {
  lteep_loop *loop;
  struct lws *wsi; /* NULL: closed */
  int fd;
  int spare; /* descriptor given up for a moment when none is left */
  int port;
  char *socket_path; /* of a unix socket; removed at close if it is still the one made here */
  dev_t device;
  ino_t inode;
  const char *path;    /* of the WebSocket endpoint, NULL: none; anchored in the hooks */
  const char *origins; /* "\norigin\norigin\n", anchored in the hooks */
  bool http;
  SSL_CTX *tls; /* certificate and key; NULL: no TLS */
  size_t count;
  size_t held; /* bytes of unfinished messages */
  lteep_link *by_address[LTEEP_ADDRESS_BUCKETS];
  lteep_limits limits;
} lteep_listener;

int lteep_listener_new(lua_State *L);
int lteep_listener_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                         size_t size);
/* Count bytes of an unfinished message towards the budget of the server; false when they would
 * exceed it, or the share of the peer's address. The links of clients have no budget. */
bool lteep_listener_hold(lteep_link *link, size_t size);
/* Give back all that the link holds: its message is finished or dropped. */
void lteep_listener_release(lteep_link *link);
/* Forget a link that was accepted here. */
void lteep_listener_forget(lteep_listener *listener, lteep_link *link);
void lteep_server_class(lua_State *L);

/* --- listening sockets (socket.c) --- */

/* -1 with errno. A stale socket file is replaced; EADDRINUSE when somebody listens on it, EEXIST
 * when something other than a socket lies there. The file has mode 0600. */
int lteep_socket_listen_unix(const char *path);
/* -1 with errno; EINVAL for an address that is not numeric. Port 0: any; `bound` gets the real. */
int lteep_socket_listen_tcp(const char *address, int port, int *bound);

/* Make what the next function counts exact. */
void lteep_socket_prepare(int fd);
/* How many bytes were read from a TCP socket; LTEEP_UNKNOWN where it cannot be told. */
uint64_t lteep_socket_taken(int fd);

#define LTEEP_UNKNOWN UINT64_MAX

/* --- TLS (tls.c) --- */

/* Read a certificate with its chain and a private key, both PEM, for a server. NULL: `problem`
 * names the file and says what is wrong with it. */
SSL_CTX *lteep_tls_load(const char *certificate, const char *key, char *problem, size_t size);
/* Whether certificate and chain are valid today; otherwise `problem` says which date is over, or
 * has not come. */
bool lteep_tls_is_current(SSL_CTX *tls, char *problem, size_t size);
void lteep_tls_free(SSL_CTX *tls);
/* For LOAD_EXTRA_SERVER_VERIFY_CERTS: set up the context of the vhost. */
int lteep_tls_prepare(SSL_CTX *tls);
/* Adopt a connection that starts with a TLS handshake, with the certificate of the listener. */
struct lws *lteep_tls_adopt(lteep_listener *listener, lws_adopt_desc_t *info);

/* Make the attempt `info` one with TLS if the table at index 2, the hooks, has `authorities`: a PEM
 * file, or "" for those of the system. info->address, which the table keeps, is the name that is
 * verified. False: the link has failed (config_invalid, no_memory), do not connect. */
bool lteep_tls_connect(lua_State *L, lteep_link *link, struct lws_client_connect_info *info);
/* For PERFORM_SERVER_CERT_VERIFICATION: 0 when the certificate will do. */
int lteep_tls_verify(lteep_link *link, X509_STORE_CTX *chain, bool good);
/* True when `reason` is that of a TLS handshake gone wrong: the link has failed with tls_failed. */
bool lteep_tls_explain(lteep_link *link, const char *reason);
void lteep_tls_free_trusts(lteep_loop *loop);
/* How many bytes OpenSSL has read from the socket. */
uint64_t lteep_tls_taken(struct lws *wsi);

/* --- links (link.c) --- */

typedef struct {
  int (*event)(lteep_link *link, enum lws_callback_reasons reason, void *in, size_t size);
  void (*expire)(lteep_link *link);
  void (*leave)(lteep_link *link); /* the server closes */
  void (*end)(lteep_link *link);   /* tell Lua and free what the role allocated */
} lteep_role;

typedef struct {
  bool local; /* unix socket: uid, gid, pid */
  uid_t uid;
  gid_t gid;
  pid_t pid;
  uint8_t key[16]; /* IPv4 address, or the first 64 bits of an IPv6 address */
  char address[46];
  int port;
} lteep_peer;

typedef struct {
  char *at;
  size_t size, capacity;
} lteep_store;

struct lteep_link {
  lteep_loop *loop;
  lteep_link *next, **self; /* in loop->links */
  struct lws *wsi;          /* NULL: gone */
  const lteep_role *role;
  lteep_listener *listener;           /* NULL: client */
  lteep_link *next_same, **self_same; /* in listener->by_address */
  void **box;                         /* what Lua holds; emptied when the link ends */
  void *state;                        /* of the role */
  size_t held;                        /* bytes counted in listener->held */
  bool connecting;                    /* inside lws_client_connect_via_info */
  const char *tls_name;               /* server to verify, anchored in the hooks; NULL: no TLS */
  bool verified;                      /* it is who it says */
  bool served;                        /* an HTTP request was answered on it */
  bool completing;                    /* the answer is not yet with the kernel */
  uint64_t taken;                     /* bytes read when that was done, or LTEEP_UNKNOWN */
  lteep_deadline deadline;
  lteep_peer peer;
  lteep_limits limits;
  lteep_status failure; /* why a client link failed */
  char reason[124];
};

/* How many bytes libwebsockets has read from the socket, encrypted ones with TLS; LTEEP_UNKNOWN on
 * a unix socket. */
uint64_t lteep_link_taken(const lteep_link *link);

/* Without a wsi and unless the deadline is set anew, the link ends in the next turn: whoever fails
 * or throws half-way leaves nothing behind. */
lteep_link *lteep_link_new(lteep_loop *loop, const lteep_role *role, const lteep_limits *limits);
/* The wsi is gone or never came to be: tell Lua, free. */
void lteep_link_end(lteep_link *link);
/* Destroy the socket soon (at full load within a second), without a closing handshake. */
void lteep_link_kill(lteep_link *link);
/* Expire after this time; 0: in the next turn. */
void lteep_link_expire_in(lteep_link *link, lws_usec_t time);
/* Make the userdata that shows the link to Lua; the hooks are at `hooks`. Leaves it on the stack.
 */
void lteep_link_box(lua_State *L, lteep_link *link, const char *metatable, int hooks);
void lteep_link_fail(lteep_link *link, lteep_status status, const char *reason);
/* Push reason and code of a failed client link: arguments of on_error. */
int lteep_link_push_failure(lua_State *L, void *link);
void lteep_peer_push(lua_State *L, const lteep_peer *peer);
int lteep_link_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t size);

/* Append to a growing store; false when out of memory. */
bool lteep_store_append(lteep_store *store, const void *at, size_t size);

/* --- roles --- */

extern const lteep_role lteep_role_http_server;
extern const lteep_role lteep_role_http_client;
extern const lteep_role lteep_role_websocket;

/* Answer before any handler is asked and give the connection up. */
int lteep_http_refuse(lteep_link *link, int status, const char *fields);
/* For HTTP_BIND_PROTOCOL: a transaction may be over. */
void lteep_http_bound(lteep_link *link);
/* The server's decision on "Upgrade:": 0 go on, else what lws wants (1 answered, -1 hang up). */
int lteep_websocket_upgrade(lteep_link *link);
/* The handshake of an accepted connection is done: it is a WebSocket from now on. */
int lteep_websocket_accepted(lteep_link *link);
/* Allocate the state of the role; false when out of memory. */
bool lteep_websocket_begin(lteep_link *link);
/* Queue one message: not_connected, limit_reached (queue), no_memory. */
lteep_status lteep_websocket_send(lteep_link *link, const char *at, size_t size);
/* Close after what is queued; `text` has at most 123 bytes. */
void lteep_websocket_close(lteep_link *link, int code, const char *text);
void lteep_connection_class(lua_State *L);
void lteep_request_class(lua_State *L);
void lteep_exchange_class(lua_State *L);

int lteep_connect(lua_State *L);
int lteep_request(lua_State *L);
/* Start the attempt described by `info` for `link`; a failure is told to Lua in the next turn. */
void lteep_link_connect(lteep_link *link, struct lws_client_connect_info *info);

#endif
