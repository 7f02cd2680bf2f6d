/* libFuzzer: what the parsers of COSE encryption and MACs take apart lies within the input;
 * plaintext is handed out only under an algorithm that was accepted, and in pieces as at once. */
#include "cose_stubs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int key_algorithms[] = {
    LTEEP_ALG_A128GCM, LTEEP_ALG_A128CTR,        LTEEP_ALG_HMAC256,
    LTEEP_ALG_A128KW,  LTEEP_ALG_ECDH_ES_A128KW, LTEEP_ALG_ECDH_ES_HKDF256,
};
enum { KEYS = sizeof key_algorithms / sizeof key_algorithms[0] };

static void check_message(lteep_bytes input, const lteep_cose_sealed *message) {
  fuzz_check_span(input, message->content);
  fuzz_check_span(input, message->mac);
  fuzz_check_span(input, message->protected_header);
  fuzz_check_span(input, message->iv);
  fuzz_check_span(input, message->partial_iv);
  if (message->recipients == 0 || message->recipients > LTEEP_COSE_RECIPIENTS_MAX) abort();
  for (size_t i = 0; i < message->recipients; i++) {
    const lteep_cose_recipient *recipient = &message->recipient[i];
    fuzz_check_span(input, recipient->kid);
    fuzz_check_span(input, recipient->protected_header);
    fuzz_check_span(input, recipient->ephemeral);
    fuzz_check_span(input, recipient->salt);
    fuzz_check_span(input, recipient->encrypted_key);
    for (size_t j = 0; j < 3; j++) {
      fuzz_check_span(input, recipient->party_u[j]);
      fuzz_check_span(input, recipient->party_v[j]);
    }
  }
}

static lteep_cose_open_options make_options(const lteep_cose_sealed *message) {
  static lteep_key *keys[KEYS];
  static const lteep_bytes detached = {(const uint8_t *)"detached content", 16};
  for (size_t i = 0; i < KEYS; i++)
    if (!keys[i]) keys[i] = fuzz_key(key_algorithms[i]);
  return (lteep_cose_open_options){
      .keys = (const lteep_key *const *)keys,
      .key_count = KEYS,
      .algorithms = key_algorithms,
      .algorithm_count = 3,
      .iv = {(const uint8_t *)"iv iv iv iv ", 12},
      .detached = message->has_content ? (lteep_bytes){NULL, 0} : detached,
  };
}

static void check_decryptor(const lteep_cose_sealed *message, lteep_cose_open_options options,
                            lteep_bytes plaintext) {
  uint8_t bytes[64];
  lteep_buffer out = {bytes, 0, sizeof bytes};
  lteep_decryptor *decryptor;
  size_t key;
  lteep_bytes ciphertext = options.detached;
  options.detached = (lteep_bytes){NULL, 0};
  if (lteep_decryptor_open(message, &options, 64, &decryptor, &key) != LTEEP_OK) return;
  for (size_t i = 0; i < ciphertext.size; i += 5) {
    size_t size = ciphertext.size - i < 5 ? ciphertext.size - i : 5;
    if (lteep_decryptor_update(decryptor, (lteep_bytes){ciphertext.at + i, size}, &out) != LTEEP_OK)
      abort();
  }
  if (lteep_decryptor_finish(decryptor, &out) == LTEEP_OK &&
      !lteep_equal(plaintext, lteep_buffer_view(&out)))
    abort();
  lteep_decryptor_close(decryptor);
}

static void check_decrypt(lteep_bytes input) {
  lteep_cose_sealed message;
  size_t offset = 0, key = SIZE_MAX;
  if (lteep_cose_parse_encrypted(input, &message, &offset) != LTEEP_OK) {
    if (offset > input.size) abort();
    return;
  }
  check_message(input, &message);
  lteep_cose_open_options options = make_options(&message);
  size_t room = message.has_content ? message.content.size : options.detached.size;
  uint8_t *memory = malloc(room ? room : 1);
  lteep_buffer out = {memory, 0, room};
  if (lteep_cose_decrypt(&message, &options, &out, &key) == LTEEP_OK) {
    if (key >= KEYS || !message.has_algorithm) abort();
    if (message.algorithm != LTEEP_ALG_A128GCM && message.algorithm != LTEEP_ALG_A128CTR) abort();
    if (!message.has_content) check_decryptor(&message, options, lteep_buffer_view(&out));
  }
  free(memory);
}

static void check_mac(lteep_bytes input) {
  lteep_cose_sealed message;
  size_t offset = 0, key = SIZE_MAX;
  if (lteep_cose_parse_mac(input, &message, &offset) != LTEEP_OK) {
    if (offset > input.size) abort();
    return;
  }
  check_message(input, &message);
  lteep_cose_open_options options = make_options(&message);
  if (lteep_cose_verify_mac(&message, &options, &key) != LTEEP_OK) return;
  if (key >= KEYS || message.algorithm != LTEEP_ALG_HMAC256 || !fuzz_matches(message.mac)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lteep_bytes input = {data, size};
  check_decrypt(input);
  check_mac(input);
  return 0;
}
