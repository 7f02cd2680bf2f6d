#include "output.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 256
#define HEAD_MAX 9

void lteep_output_open(lua_State *L, lteep_output *output) {
  output->L = L;
  output->keep_order = false;
  output->depth = 0;
  output->buffer = (lteep_buffer){lua_newuserdatauv(L, FIRST_ROOM, 0), 0, FIRST_ROOM};
  output->slot = lua_gettop(L);
}

lteep_writer lteep_output_writer(lteep_output *output, size_t content) {
  lteep_buffer *buffer = &output->buffer;
  if (content > SIZE_MAX / 4 - buffer->capacity) luaL_error(output->L, "CBOR output is too large");
  size_t room = content + HEAD_MAX;
  if (buffer->capacity - buffer->size < room) {
    size_t capacity = 2 * buffer->capacity + room;
    luaL_checkstack(output->L, 1, "output");
    uint8_t *at = lua_newuserdatauv(output->L, capacity, 0);
    memcpy(at, buffer->at, buffer->size);
    lua_replace(output->L, output->slot);
    buffer->at = at;
    buffer->capacity = capacity;
  }
  return lteep_writer_on(buffer);
}

/* One pair while it is sorted: its bytes, and where its value begins in them. */
typedef struct {
  const uint8_t *at;
  size_t key_size;
  size_t size;
} sortable;

static int compare(const void *a, const void *b) {
  const sortable *left = a, *right = b;
  return lteep_cbor_compare((lteep_bytes){left->at, left->key_size},
                            (lteep_bytes){right->at, right->key_size});
}

lteep_status lteep_output_sort(lteep_output *output, lteep_output_pair *pairs, size_t count) {
  lua_State *L = output->L;
  if (count < 2) return LTEEP_OK;
  size_t start = pairs[0].key, size = pairs[count].key - start;
  luaL_checkstack(L, 2, "output");
  sortable *sorted = lteep_push_array(L, count, sizeof *sorted);
  uint8_t *copy = lua_newuserdatauv(L, size, 0);
  memcpy(copy, output->buffer.at + start, size);
  for (size_t i = 0; i < count; i++)
    sorted[i] = (sortable){copy + (pairs[i].key - start), pairs[i].value - pairs[i].key,
                           pairs[i + 1].key - pairs[i].key};
  qsort(sorted, count, sizeof *sorted, compare);
  lteep_status status = LTEEP_OK;
  uint8_t *to = output->buffer.at + start;
  for (size_t i = 0; i < count; i++) {
    if (i > 0 && compare(&sorted[i - 1], &sorted[i]) == 0) status = LTEEP_ERR_DUPLICATE_KEY;
    memcpy(to, sorted[i].at, sorted[i].size);
    to += sorted[i].size;
  }
  lua_pop(L, 2);
  return status;
}

void lteep_output_wrap(lteep_output *output, size_t start) {
  lteep_bytes content = {output->buffer.at + start, output->buffer.size - start};
  uint8_t head[HEAD_MAX];
  lteep_buffer head_buffer = {head, 0, sizeof head};
  lteep_writer writer = lteep_writer_on(&head_buffer);
  lteep_write_uint(&writer, content.size);
  head[0] = (uint8_t)(head[0] | LTEEP_CBOR_BYTES << 5); /* same argument, other major type */
  (void)lteep_output_writer(output, 0);
  uint8_t *at = output->buffer.at + start;
  memmove(at + head_buffer.size, at, content.size);
  memcpy(at, head, head_buffer.size);
  output->buffer.size += head_buffer.size;
}

void lteep_output_push(const lteep_output *output) {
  lua_pushlstring(output->L, (const char *)output->buffer.at, output->buffer.size);
}
