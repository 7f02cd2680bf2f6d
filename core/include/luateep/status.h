/* Status of every fallible function of the core.
 *
 * LTEEP_OK is 0. Each other value has one row in errors.def: number, snake_case code (as Lua sees
 * it) and a sentence. A message with the particulars is made where the particulars are known.
 */
#ifndef LTEEP_STATUS_H
#define LTEEP_STATUS_H

typedef enum {
  LTEEP_OK = 0,
#define LTEEP_ERROR(name, number, code, sentence) LTEEP_ERR_##name = number,
#include "luateep/errors.def"
#undef LTEEP_ERROR
} lteep_status;

#define LTEEP_CHECKED __attribute__((warn_unused_result))

/* The stable snake_case code, "ok" for LTEEP_OK. Never NULL for a value of the enum. */
const char *lteep_status_code(lteep_status status);

/* The sentence of the row in errors.def. */
const char *lteep_status_sentence(lteep_status status);

/* Row `index` (0-based) of errors.def; returns 0 past the end. For tools that print the table. */
int lteep_status_row(int index, lteep_status *status);

#endif
