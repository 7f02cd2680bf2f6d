#include "luateep/status.h"

#include <stddef.h>

typedef struct {
  lteep_status status;
  const char *code;
  const char *sentence;
} row;

static const row rows[] = {
#define LTEEP_ERROR(name, number, code, sentence) {LTEEP_ERR_##name, code, sentence},
#include "luateep/errors.def"
#undef LTEEP_ERROR
};

static const row *find(lteep_status status) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (rows[i].status == status) return &rows[i];
  return NULL;
}

const char *lteep_status_code(lteep_status status) {
  if (status == LTEEP_OK) return "ok";
  const row *found = find(status);
  return found ? found->code : NULL;
}

const char *lteep_status_sentence(lteep_status status) {
  if (status == LTEEP_OK) return "success";
  const row *found = find(status);
  return found ? found->sentence : NULL;
}

int lteep_status_row(int index, lteep_status *status) {
  if (index < 0 || (size_t)index >= sizeof rows / sizeof rows[0]) return 0;
  *status = rows[index].status;
  return 1;
}
