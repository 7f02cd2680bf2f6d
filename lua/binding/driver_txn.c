/* Classes txn and slot: what a transaction of a TEE driver is in Lua. */
#include "driver.h"

#define TXN "teep.driver.txn"
#define SLOT "teep.driver.slot"

struct lteep_txn_box {
  lteep_driver_box *driver;
  lteep_tee_txn *txn; /* NULL: ended */
  lteep_txn_box *next, **link;
};

/* The txn owns the slot: `slot` is good as long as `txn->txn` is there. */
typedef struct {
  lteep_txn_box *txn;
  lteep_tee_slot *slot;
  bool writing; /* neither finished nor aborted */
} slot_box;

/* What a method allocates, it allocates before this check: see lteep_check_driver. */
static lteep_txn_box *check_txn(lua_State *L) {
  lteep_txn_box *box = luaL_checkudata(L, 1, TXN);
  if (!box->txn) luaL_error(L, "the transaction has ended");
  return box;
}

static slot_box *check_slot(lua_State *L) {
  slot_box *box = luaL_checkudata(L, 1, SLOT);
  if (!box->txn->txn) luaL_error(L, "the transaction has ended");
  return box;
}

static slot_box *check_writing(lua_State *L) {
  slot_box *box = check_slot(L);
  if (!box->writing) luaL_error(L, "the component is finished");
  return box;
}

/* Take the txn out of its box, to be ended by the caller. */
static lteep_tee_txn *end_txn(lteep_txn_box *box) {
  lteep_tee_txn *txn = box->txn;
  *box->link = box->next;
  if (box->next) box->next->link = box->link;
  box->txn = NULL;
  return txn;
}

static void abort_txn(lteep_txn_box *box) {
  const lteep_driver *driver = box->driver->driver;
  driver->txn_abort(end_txn(box));
}

void lteep_abort_txns(lteep_driver_box *box) {
  while (box->txns) abort_txn(box->txns);
}

int lteep_driver_txn(lua_State *L) {
  lteep_driver_error error = {0};
  lteep_txn_box *box = lua_newuserdatauv(L, sizeof *box, 1);
  lteep_driver_box *driver = lteep_check_driver(L, 1);
  *box = (lteep_txn_box){driver, NULL, NULL, NULL};
  luaL_setmetatable(L, TXN);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  if (!driver->driver->txn_begin) return lteep_push_failure(L, LTEEP_ERR_UNSUPPORTED, "txn");
  lteep_status status = driver->driver->txn_begin(driver->tee, &box->txn, &error);
  if (status) return lteep_push_driver_failure(L, status, &error);
  box->next = driver->txns;
  box->link = &driver->txns;
  if (box->next) box->next->link = &box->next;
  driver->txns = box;
  return 1;
}

static int txn_stage(lua_State *L) {
  lteep_component_id id = lteep_check_component_id(L, 2);
  lteep_driver_error error = {0};
  slot_box *box = lua_newuserdatauv(L, sizeof *box, 1);
  lteep_txn_box *txn = check_txn(L);
  *box = (slot_box){txn, NULL, true};
  luaL_setmetatable(L, SLOT);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  lteep_status status = txn->driver->driver->stage(txn->txn, &id, &box->slot, &error);
  return status ? lteep_push_driver_failure(L, status, &error) : 1;
}

static int txn_remove(lua_State *L) {
  lteep_component_id id = lteep_check_component_id(L, 2);
  lteep_txn_box *txn = check_txn(L);
  lteep_driver_error error = {0};
  if (!txn->driver->driver->stage_remove)
    return lteep_push_failure(L, LTEEP_ERR_UNSUPPORTED, "remove");
  return lteep_push_driver_done(L, txn->driver->driver->stage_remove(txn->txn, &id, &error),
                                &error);
}

static int txn_commit(lua_State *L) {
  lteep_txn_box *txn = check_txn(L);
  lteep_driver_error error = {0};
  const lteep_driver *driver = txn->driver->driver;
  return lteep_push_driver_done(L, driver->txn_commit(end_txn(txn), &error), &error);
}

static int txn_abort(lua_State *L) {
  abort_txn(check_txn(L));
  return 0;
}

static int txn_gc(lua_State *L) {
  lteep_txn_box *txn = luaL_checkudata(L, 1, TXN);
  if (txn->txn) abort_txn(txn);
  return 0;
}

static int slot_write(lua_State *L) {
  slot_box *box = check_writing(L);
  lteep_bytes data = lteep_check_bytes(L, 2);
  lteep_driver_error error = {0};
  lteep_status status = box->txn->driver->driver->stage_write(box->slot, data, &error);
  box->writing = !status;
  return lteep_push_driver_done(L, status, &error);
}

static int slot_finish(lua_State *L) {
  slot_box *box = check_writing(L);
  lteep_component_state state;
  lteep_driver_error error = {0};
  lteep_status status = box->txn->driver->driver->stage_end(box->slot, &state, &error);
  box->writing = false;
  if (status) return lteep_push_driver_failure(L, status, &error);
  lteep_push_component_state(L, &state);
  return 1;
}

static int slot_abort(lua_State *L) {
  slot_box *box = check_slot(L);
  box->txn->driver->driver->stage_abort(box->slot);
  box->writing = false;
  return 0;
}

static const luaL_Reg txn_methods[] = {
    {"stage", txn_stage}, {"remove", txn_remove}, {"commit", txn_commit},
    {"abort", txn_abort}, {"__gc", txn_gc},       {"__close", txn_gc},
    {NULL, NULL}};

static const luaL_Reg slot_methods[] = {
    {"write", slot_write}, {"finish", slot_finish}, {"abort", slot_abort}, {NULL, NULL}};

void lteep_make_txn_classes(lua_State *L) {
  lteep_make_class(L, TXN, txn_methods);
  lteep_make_class(L, SLOT, slot_methods);
}
