/* What the driver acknowledges survives a power cut (D21): the file is synced before it is renamed,
 * and every folder that gained or lost a name is synced before the call returns. Leaving out any
 * one fsync of the driver makes a check fail here. */
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

/* --- watched system calls; these definitions take the place of the C library's --- */

#define PLACES 64

/* Files and folders by inode: not synced since their content (a folder's: its names) changed. */
static struct {
  ino_t inode;
  bool dirty;
} places[PLACES];
static int renamed, removed, made;

static bool *dirty(ino_t inode) {
  size_t i = 0;
  while (i < PLACES - 1 && places[i].inode && places[i].inode != inode) i++;
  places[i].inode = inode;
  return &places[i].dirty;
}

static ino_t inode_of(int file) {
  struct stat about;
  return fstat(file, &about) == 0 ? about.st_ino : 0;
}

static ino_t inode_at(int folder, const char *name) {
  struct stat about;
  return fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) == 0 ? about.st_ino : 0;
}

ssize_t write(int file, const void *data, size_t size) {
  if (file > STDERR_FILENO) *dirty(inode_of(file)) = true;
  return syscall(SYS_write, file, data, size);
}

int fsync(int file) {
  *dirty(inode_of(file)) = false;
  return (int)syscall(SYS_fsync, file);
}

int openat(int folder, const char *name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
  va_end(arguments);
  int file = (int)syscall(SYS_openat, folder, name, flags, mode);
  if (file >= 0 && flags & O_EXCL) *dirty(inode_of(file)) = true;
  return file;
}

int mkdirat(int folder, const char *name, mode_t mode) {
  int result = (int)syscall(SYS_mkdirat, folder, name, mode);
  if (result == 0) {
    made++;
    *dirty(folder == AT_FDCWD ? inode_at(AT_FDCWD, "/tmp") : inode_of(folder)) = true;
  }
  return result;
}

int renameat(int from, const char *old, int to, const char *new) {
  CHECK(!*dirty(inode_at(from, old)));
  *dirty(inode_of(to)) = true;
  renamed++;
  return (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

int unlinkat(int folder, const char *name, int flags) {
  *dirty(inode_at(folder, name)) = false;
  int result = (int)syscall(SYS_unlinkat, folder, name, flags);
  if (result == 0) {
    removed++;
    *dirty(inode_of(folder)) = true;
  }
  return result;
}

/* --- the scenario --- */

static char path[64];
static const lteep_driver *driver;
static lteep_driver_error error;

static ino_t inode_below(const char *name) {
  char whole[128];
  snprintf(whole, sizeof whole, "%s/%s", path, name);
  return inode_at(AT_FDCWD, whole);
}

static lteep_tee *open_new(void) {
  lteep_tee *tee = NULL;
  lteep_driver_option option = {"path", path};
  snprintf(path, sizeof path, "/tmp/luateep-order-%ld", (long)getpid());
  CHECK(driver->open(&option, 1, &tee, &error) == LTEEP_OK);
  CHECK(made == 5); /* the root and four folders */
  CHECK(!*dirty(inode_at(AT_FDCWD, "/tmp")));
  CHECK(!*dirty(inode_at(AT_FDCWD, path)));
  return tee;
}

static const lteep_bytes content = {(const uint8_t *)"content", 7};

static void stage(lteep_tee_txn *txn, const char *segment, lteep_bytes bytes) {
  lteep_bytes segments = {(const uint8_t *)segment, strlen(segment)};
  lteep_component_id id = {&segments, 1};
  lteep_tee_slot *slot;
  lteep_component_state state;
  CHECK(driver->stage(txn, &id, &slot, &error) == LTEEP_OK);
  CHECK(driver->stage_write(slot, bytes, &error) == LTEEP_OK);
  CHECK(driver->stage_end(slot, &state, &error) == LTEEP_OK);
}

static void check_commit(lteep_tee *tee) {
  lteep_tee_txn *txn;
  CHECK(driver->txn_begin(tee, &txn, &error) == LTEEP_OK);
  stage(txn, "a", content);
  stage(txn, "b", (lteep_bytes){NULL, 0});
  renamed = 0;
  CHECK(driver->txn_commit(txn, &error) == LTEEP_OK);
  CHECK(renamed == 2);
  CHECK(!*dirty(inode_below("components")));
}

static void check_removal(lteep_tee *tee) {
  lteep_bytes segment = {(const uint8_t *)"a", 1};
  lteep_component_id id = {&segment, 1};
  lteep_tee_txn *txn;
  CHECK(driver->txn_begin(tee, &txn, &error) == LTEEP_OK);
  CHECK(driver->stage_remove(txn, &id, &error) == LTEEP_OK);
  removed = 0;
  CHECK(driver->txn_commit(txn, &error) == LTEEP_OK);
  CHECK(removed == 1);
  CHECK(!*dirty(inode_below("components")));
}

static void check_sealed(lteep_tee *tee) {
  lteep_key_parts parts;
  renamed = 0;
  CHECK(driver->seal_put(tee, "value", content, &error) == LTEEP_OK);
  CHECK(renamed == 1);
  CHECK(!*dirty(inode_below("sealed")));
  CHECK(driver->key_ensure(tee, "agent", LTEEP_ALG_ESP256, &parts, &error) == LTEEP_OK);
  CHECK(renamed == 2);
  CHECK(!*dirty(inode_below("keys")));
}

int main(void) {
  char command[128];
  driver = lteep_driver_named("sim");
  lteep_tee *tee = open_new();
  if (tee) {
    check_commit(tee);
    check_removal(tee);
    check_sealed(tee);
    driver->close(tee);
  }
  snprintf(command, sizeof command, "rm -r %s", path);
  CHECK(system(command) == 0);
  return check_result();
}
