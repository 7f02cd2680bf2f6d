/* File operations that Lua lacks and files of keys and envelopes need. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "binding.h"

static int push_errno(lua_State *L, const char *path, int number) {
  lteep_status status = number == EEXIST   ? LTEEP_ERR_EXISTS
                        : number == EACCES ? LTEEP_ERR_DENIED
                        : number == ENOSPC ? LTEEP_ERR_NO_SPACE
                                           : LTEEP_ERR_IO_FAILED;
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", path, strerror(number));
  lua_pushstring(L, lteep_status_code(status));
  return 3;
}

static int write_all(int descriptor, lteep_bytes data) {
  size_t done = 0;
  while (done < data.size) {
    ssize_t written = write(descriptor, data.at + done, data.size - done);
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) done += (size_t)written;
  }
  return 0;
}

static int write_durably(int descriptor, lteep_bytes data) {
  int failure = write_all(descriptor, data);
  return failure ? failure : fsync(descriptor) == 0 ? 0 : errno;
}

/* Make the entry of a file durable. A folder that may not be read is left to the system. */
static int sync_folder(const char *path) {
  char copy[PATH_MAX];
  if (strlen(path) >= sizeof copy) return ENAMETOOLONG;
  strcpy(copy, path);
  int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return errno == EACCES ? 0 : errno;
  int failure = fsync(folder) == 0 ? 0 : errno;
  close(folder);
  return failure;
}

/* A new file with these bytes; nothing is left after a failure. */
static int create(const char *path, lteep_bytes data, mode_t mode,
                  int (*writer)(int descriptor, lteep_bytes data)) {
  int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor < 0) return errno;
  int failure = writer(descriptor, data);
  if (close(descriptor) != 0 && !failure) failure = errno;
  if (failure) unlink(path);
  return failure;
}

/* A device, a pipe or the target of a link: written where it is, never replaced. */
static int write_in_place(const char *path, lteep_bytes data) {
  int descriptor = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (descriptor < 0) return errno;
  int failure = write_durably(descriptor, data);
  if (failure == EINVAL) failure = 0; /* what cannot be synced was written all the same */
  if (close(descriptor) != 0 && !failure) failure = errno;
  return failure;
}

static int replace_file(const char *path, lteep_bytes data) {
  char beside[PATH_MAX];
  struct stat about;
  if (lstat(path, &about) == 0 && !S_ISREG(about.st_mode)) return write_in_place(path, data);
  int size = snprintf(beside, sizeof beside, "%s.%ld.new", path, (long)getpid());
  if (size < 0 || (size_t)size >= sizeof beside) return ENAMETOOLONG;
  int failure = create(beside, data, 0666, write_durably);
  if (failure) return failure;
  if (rename(beside, path) == 0) return sync_folder(path);
  failure = errno;
  unlink(beside);
  return failure;
}

static int push_done(lua_State *L, const char *path, int failure) {
  if (failure) return push_errno(L, path, failure);
  lua_pushboolean(L, 1);
  return 1;
}

/* create_private(path, bytes) -> true | nil, message, code: a new file, mode 0600, durable. An
 * existing path (a symbolic link too) is left alone: `exists`. */
static int create_private(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  int failure = create(path, lteep_check_bytes(L, 2), 0600, write_durably);
  return push_done(L, path, failure ? failure : sync_folder(path));
}

/* note_private(path, bytes): as create_private, but not durable: for what may be lost in a crash.
 */
static int note_private(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  return push_done(L, path, create(path, lteep_check_bytes(L, 2), 0600, write_all));
}

/* make_private_folder(path) -> true | nil, message, code: mode 0700; `exists`. */
static int make_private_folder(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  return push_done(L, path, mkdir(path, 0700) == 0 ? 0 : errno);
}

/* replace(path, bytes) -> true | nil, message, code: the file has either its old bytes or all of
 * the new ones, durable; the mode is what the umask leaves. */
static int replace(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  return push_done(L, path, replace_file(path, lteep_check_bytes(L, 2)));
}

/* outlive_size_limit(): a file that may not grow (RLIMIT_FSIZE) is a failed write from now on. Its
 * signal would end the process and leave a part of the file. */
static int outlive_size_limit(lua_State *L) {
  (void)L;
  signal(SIGXFSZ, SIG_IGN);
  return 0;
}

static const luaL_Reg functions[] = {
    {"create_private", create_private},           {"note_private", note_private},
    {"make_private_folder", make_private_folder}, {"replace", replace},
    {"outlive_size_limit", outlive_size_limit},   {NULL, NULL}};

int lteep_open_file(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
