#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"

/* The one option, `path`: the folder. */
static lteep_status read_options(const lteep_driver_option *options, size_t count,
                                 const char **path, lteep_driver_error *error) {
  *path = NULL;
  for (size_t i = 0; i < count; i++) {
    if (strcmp(options[i].key, "path") != 0)
      return lteep_file_refuse(error, LTEEP_ERR_CONFIG_INVALID, "sim: unknown option \"%.64s\"",
                               options[i].key);
    *path = options[i].value;
  }
  if (*path && **path) return LTEEP_OK;
  return lteep_file_refuse(error, LTEEP_ERR_CONFIG_INVALID, "sim: option \"path\" is missing");
}

/* The lock comes first: until it is ours, another process may be at work below. */
static lteep_status open_folders(lteep_tee *tee, const char *path, lteep_driver_error *error) {
  lteep_status status = lteep_folder_root(path, &tee->root, error);
  if (!status) status = lteep_file_lock(tee->root, "lock", &tee->lock, error);
  if (!status) status = lteep_folder_open(tee->root, "components", &tee->components, error);
  if (!status) status = lteep_folder_open(tee->root, "sealed", &tee->sealed, error);
  if (!status) status = lteep_folder_open(tee->root, "keys", &tee->keys, error);
  if (!status) status = lteep_folder_open(tee->root, "staged", &tee->staged, error);
  if (!status) status = lteep_folder_clear(tee->staged, error);
  return status;
}

static void sim_close(lteep_tee *tee) {
  const int files[] = {tee->staged, tee->keys, tee->sealed, tee->components, tee->lock, tee->root};
  lteep_sim_forget_keys(tee);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    if (files[i] >= 0) close(files[i]);
  free(tee);
}

static lteep_status sim_open(const lteep_driver_option *options, size_t count, lteep_tee **tee,
                             lteep_driver_error *error) {
  const char *path;
  lteep_status status = read_options(options, count, &path, error);
  if (status) return status;
  lteep_tee *opened = malloc(sizeof *opened);
  if (!opened) return LTEEP_ERR_NO_MEMORY;
  *opened = (lteep_tee){-1, -1, -1, -1, -1, -1, 0, NULL};
  status = open_folders(opened, path, error);
  if (status == LTEEP_ERR_BUSY)
    lteep_file_refuse(error, status, "%.64s: in use by another process or handle", path);
  if (status)
    sim_close(opened);
  else
    *tee = opened;
  return status;
}

lteep_status lteep_sim_create(lteep_tee *tee, lteep_sim_staged name, int *file,
                              lteep_driver_error *error) {
  snprintf(name, sizeof(lteep_sim_staged), "%" PRIu64, tee->next_staged++);
  return lteep_file_create(tee->staged, name, file, error);
}

const lteep_driver lteep_sim = {
    .abi = LTEEP_DRIVER_ABI,
    .size = sizeof(lteep_driver),
    .name = "sim",
    .version = "1",
    .isolation = "none",
    .hardware_root = false,
    .open = sim_open,
    .close = sim_close,
    .txn_begin = lteep_sim_txn_begin,
    .stage = lteep_sim_stage,
    .stage_write = lteep_sim_stage_write,
    .stage_end = lteep_sim_stage_end,
    .stage_abort = lteep_sim_stage_abort,
    .stage_remove = lteep_sim_stage_remove,
    .txn_commit = lteep_sim_txn_commit,
    .txn_abort = lteep_sim_txn_abort,
    .probe = lteep_sim_probe,
    .read = lteep_sim_read,
    .key_ensure = lteep_sim_key_ensure,
    .key_sign = lteep_sim_key_sign,
    .key_agree = lteep_sim_key_agree,
    .seal_put = lteep_sim_seal_put,
    .seal_get = lteep_sim_seal_get,
};
