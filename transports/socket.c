/* Listening sockets of the two families: TCP on numeric addresses, unix sockets with stale files.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <unistd.h>

#include "transport.h"

#define BACKLOG 1024

static int fail(int fd) {
  int number = errno;
  if (fd >= 0) close(fd);
  errno = number;
  return -1;
}

static bool fill(const char *path, struct sockaddr_un *name) {
  *name = (struct sockaddr_un){.sun_family = AF_UNIX};
  size_t size = strlen(path);
  if (!size || size >= sizeof name->sun_path) {
    errno = EINVAL;
    return false;
  }
  memcpy(name->sun_path, path, size);
  return true;
}

/* True when the path holds a socket nobody listens on; else errno says why not. */
static bool is_stale(const char *path, const struct sockaddr_un *name) {
  struct stat found;
  if (lstat(path, &found) != 0) return errno == ENOENT;
  if (!S_ISSOCK(found.st_mode)) {
    errno = EEXIST;
    return false;
  }
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return false;
  bool refused =
      connect(probe, (const struct sockaddr *)name, sizeof *name) != 0 && errno == ECONNREFUSED;
  close(probe);
  if (!refused) errno = EADDRINUSE;
  return refused;
}

/* The mode is right from the first moment: nobody else can connect between bind and chmod. */
static int bind_private(int fd, const struct sockaddr_un *name) {
  mode_t mask = umask(0177);
  int result = bind(fd, (const struct sockaddr *)name, sizeof *name);
  int number = errno;
  umask(mask);
  errno = number;
  return result;
}

int lteep_socket_listen_unix(const char *path) {
  struct sockaddr_un name;
  if (!fill(path, &name)) return -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (bind_private(fd, &name) != 0) {
    if (errno != EADDRINUSE || !is_stale(path, &name)) return fail(fd);
    unlink(path);
    if (bind_private(fd, &name) != 0) return fail(fd);
  }
  return listen(fd, BACKLOG) == 0 ? fd : fail(fd);
}

static int bound_port(int fd) {
  struct sockaddr_storage name = {0};
  socklen_t size = sizeof name;
  char port[8];
  if (getsockname(fd, (struct sockaddr *)&name, &size) != 0 ||
      getnameinfo((struct sockaddr *)&name, size, NULL, 0, port, sizeof port, NI_NUMERICSERV) != 0)
    return 0;
  return atoi(port);
}

int lteep_socket_listen_tcp(const char *address, int port, int *bound) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                           .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
  struct addrinfo *found;
  char service[8];
  int on = 1;
  snprintf(service, sizeof service, "%d", port);
  if (getaddrinfo(address, service, &hints, &found) != 0) {
    errno = EINVAL;
    return -1;
  }
  int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  bool ready = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
               bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
  int number = errno;
  freeaddrinfo(found);
  errno = number;
  if (!ready) return fail(fd);
  *bound = bound_port(fd);
  return fd;
}

/* Urgent data would hide what comes after it from FIONREAD. */
void lteep_socket_prepare(int fd) {
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
}

static uint64_t received(int fd) {
  struct tcp_info info = {0};
  socklen_t size = sizeof info;
  const size_t end = offsetof(struct tcp_info, tcpi_bytes_received) + sizeof(uint64_t);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < end) return LTEEP_UNKNOWN;
  return info.tcpi_bytes_received;
}

/* More may arrive between the two questions. */
uint64_t lteep_socket_taken(int fd) {
  uint64_t before, after = received(fd);
  int waiting;
  do {
    before = after;
    if (ioctl(fd, FIONREAD, &waiting) != 0) return LTEEP_UNKNOWN;
    after = received(fd);
  } while (after != before);
  if (after == LTEEP_UNKNOWN || after < (uint64_t)waiting) return LTEEP_UNKNOWN;
  return after - (uint64_t)waiting;
}
