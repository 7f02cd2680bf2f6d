#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0600
#define FOLDER_MODE 0700

/* Most bytes of one write or read: system calls take at most 2 GiB. */
#define CHUNK ((size_t)1 << 20)

static lteep_status status_of(int native) {
  switch (native) {
  case ENOSPC:
  case EDQUOT:
  case EFBIG:
    return LTEEP_ERR_NO_SPACE;
  case EACCES:
  case EPERM:
  case EROFS:
    return LTEEP_ERR_DENIED;
  case ENOENT:
    return LTEEP_ERR_NOT_FOUND;
  case ELOOP:
    return LTEEP_ERR_CORRUPT;
  case ENOMEM:
    return LTEEP_ERR_NO_MEMORY;
  default:
    return LTEEP_ERR_IO_FAILED;
  }
}

lteep_status lteep_file_failed(lteep_driver_error *error, int native, const char *doing,
                               const char *name) {
  error->native = native;
  snprintf(error->text, sizeof error->text, "%s %.64s: %s", doing, name, strerror(native));
  return status_of(native);
}

lteep_status lteep_file_refuse(lteep_driver_error *error, lteep_status status, const char *format,
                               ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return status;
}

static void drop(int *file) {
  close(*file);
  *file = -1;
}

/* Whether only the owner, this process's user, can change what the folder holds. */
static lteep_status check_private(int folder, const char *path, lteep_driver_error *error) {
  struct stat about;
  if (fstat(folder, &about) != 0) return lteep_file_failed(error, errno, "stat", path);
  if (about.st_uid == geteuid() && (about.st_mode & (S_IWGRP | S_IWOTH)) == 0) return LTEEP_OK;
  return lteep_file_refuse(error, LTEEP_ERR_DENIED,
                           "%.64s: has to belong to this user and be writable by it alone", path);
}

static lteep_status make_folder(int parent, const char *path, lteep_driver_error *error) {
  if (mkdirat(parent, path, FOLDER_MODE) == 0 || errno == EEXIST) return LTEEP_OK;
  return lteep_file_failed(error, errno, "make folder", path);
}

/* Make the folder's own entry durable. A parent we may not read was not made by us. */
static lteep_status sync_parent(int folder, lteep_driver_error *error) {
  int parent = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0 && errno == EACCES) return LTEEP_OK;
  if (parent < 0) return lteep_file_failed(error, errno, "open folder", "..");
  lteep_status status = lteep_folder_sync(parent, error);
  close(parent);
  return status;
}

lteep_status lteep_folder_root(const char *path, int *folder, lteep_driver_error *error) {
  lteep_status status = make_folder(AT_FDCWD, path, error);
  if (status) return status;
  /* The operator may name the root through a link; nothing below it may be one. */
  *folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (*folder < 0) return lteep_file_failed(error, errno, "open folder", path);
  status = check_private(*folder, path, error);
  if (!status) status = sync_parent(*folder, error);
  if (status) drop(folder);
  return status;
}

lteep_status lteep_folder_open(int parent, const char *name, int *folder,
                               lteep_driver_error *error) {
  lteep_status status = make_folder(parent, name, error);
  if (!status) status = lteep_folder_sync(parent, error);
  if (status) return status;
  *folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (*folder >= 0) return LTEEP_OK;
  if (errno == ENOTDIR || errno == ELOOP)
    return lteep_file_refuse(error, LTEEP_ERR_CORRUPT, "%s: is not a folder", name);
  return lteep_file_failed(error, errno, "open folder", name);
}

lteep_status lteep_folder_clear(int folder, lteep_driver_error *error) {
  int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = again < 0 ? NULL : fdopendir(again);
  if (!entries) {
    int native = errno;
    if (again >= 0) close(again);
    return lteep_file_failed(error, native, "list", "folder");
  }
  lteep_status status = LTEEP_OK;
  for (struct dirent *entry; !status && (entry = readdir(entries));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    status = lteep_file_remove(folder, entry->d_name, NULL, error);
  }
  closedir(entries);
  return status;
}

lteep_status lteep_folder_sync(int folder, lteep_driver_error *error) {
  if (fsync(folder) == 0) return LTEEP_OK;
  return lteep_file_failed(error, errno, "sync", "folder");
}

lteep_status lteep_file_lock(int folder, const char *name, int *file, lteep_driver_error *error) {
  *file = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
  if (*file < 0) return lteep_file_failed(error, errno, "open", name);
  if (flock(*file, LOCK_EX | LOCK_NB) == 0) return LTEEP_OK;
  int native = errno;
  drop(file);
  if (native == EWOULDBLOCK) return LTEEP_ERR_BUSY;
  return lteep_file_failed(error, native, "lock", name);
}

lteep_status lteep_file_create(int folder, const char *name, int *file, lteep_driver_error *error) {
  *file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
  if (*file >= 0) return LTEEP_OK;
  return lteep_file_failed(error, errno, "create", name);
}

lteep_status lteep_file_open(int folder, const char *name, int *file, uint64_t *size,
                             lteep_driver_error *error) {
  /* O_NONBLOCK: a FIFO in place of the file must not make us wait. */
  *file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (*file < 0) return lteep_file_failed(error, errno, "open", name);
  struct stat about;
  lteep_status status = LTEEP_OK;
  if (fstat(*file, &about) != 0)
    status = lteep_file_failed(error, errno, "stat", name);
  else if (!S_ISREG(about.st_mode))
    status = lteep_file_refuse(error, LTEEP_ERR_CORRUPT, "%.64s: is not a regular file", name);
  else
    *size = (uint64_t)about.st_size;
  if (status) drop(file);
  return status;
}

lteep_status lteep_file_write(int file, lteep_bytes data, lteep_driver_error *error) {
  while (data.size > 0) {
    ssize_t done = write(file, data.at, data.size < CHUNK ? data.size : CHUNK);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return lteep_file_failed(error, errno, "write", "file");
    data.at += done;
    data.size -= (size_t)done;
  }
  return LTEEP_OK;
}

lteep_status lteep_file_sync(int file, lteep_driver_error *error) {
  if (fsync(file) == 0) return LTEEP_OK;
  return lteep_file_failed(error, errno, "sync", "file");
}

lteep_status lteep_file_read(int file, uint64_t offset, lteep_buffer *out,
                             lteep_driver_error *error) {
  while (out->size < out->capacity && offset <= INT64_MAX - CHUNK) {
    size_t room = out->capacity - out->size;
    ssize_t got = pread(file, out->at + out->size, room < CHUNK ? room : CHUNK, (off_t)offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return lteep_file_failed(error, errno, "read", "file");
    if (got == 0) break;
    out->size += (size_t)got;
    offset += (uint64_t)got;
  }
  return LTEEP_OK;
}

lteep_status lteep_file_move(int from, const char *from_name, int to, const char *to_name,
                             lteep_driver_error *error) {
  if (renameat(from, from_name, to, to_name) == 0) return LTEEP_OK;
  return lteep_file_failed(error, errno, "rename to", to_name);
}

lteep_status lteep_file_remove(int folder, const char *name, bool *changed,
                               lteep_driver_error *error) {
  bool removed = unlinkat(folder, name, 0) == 0;
  if (changed) *changed = removed;
  if (removed || errno == ENOENT) return LTEEP_OK;
  return lteep_file_failed(error, errno, "remove", name);
}
