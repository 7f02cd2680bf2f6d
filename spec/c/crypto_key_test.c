/* Keys held elsewhere: the function signs, the provider verifies, the context is released once. */
#include <string.h>

#include "check.h"
#include "luateep/crypto.h"

typedef struct {
  lteep_key *inner;
  lteep_status status;
  int released;
} holder;

static const lteep_bytes message = {(const uint8_t *)"message", 7};

static lteep_status sign(void *context, lteep_bytes to_be_signed,
                         uint8_t signature[LTEEP_SIGNATURE_MAX]) {
  holder *held = context;
  if (held->status != LTEEP_OK) return held->status;
  return lteep_key_sign(held->inner, to_be_signed, signature);
}

static void release(void *context) {
  ((holder *)context)->released++;
}

static const lteep_key_operations operations = {.sign = sign, .release = release};
static const lteep_key_operations unreleased = {.sign = sign};

static void refuses_a_bad_public_part(holder *held) {
  lteep_key_parts parts;
  lteep_key *key = NULL;
  lteep_key_public_parts(held->inner, &parts);
  parts.y[0] ^= 1;
  CHECK(lteep_key_external(&parts, &operations, held, &key) == LTEEP_ERR_BAD_KEY);
  CHECK(key == NULL && held->released == 0);
}

static void forgets_private_bytes(holder *held) {
  lteep_key_parts parts;
  lteep_key *key = NULL;
  CHECK(lteep_key_private_parts(held->inner, &parts) == LTEEP_OK);
  CHECK(lteep_key_external(&parts, &unreleased, held, &key) == LTEEP_OK);
  CHECK(lteep_key_private_parts(key, &parts) == LTEEP_ERR_NO_PRIVATE_KEY);
  lteep_key_free(key);
}

static void signs_through_the_function(holder *held) {
  lteep_key_parts parts;
  lteep_key *key = NULL;
  uint8_t signature[LTEEP_SIGNATURE_MAX];
  lteep_key_public_parts(held->inner, &parts);
  CHECK(lteep_key_external(&parts, &operations, held, &key) == LTEEP_OK);
  CHECK(strcmp(lteep_key_provider(key), "external") == 0 && lteep_key_can_sign(key));
  held->status = LTEEP_ERR_BUSY;
  CHECK(lteep_key_sign(key, message, signature) == LTEEP_ERR_BUSY);
  held->status = LTEEP_OK;
  CHECK(lteep_key_sign(key, message, signature) == LTEEP_OK);
  CHECK(lteep_key_verify(key, message, (lteep_bytes){signature, 64}) == LTEEP_OK);
  lteep_key_free(key);
  CHECK(held->released == 1);
}

int main(void) {
  holder held = {NULL, LTEEP_OK, 0};
  CHECK(lteep_key_generate(LTEEP_ALG_ESP256, &held.inner) == LTEEP_OK);
  refuses_a_bad_public_part(&held);
  forgets_private_bytes(&held);
  signs_through_the_function(&held);
  lteep_key_free(held.inner);
  lteep_key_free(NULL);
  return check_result();
}
