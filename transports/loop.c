/* The event loop: one libwebsockets context, driven by a libev loop of ours or by poll().
 *
 * Under the libev plugin lws_service() does not return per event, so the loop is ours ("foreign")
 * and a turn is one ev_run(EVRUN_ONCE): stopping, signals and deadlines are looked at between
 * turns, outside of libwebsockets. Where package libwebsockets-evlib-ev is missing, poll() takes
 * its place; it costs O(connections) a wake-up. */
#include "transport.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "binding.h"

#define HANDSHAKE_POOL 4096 /* header tables: connections in their handshake at a time */
#define FRAME_BUFFER 4096   /* bytes read at a time; kept for every WebSocket */
#define WRITE_SIZE 65536    /* bytes written at a time */

/* A resumed TLS session would skip the verification of the server. 4.1.6 resumes none. */
#ifndef LWS_SERVER_OPTION_DISABLE_TLS_SESSION_CACHE
#define LWS_SERVER_OPTION_DISABLE_TLS_SESSION_CACHE 0
#endif

static const struct lws_protocols slots[] = {
    {.name = LTEEP_SLOT_HTTP, .callback = lteep_link_event, .tx_packet_size = WRITE_SIZE},
    {.name = LTEEP_SUB_PROTOCOL,
     .callback = lteep_link_event,
     .rx_buffer_size = FRAME_BUFFER,
     .tx_packet_size = WRITE_SIZE},
    {.name = LTEEP_SLOT_LISTENER, .callback = lteep_listener_event},
    {.name = NULL},
};

/* Of the loop that runs and gets the signals. */
static struct lws_context *volatile noting;

static bool has_ipv6(void) {
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  close(fd);
  return true;
}

static void create_context(lteep_loop *loop) {
  void *foreign[] = {loop->ev};
  struct lws_context_creation_info info = {
      .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                 (loop->ev ? LWS_SERVER_OPTION_LIBEV : 0),
      .foreign_loops = loop->ev ? foreign : NULL,
      .max_http_header_pool2 = HANDSHAKE_POOL,
      .timeout_secs = 60, /* ours are the deadlines of the links; these only back them up */
      .pt_serv_buf_size = FRAME_BUFFER,
  };
  loop->context = lws_create_context(&info);
}

/* libev first, poll when its plugin is missing. */
static void open_engine(lteep_loop *loop, bool poll) {
  if (!poll && (loop->ev = ev_loop_new(EVFLAG_AUTO))) {
    create_context(loop);
    if (loop->context) return;
    ev_loop_destroy(loop->ev);
    loop->ev = NULL;
  }
  create_context(loop);
}

/* The libev plugin looks for new timeouts of libwebsockets only when no socket has an event, which
 * may never be at full load; but a timer that runs already goes on. This one always runs, so they
 * come a second late at worst. */
static void beat(lws_sorted_usec_list_t *list) {
  lteep_loop *loop = lws_container_of(list, lteep_loop, beat);
  lws_sul_schedule(loop->context, 0, list, beat, LWS_US_PER_SEC);
}

/* Listening is ours. No extensions, no h2, no proxy from the environment (an empty address keeps
 * libwebsockets from reading http_proxy). libwebsockets looks for a vhost by the Host field, first
 * among the names, then among the "ports": no host begins with a colon, and servers with TLS have a
 * port of their own, so a connection stays where it is. */
struct lws_vhost *lteep_loop_vhost(lteep_loop *loop, lteep_vhost kind, SSL_CTX *tls) {
  bool serves_tls = kind == LTEEP_VHOST_TLS_SERVER;
  struct lws_context_creation_info info = {
      .port = serves_tls ? CONTEXT_PORT_NO_LISTEN_SERVER : CONTEXT_PORT_NO_LISTEN,
      .vhost_name = ":",
      .protocols = slots,
      .alpn = "http/1.1",
      .http_proxy_address = "",
      .options = (has_ipv6() ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6) |
                 (kind == LTEEP_VHOST_PLAIN ? 0 : LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT) |
                 LWS_SERVER_OPTION_DISABLE_TLS_SESSION_CACHE |
                 (serves_tls ? LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX : 0),
      .provided_client_ssl_ctx = tls,
      .keepalive_timeout = 3600,
      .connect_timeout_secs = 60,
  };
  return lws_create_vhost(loop->context, &info);
}

/* Every socket goes down with the context; hooks told of it may not start anything new. */
static void destroy_engine(lteep_loop *loop) {
  struct lws_context *context = loop->context;
  if (noting == context) noting = NULL;
  loop->context = NULL;
  loop->in_turn = true;
  lws_sul_cancel(&loop->beat);
  if (context) lws_context_destroy(context);
  while (loop->links) lteep_link_end(loop->links);
  lteep_tls_free_trusts(loop);
  if (loop->ev) ev_loop_destroy(loop->ev);
  loop->ev = NULL;
  loop->in_turn = false;
}

static void woken(struct ev_loop *ev, ev_timer *wake, int events) {
  (void)ev, (void)wake, (void)events;
}

/* Due already when lws_service() looks, which is only before it waits: make it not wait. */
static void poll_woken(lws_sorted_usec_list_t *wake) {
  lws_cancel_service(lws_container_of(wake, lteep_loop, poll_wake)->context);
}

/* write() says so too, to whoever can do something about it. */
static void ignore(int signal_number) {
  struct sigaction old;
  if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
    signal(signal_number, SIG_IGN);
}

/* loop(hooks, poll, log_level) -> loop | nil, message, code; hooks: on_error(loop, message),
 * on_signal(loop, name). */
int lteep_loop_new(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  bool poll = lua_toboolean(L, 2);
  lws_set_log_level((int)luaL_optinteger(L, 3, 0), NULL);
  lteep_loop *loop = lua_newuserdatauv(L, sizeof *loop, 2);
  memset(loop, 0, sizeof *loop);
  luaL_setmetatable(L, LTEEP_LOOP);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  lua_newtable(L);
  lua_setiuservalue(L, -2, 2);
  lteep_loop_register(L, loop, -1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  loop->L = lua_tothread(L, -1);
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  lteep_loop_anchor(L, loop, loop);
  ev_init(&loop->wake, woken);
  ignore(SIGPIPE);
  ignore(SIGXFSZ); /* RLIMIT_FSIZE: a file that may not grow */
  open_engine(loop, poll);
  if (loop->context) {
    loop->vhost = lteep_loop_vhost(loop, LTEEP_VHOST_PLAIN, NULL);
    if (loop->ev) lws_sul_schedule(loop->context, 0, &loop->beat, beat, LWS_US_PER_SEC);
  }
  if (loop->vhost) return 1;
  destroy_engine(loop);
  return lteep_push_failure(L, LTEEP_ERR_NO_MEMORY, "libwebsockets");
}

lteep_loop *lteep_check_loop(lua_State *L, int index) {
  lteep_loop *loop = luaL_checkudata(L, index, LTEEP_LOOP);
  if (!loop->context) luaL_argerror(L, index, "the loop is closed");
  return loop;
}

/* --- turns --- */

static void wait_ev(lteep_loop *loop, lws_usec_t wait) {
  if (wait >= 0) {
    ev_now_update(loop->ev);
    ev_timer_set(&loop->wake, (double)wait / 1e6, 0.);
    ev_timer_start(loop->ev, &loop->wake);
  }
  ev_run(loop->ev, EVRUN_ONCE);
  ev_timer_stop(loop->ev, &loop->wake);
}

/* poll() waits for whole milliseconds, rounded down from what is left when it is called: without
 * the margin the last one would be spent spinning. */
static void wait_poll(lteep_loop *loop, lws_usec_t wait) {
  const lws_usec_t margin = LWS_US_PER_MS + LWS_US_PER_MS / 2;
  lws_usec_t wake = wait ? wait + margin : 1;
  if (wait >= 0) lws_sul_schedule(loop->context, 0, &loop->poll_wake, poll_woken, wake);
  lws_service(loop->context, 0);
  lws_sul_cancel(&loop->poll_wake);
}

/* False when nothing can ever happen any more. */
static bool turn(lteep_loop *loop) {
  if (!loop->reserved && !loop->listeners) return false;
  loop->in_turn = true;
  lws_usec_t wait = lteep_deadlines_wait(loop);
  if (loop->ev)
    wait_ev(loop, wait);
  else
    wait_poll(loop, wait);
  lteep_deadlines_fire(loop);
  loop->in_turn = false;
  if (loop->close_asked) destroy_engine(loop);
  return true;
}

static lteep_loop *check_idle_loop(lua_State *L) {
  lteep_loop *loop = lteep_check_loop(L, 1);
  if (loop->in_turn) luaL_error(L, "the loop runs already: wait inside of a task (teep.task.run)");
  return loop;
}

static int loop_step(lua_State *L) {
  lua_pushboolean(L, turn(check_idle_loop(L)));
  return 1;
}

/* --- signals: noted by the handler, told to Lua between turns --- */

static volatile sig_atomic_t noted_interrupt, noted_termination;

/* lws_cancel_service only writes to an eventfd. */
static void note_signal(int number) {
  if (number == SIGINT)
    noted_interrupt = 1;
  else
    noted_termination = 1;
  if (noting) lws_cancel_service(noting);
}

static int push_name(lua_State *L, void *name) {
  lua_pushstring(L, name);
  return 1;
}

static void tell_signal(lteep_loop *loop, volatile sig_atomic_t *noted, const char *name) {
  if (!*noted || !loop->context) return;
  *noted = 0;
  if (!lteep_loop_call(loop, loop, "on_signal", push_name, (void *)name)) loop->stopped = true;
}

static void run(lteep_loop *loop) {
  struct sigaction note = {.sa_handler = note_signal}, interrupt, termination;
  struct lws_context *outer = noting;
  noting = loop->context;
  sigaction(SIGINT, &note, &interrupt);
  sigaction(SIGTERM, &note, &termination);
  while (!loop->stopped && loop->context && turn(loop)) {
    tell_signal(loop, &noted_interrupt, "SIGINT");
    tell_signal(loop, &noted_termination, "SIGTERM");
  }
  loop->stopped = false;
  sigaction(SIGINT, &interrupt, NULL);
  sigaction(SIGTERM, &termination, NULL);
  noting = outer;
}

static int loop_run(lua_State *L) {
  run(check_idle_loop(L));
  return 0;
}

static int loop_stop(lua_State *L) {
  lteep_check_loop(L, 1)->stopped = true;
  return 0;
}

static int loop_close(lua_State *L) {
  lteep_loop *loop = luaL_checkudata(L, 1, LTEEP_LOOP);
  loop->close_asked = loop->stopped = true;
  if (!loop->in_turn) destroy_engine(loop);
  return 0;
}

static int loop_gc(lua_State *L) {
  lteep_loop *loop = luaL_checkudata(L, 1, LTEEP_LOOP);
  destroy_engine(loop);
  /* Timers outlive their loop when a finalizer that runs later still holds them. */
  while (loop->heap_size) lteep_deadline_set(loop, loop->heap[0], 0);
  free(loop->heap);
  loop->heap = NULL;
  loop->heap_capacity = 0;
  return 0;
}

static int loop_engine(lua_State *L) {
  lua_pushstring(L, lteep_check_loop(L, 1)->ev ? "ev" : "poll");
  return 1;
}

void lteep_loop_class(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"run", loop_run},
      {"step", loop_step},
      {"stop", loop_stop},
      {"close", loop_close},
      {"engine", loop_engine},
      {"timer", lteep_timer_new},
      {"serve", lteep_listener_new},
      {"connect", lteep_connect},
      {"request", lteep_request},
      {NULL, NULL},
  };
  luaL_newmetatable(L, LTEEP_LOOP);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, loop_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
