/* Byte ranges: the two shapes in which every function of the core takes and gives bytes.
 *
 * `lteep_bytes` borrows: it is valid as long as the memory it points into. `lteep_buffer` is memory
 * of the caller with a capacity; functions append to it and never grow it. When the room does not
 * suffice they return LTEEP_ERR_NO_ROOM and leave `size` as it was.
 */
#ifndef LTEEP_BYTES_H
#define LTEEP_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  const uint8_t *at;
  size_t size;
} lteep_bytes;

typedef struct {
  uint8_t *at;
  size_t size;
  size_t capacity;
} lteep_buffer;

/* A borrowed view of what a buffer holds. */
static inline lteep_bytes lteep_buffer_view(const lteep_buffer *buffer) {
  return (lteep_bytes){buffer->at, buffer->size};
}

/* Equality of public data; returns at the first difference. */
/*@ requires \valid_read(a.at + (0 .. a.size - 1)) && \valid_read(b.at + (0 .. b.size - 1));
    requires init: initialized(a.at + (0 .. a.size - 1)) && initialized(b.at + (0 .. b.size - 1));
    assigns \nothing; */
bool lteep_equal(lteep_bytes a, lteep_bytes b);

/* Equality of secret data: time depends on the sizes only. */
bool lteep_equal_secret(lteep_bytes a, lteep_bytes b);

/* Overwrite memory that held a secret; never optimised away. */
void lteep_wipe(void *at, size_t size);

#endif
