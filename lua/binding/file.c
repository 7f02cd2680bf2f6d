/* File operations that Lua lacks and key files need. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
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
  return fsync(descriptor) == 0 ? 0 : errno;
}

/* create_private(path, bytes) -> true | nil, message, code: a new file, mode 0600, durable. An
 * existing path (a symbolic link too) is left alone: `exists`. */
static int create_private(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  lteep_bytes data = lteep_check_bytes(L, 2);
  int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return push_errno(L, path, errno);
  int failure = write_all(descriptor, data);
  if (close(descriptor) != 0 && !failure) failure = errno;
  if (failure) {
    unlink(path);
    return push_errno(L, path, failure);
  }
  lua_pushboolean(L, 1);
  return 1;
}

static const luaL_Reg functions[] = {{"create_private", create_private}, {NULL, NULL}};

int lteep_open_file(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
