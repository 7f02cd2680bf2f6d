/* Every system call that changes the folder of the simulated TEE fails once, in turn (D20):
 * whatever the driver says, each component and each sealed value is wholly old or wholly new
 * afterwards, what was acknowledged is there, and what was refused (not INDETERMINATE) is as
 * before. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"
#include "luateep/driver.h"

/* --- system calls that fail on demand; these definitions take the place of the C library's --- */

static int calls_left = -1; /* until the one that fails; -1: none fails */
static int fault;           /* its errno; 0: the write is a short one instead */

static bool fails_now(void) {
  if (calls_left < 0) return false;
  if (calls_left-- > 0) return false;
  if (fault) errno = fault;
  return true;
}

ssize_t write(int file, const void *data, size_t size) {
  if (fails_now()) {
    if (fault) return -1;
    size = (size + 1) / 2;
  }
  return syscall(SYS_write, file, data, size);
}

int fsync(int file) {
  return fails_now() && fault ? -1 : (int)syscall(SYS_fsync, file);
}

int renameat(int from, const char *old, int to, const char *new) {
  return fails_now() && fault ? -1 : (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

int unlinkat(int folder, const char *name, int flags) {
  return fails_now() && fault ? -1 : (int)syscall(SYS_unlinkat, folder, name, flags);
}

int openat(int folder, const char *name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
  va_end(arguments);
  return fails_now() && fault ? -1 : (int)syscall(SYS_openat, folder, name, flags, mode);
}

/* --- the scenario --- */

static char path[64];
static const lteep_driver *driver;

static const lteep_bytes segment_a = {(const uint8_t *)"a", 1},
                         segment_b = {(const uint8_t *)"b", 1},
                         segment_c = {(const uint8_t *)"c", 1};
static const lteep_component_id a = {&segment_a, 1}, b = {&segment_b, 1}, c = {&segment_c, 1};
static const lteep_bytes old = {(const uint8_t *)"old", 3}, new = {(const uint8_t *)"newer", 5};

static lteep_tee *open_tee(void) {
  lteep_tee *tee = NULL;
  lteep_driver_error error = {0};
  lteep_driver_option option = {"path", path};
  lteep_status status = driver->open(&option, 1, &tee, &error);
  if (status) fprintf(stderr, "open: %s\n", error.text);
  CHECK(status == LTEEP_OK);
  return tee;
}

static lteep_status stage(lteep_tee_txn *txn, const lteep_component_id *id, lteep_bytes content) {
  lteep_driver_error error = {0};
  lteep_tee_slot *slot;
  lteep_component_state state;
  lteep_status status = driver->stage(txn, id, &slot, &error);
  if (!status) status = driver->stage_write(slot, content, &error);
  if (!status) status = driver->stage_end(slot, &state, &error);
  return status;
}

/* a and b get `content`, c is removed. */
static lteep_status update(lteep_tee *tee, lteep_bytes content) {
  lteep_driver_error error = {0};
  lteep_tee_txn *txn;
  lteep_status status = driver->txn_begin(tee, &txn, &error);
  if (status) return status;
  status = stage(txn, &a, content);
  if (!status) status = stage(txn, &b, content);
  if (!status) status = driver->stage_remove(txn, &c, &error);
  if (!status) return driver->txn_commit(txn, &error);
  driver->txn_abort(txn);
  return status;
}

static lteep_status seal(lteep_tee *tee, lteep_bytes value) {
  lteep_driver_error error = {0};
  return driver->seal_put(tee, "value", value, &error);
}

static lteep_status make_key(lteep_tee *tee, lteep_key_parts *parts) {
  lteep_driver_error error = {0};
  return driver->key_ensure(tee, "agent", LTEEP_ALG_ESP256, parts, &error);
}

/* A fresh folder with the old state. */
static void set_up(void) {
  strcpy(path, "/tmp/luateep-fault-XXXXXX");
  CHECK(mkdtemp(path) != NULL);
  lteep_tee *tee = open_tee();
  lteep_driver_error error = {0};
  lteep_tee_txn *txn;
  CHECK(update(tee, old) == LTEEP_OK);
  CHECK(driver->txn_begin(tee, &txn, &error) == LTEEP_OK);
  CHECK(stage(txn, &c, old) == LTEEP_OK);
  CHECK(driver->txn_commit(txn, &error) == LTEEP_OK);
  CHECK(seal(tee, old) == LTEEP_OK);
  driver->close(tee);
}

static void remove_folder(void) {
  char command[128];
  snprintf(command, sizeof command, "rm -r %s", path);
  CHECK(system(command) == 0);
}

static lteep_bytes read_component(lteep_tee *tee, const lteep_component_id *id, uint8_t room[16]) {
  lteep_driver_error error = {0};
  lteep_buffer out = {room, 0, 16};
  lteep_status status = driver->read(tee, id, 0, &out, &error);
  CHECK(status == LTEEP_OK || (status == LTEEP_ERR_NOT_FOUND && id == &c));
  return lteep_buffer_view(&out);
}

/* Old, new or neither. */
static void check_whole(lteep_bytes found, lteep_status said) {
  if (said == LTEEP_OK)
    CHECK(lteep_equal(found, new));
  else if (said == LTEEP_ERR_INDETERMINATE)
    CHECK(lteep_equal(found, old) || lteep_equal(found, new));
  else
    CHECK(lteep_equal(found, old));
}

static void check_update(lteep_status said) {
  uint8_t room[16];
  lteep_tee *tee = open_tee();
  check_whole(read_component(tee, &a, room), said);
  check_whole(read_component(tee, &b, room), said);
  lteep_bytes removed = read_component(tee, &c, room);
  CHECK(said == LTEEP_ERR_INDETERMINATE || (removed.size == 0) == (said == LTEEP_OK));
  driver->close(tee);
}

static void check_seal(lteep_status said) {
  uint8_t room[16];
  lteep_buffer out = {room, 0, sizeof room};
  lteep_driver_error error = {0};
  lteep_tee *tee = open_tee();
  CHECK(driver->seal_get(tee, "value", &out, &error) == LTEEP_OK);
  check_whole(lteep_buffer_view(&out), said);
  driver->close(tee);
}

/* The key is there and the one that was told, or it is made anew without trouble. */
static void check_key(lteep_status said, const lteep_key_parts *told) {
  lteep_key_parts parts;
  uint8_t signature[LTEEP_SIGNATURE_MAX];
  lteep_driver_error error = {0};
  lteep_key *public_key = NULL;
  lteep_tee *tee = open_tee();
  CHECK(make_key(tee, &parts) == LTEEP_OK);
  CHECK(!parts.has_private);
  if (said == LTEEP_OK) CHECK(memcmp(parts.x, told->x, sizeof parts.x) == 0);
  CHECK(driver->key_sign(tee, "agent", new, signature, &error) == LTEEP_OK);
  CHECK(lteep_key_import(&parts, &public_key) == LTEEP_OK);
  CHECK(lteep_key_verify(public_key, new, (lteep_bytes){signature, 64}) == LTEEP_OK);
  lteep_key_free(public_key);
  CHECK(driver->key_sign(tee, "other", new, signature, &error) == LTEEP_ERR_NOT_FOUND);
  driver->close(tee);
}

static lteep_status wanted_status(void) {
  switch (fault) {
  case ENOSPC:
  case EDQUOT:
    return LTEEP_ERR_NO_SPACE;
  case EACCES:
    return LTEEP_ERR_DENIED;
  default:
    return LTEEP_ERR_IO_FAILED;
  }
}

/* Run `action` with call number `k` failing; false when it made fewer calls. */
static bool run(int k, lteep_status (*action)(lteep_tee *, void *), void *context,
                lteep_status *said) {
  lteep_tee *tee = open_tee();
  calls_left = k;
  *said = action(tee, context);
  bool happened = calls_left < 0;
  calls_left = -1;
  driver->close(tee);
  if (!happened || fault == 0)
    CHECK(*said == LTEEP_OK);
  else
    CHECK(*said == LTEEP_OK || *said == wanted_status() || *said == LTEEP_ERR_INDETERMINATE);
  return happened;
}

static lteep_status act_update(lteep_tee *tee, void *context) {
  (void)context;
  return update(tee, new);
}

static lteep_status act_seal(lteep_tee *tee, void *context) {
  (void)context;
  return seal(tee, new);
}

static lteep_status act_key(lteep_tee *tee, void *context) {
  return make_key(tee, context);
}

static int fail_each_call(void) {
  int tried = 0;
  for (int what = 0; what < 3; what++) {
    bool happened = true;
    for (int k = 0; happened; k++, tried++) {
      lteep_status said;
      lteep_key_parts parts;
      set_up();
      happened = run(k, what == 0 ? act_update : what == 1 ? act_seal : act_key, &parts, &said);
      if (what == 0) check_update(said);
      if (what == 1) check_seal(said);
      if (what == 2) check_key(said, &parts);
      remove_folder();
    }
  }
  return tried;
}

int main(void) {
  static const int faults[] = {EIO, ENOSPC, EDQUOT, EACCES, 0};
  int tried = 0;
  driver = lteep_driver_named("sim");
  CHECK(driver != NULL && lteep_driver_named("simulated") == NULL);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    fault = faults[i];
    tried += fail_each_call();
  }
  printf("%d failing calls\n", tried);
  CHECK(tried > 100);
  return check_result();
}
