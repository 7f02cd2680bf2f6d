/* Deadlines: a binary heap, and the timers of Lua on top of it.
 *
 * libwebsockets 4.1.6 under libev re-arms its timer only when it fires, so a deadline set while a
 * later one is armed comes late; hence our own. */
#include "transport.h"

#include <stdlib.h>

static void place(lteep_loop *loop, size_t position, lteep_deadline *deadline) {
  loop->heap[position - 1] = deadline;
  deadline->position = position;
}

static void rise(lteep_loop *loop, lteep_deadline *deadline) {
  size_t position = deadline->position;
  while (position > 1 && loop->heap[position / 2 - 1]->at > deadline->at) {
    place(loop, position, loop->heap[position / 2 - 1]);
    position /= 2;
  }
  place(loop, position, deadline);
}

static void sink(lteep_loop *loop, lteep_deadline *deadline) {
  size_t position = deadline->position;
  for (size_t child; (child = 2 * position) <= loop->heap_size; position = child) {
    if (child < loop->heap_size && loop->heap[child]->at < loop->heap[child - 1]->at) child++;
    if (loop->heap[child - 1]->at >= deadline->at) break;
    place(loop, position, loop->heap[child - 1]);
  }
  place(loop, position, deadline);
}

static void take_out(lteep_loop *loop, lteep_deadline *deadline) {
  lteep_deadline *last = loop->heap[--loop->heap_size];
  if (last != deadline) {
    place(loop, deadline->position, last);
    rise(loop, last);
    sink(loop, last);
  }
  deadline->position = 0;
  deadline->at = 0;
}

bool lteep_deadline_reserve(lteep_loop *loop) {
  if (loop->reserved == loop->heap_capacity) {
    size_t capacity = loop->heap_capacity ? 2 * loop->heap_capacity : 16;
    lteep_deadline **heap = realloc(loop->heap, capacity * sizeof *heap);
    if (!heap) return false;
    loop->heap = heap;
    loop->heap_capacity = capacity;
  }
  loop->reserved++;
  return true;
}

void lteep_deadline_release(lteep_loop *loop, lteep_deadline *deadline) {
  lteep_deadline_set(loop, deadline, 0);
  loop->reserved--;
}

void lteep_deadline_set(lteep_loop *loop, lteep_deadline *deadline, lws_usec_t at) {
  if (deadline->position) take_out(loop, deadline);
  if (!at) return;
  deadline->at = at;
  deadline->position = ++loop->heap_size;
  rise(loop, deadline);
}

lws_usec_t lteep_deadlines_wait(const lteep_loop *loop) {
  if (!loop->heap_size) return -1;
  lws_usec_t left = loop->heap[0]->at - lws_now_usecs();
  return left > 0 ? left : 0;
}

void lteep_deadlines_fire(lteep_loop *loop) {
  lws_usec_t now = lws_now_usecs();
  while (loop->heap_size && loop->heap[0]->at <= now) {
    lteep_deadline *due = loop->heap[0];
    take_out(loop, due);
    due->fire(loop, due);
  }
}

/* --- timers of Lua --- */

typedef struct {
  lteep_deadline deadline; /* first: a deadline of a timer is the timer */
  lteep_loop *loop;        /* NULL: fired or cancelled */
} lteep_timer;

static void timer_end(lteep_timer *timer) {
  lteep_loop *loop = timer->loop;
  if (!loop) return;
  timer->loop = NULL;
  lteep_deadline_release(loop, &timer->deadline);
  lteep_loop_release(loop, timer);
}

/* Over before Lua is called: a hook that cancels its own timer finds nothing to cancel, so the
 * anchor keeps the timer alive until the call is over, whatever is collected in it. */
static void timer_fire(lteep_loop *loop, lteep_deadline *deadline) {
  ((lteep_timer *)deadline)->loop = NULL;
  lteep_deadline_release(loop, deadline);
  lteep_loop_call(loop, deadline, "on_timer", NULL, NULL);
  lteep_loop_release(loop, deadline);
}

/* loop:timer(seconds, hooks) -> timer */
int lteep_timer_new(lua_State *L) {
  lteep_loop *loop = lteep_check_loop(L, 1);
  lua_Number seconds = luaL_checknumber(L, 2);
  luaL_argcheck(L, seconds >= 0 && seconds < 1e9, 2, "seconds out of range");
  luaL_checktype(L, 3, LUA_TTABLE);
  lteep_timer *timer = lua_newuserdatauv(L, sizeof *timer, 2);
  *timer = (lteep_timer){.deadline.fire = timer_fire};
  luaL_setmetatable(L, LTEEP_TIMER);
  lua_pushvalue(L, 3);
  lua_setiuservalue(L, -2, 1);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 2);
  lua_pushvalue(L, -1);
  lteep_loop_anchor(L, loop, timer);
  if (!lteep_deadline_reserve(loop)) {
    lteep_loop_release(loop, timer);
    return luaL_error(L, "not enough memory");
  }
  timer->loop = loop;
  lteep_deadline_set(loop, &timer->deadline, lws_now_usecs() + (lws_usec_t)(seconds * 1e6) + 1);
  return 1;
}

static int timer_cancel(lua_State *L) {
  timer_end(luaL_checkudata(L, 1, LTEEP_TIMER));
  return 0;
}

void lteep_timer_class(lua_State *L) {
  static const luaL_Reg methods[] = {{"cancel", timer_cancel}, {NULL, NULL}};
  luaL_newmetatable(L, LTEEP_TIMER);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
