/* Allocations that fail on demand: those of the program and, as far as they can be reached, of the
 * libraries below it. Without sanitizers the definitions here take the place of the C library's,
 * and what is allocated and not freed is counted. AddressSanitizer has definitions of its own:
 * there the linker wraps the calls of the core, OpenSSL is given these functions, and leaks are
 * found at exit. */
#ifndef LTEEP_ALLOCATIONS_H
#define LTEEP_ALLOCATIONS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

static long allocations_left = -1; /* until the one that fails; -1: none fails */
static bool allocations_keep_failing;
static bool allocations_failed; /* has one failed since the last fail_allocation? */
static long allocations_alive;

/* Fail the allocation after `left` others, and all that follow if `keep_failing`. */
static inline void fail_allocation(long left, bool keep_failing) {
  allocations_left = left;
  allocations_keep_failing = keep_failing;
  allocations_failed = false;
}

/* Let all allocations succeed again; has any failed? */
static inline bool end_of_failures(void) {
  allocations_left = -1;
  return allocations_failed;
}

/* How many are alive; 0 with AddressSanitizer, which looks for leaks itself. */
static inline long count_allocations(void) {
  return allocations_alive;
}

static bool allocation_fails(void) {
  if (allocations_left < 0) return false;
  if (allocations_left-- > 0) return false;
  allocations_left = allocations_keep_failing ? 0 : -1;
  allocations_failed = true;
  errno = ENOMEM;
  return true;
}

#ifdef __SANITIZE_ADDRESS__

#include <openssl/crypto.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
void free(void *at);

void *__wrap_malloc(size_t size) {
  return allocation_fails() ? NULL : __real_malloc(size);
}
void *__wrap_calloc(size_t count, size_t size) {
  return allocation_fails() ? NULL : __real_calloc(count, size);
}
void *__wrap_realloc(void *at, size_t size) {
  return allocation_fails() ? NULL : __real_realloc(at, size);
}

static void *openssl_malloc(size_t size, const char *file, int line) {
  (void)file, (void)line;
  return __wrap_malloc(size);
}
static void *openssl_realloc(void *at, size_t size, const char *file, int line) {
  (void)file, (void)line;
  return __wrap_realloc(at, size);
}
static void openssl_free(void *at, const char *file, int line) {
  (void)file, (void)line;
  free(at);
}

static void take_allocations(void) {
  (void)CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free);
}

#else

/* Libraries find the definitions of a program only where they are visible. */
#define VISIBLE __attribute__((visibility("default")))

/* Names of the GNU C library. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);
void __libc_free(void *at);

static void *counted(void *at) {
  allocations_alive += at != NULL;
  return at;
}

VISIBLE void *malloc(size_t size) {
  return allocation_fails() ? NULL : counted(__libc_malloc(size));
}
VISIBLE void *calloc(size_t count, size_t size) {
  return allocation_fails() ? NULL : counted(__libc_calloc(count, size));
}
VISIBLE void *realloc(void *at, size_t size) {
  if (allocation_fails()) return NULL;
  void *moved = __libc_realloc(at, size);
  if (!at) counted(moved);
  if (at && size == 0) allocations_alive--;
  return moved;
}
VISIBLE void free(void *at) {
  allocations_alive -= at != NULL;
  __libc_free(at);
}

static void take_allocations(void) {}

#endif
#endif
