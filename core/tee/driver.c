/* The drivers compiled in. */
#include "luateep/driver.h"

#include <string.h>

#include "sim.h"

static const lteep_driver *const drivers[] = {&lteep_sim, NULL};

const lteep_driver *const *lteep_drivers(void) {
  return drivers;
}

const lteep_driver *lteep_driver_named(const char *name) {
  for (const lteep_driver *const *driver = drivers; *driver; driver++)
    if (strcmp((*driver)->name, name) == 0) return *driver;
  return NULL;
}

bool lteep_driver_name_valid(const char *name) {
  size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
  return size >= 1 && size <= LTEEP_DRIVER_NAME_MAX && name[size] == '\0';
}
