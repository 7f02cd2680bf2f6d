/* Shared by the files of the driver binding: classes driver (driver.c), txn and slot
 * (driver_txn.c). */
#ifndef LTEEP_BINDING_DRIVER_H
#define LTEEP_BINDING_DRIVER_H

#include "binding.h"
#include "luateep/driver.h"

typedef struct lteep_txn_box lteep_txn_box;

/* Userdata of class driver. Whoever holds a pointer to it (a txn, a key) keeps it alive by a user
 * value; `tee` is NULL once it is closed. Closing aborts the open transactions, so finalizers may
 * run in any order. */
typedef struct {
  const lteep_driver *driver;
  lteep_tee *tee;
  lteep_txn_box *txns; /* the open ones */
} lteep_driver_box;

/* The driver at `index`; throws when it is closed. Allocating may run finalizers, and these may
 * close it: what a method allocates, it allocates before this check. */
lteep_driver_box *lteep_check_driver(lua_State *L, int index);

/* Push nil, message, code with text and number of the back end; returns 3. */
int lteep_push_driver_failure(lua_State *L, lteep_status status, const lteep_driver_error *error);

/* Push true, or the failure; returns how many values. */
int lteep_push_driver_done(lua_State *L, lteep_status status, const lteep_driver_error *error);

/* The component identifier at `index`, a list of strings; pushes the memory it needs. */
lteep_component_id lteep_check_component_id(lua_State *L, int index);

/* Push { size =, digest =, digest_algorithm = }. */
void lteep_push_component_state(lua_State *L, const lteep_component_state *state);

/* driver:txn() */
int lteep_driver_txn(lua_State *L);

/* Abort every open transaction of the driver. */
void lteep_abort_txns(lteep_driver_box *box);

/* Register the classes txn and slot. */
void lteep_make_txn_classes(lua_State *L);

#endif
