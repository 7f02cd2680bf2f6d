/* Durable files, for drivers that keep their state in folders.
 *
 * All access goes through open folder descriptors; names are single path segments, symbolic links
 * are never followed, files have mode 0600. A change is: create a temporary, write, sync, rename,
 * sync the folder. Each function returns a status and, when it fails, writes errno and a text; a
 * descriptor it would have given is -1 then.
 */
#ifndef LTEEP_TEE_FILES_H
#define LTEEP_TEE_FILES_H

#include "luateep/driver.h"

/* The status of `native` (an errno), with "<doing> <name>: <text of errno>" in `error`.
 * ENOSPC, EDQUOT, EFBIG: NO_SPACE. EACCES, EPERM, EROFS: DENIED. ENOENT: NOT_FOUND. ELOOP (a link
 * stands where a file should): CORRUPT. ENOMEM: NO_MEMORY. Others: IO_FAILED. */
lteep_status lteep_file_failed(lteep_driver_error *error, int native, const char *doing,
                               const char *name);

/* Format a text into `error` and return `status`. */
__attribute__((format(printf, 3, 4))) lteep_status
lteep_file_refuse(lteep_driver_error *error, lteep_status status, const char *format, ...);

/* Open the folder `path`, made with mode 0700 if absent. DENIED when others may write to it. */
LTEEP_CHECKED lteep_status lteep_folder_root(const char *path, int *folder,
                                             lteep_driver_error *error);

/* Open the folder `name` within `parent`, made with mode 0700 if absent. */
LTEEP_CHECKED lteep_status lteep_folder_open(int parent, const char *name, int *folder,
                                             lteep_driver_error *error);

/* Remove every file in the folder. */
LTEEP_CHECKED lteep_status lteep_folder_clear(int folder, lteep_driver_error *error);

LTEEP_CHECKED lteep_status lteep_folder_sync(int folder, lteep_driver_error *error);

/* Take the lock file `name`, made if absent, until `file` is closed. BUSY (without a text) when
 * another has it. */
LTEEP_CHECKED lteep_status lteep_file_lock(int folder, const char *name, int *file,
                                           lteep_driver_error *error);

/* Create a new file for writing. */
LTEEP_CHECKED lteep_status lteep_file_create(int folder, const char *name, int *file,
                                             lteep_driver_error *error);

/* Open a regular file for reading. NOT_FOUND; CORRUPT when it is no regular file. */
LTEEP_CHECKED lteep_status lteep_file_open(int folder, const char *name, int *file, uint64_t *size,
                                           lteep_driver_error *error);

LTEEP_CHECKED lteep_status lteep_file_write(int file, lteep_bytes data, lteep_driver_error *error);

LTEEP_CHECKED lteep_status lteep_file_sync(int file, lteep_driver_error *error);

/* Append bytes from `offset` on until `out` is full or the file ends. */
LTEEP_CHECKED lteep_status lteep_file_read(int file, uint64_t offset, lteep_buffer *out,
                                           lteep_driver_error *error);

/* Rename over whatever is there; durable after lteep_folder_sync of the target. */
LTEEP_CHECKED lteep_status lteep_file_move(int from, const char *from_name, int to,
                                           const char *to_name, lteep_driver_error *error);

/* Remove a file; that it is absent is no failure. `*changed` (may be NULL) tells whether it was. */
LTEEP_CHECKED lteep_status lteep_file_remove(int folder, const char *name, bool *changed,
                                             lteep_driver_error *error);

#endif
