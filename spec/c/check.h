/* Checks for the C tests: CHECK counts and prints, check_result is what main returns. */
#ifndef LTEEP_CHECK_H
#define LTEEP_CHECK_H

#include <stdio.h>

static int check_done;
static int check_failed;

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    check_done++;                                                                                  \
    if (!(condition)) {                                                                            \
      check_failed++;                                                                              \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                              \
    }                                                                                              \
  } while (0)

/* 0 when all checks held. */
static inline int check_result(void) {
  printf("%d checks, %d failed\n", check_done, check_failed);
  return check_failed != 0;
}

#endif
