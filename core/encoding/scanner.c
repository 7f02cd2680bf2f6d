/* The strict scanner: one pass, no recursion over the input, no allocation.
 *
 * Open arrays, maps, tags (and strings of indefinite length) are frames on a fixed stack. An item
 * that ends completes a place in the frame on top, which may end that frame, and so on. Map keys
 * are compared as encoded bytes (RFC 8949 section 4.2.1): against the key before, which is all a
 * sorted map needs; a map found unsorted is compared pairwise once it ends, up to `unsorted_keys`
 * entries.
 *
 * Floats obey the shortest-form rule too; of all NaNs only 0xf97e00 does (section 4.2.2).
 */
#include "encoding.h"

#include <math.h>
#include <string.h>

const lteep_cbor_limits lteep_cbor_default_limits = {.bytes = 1 << 20,
                                                     .items = 65536,
                                                     .string = SIZE_MAX,
                                                     .depth = 16,
                                                     .unsorted_keys = 64,
                                                     .rules = LTEEP_CBOR_STRICT};

typedef struct {
  size_t start;    /* offset of the head */
  uint64_t left;   /* items to come; bytes so far in a string of indefinite length */
  uint64_t taken;  /* items completed */
  lteep_bytes key; /* last key of a map */
  uint8_t major;
  bool indefinite;
  bool unsorted;
} frame;

typedef struct {
  lteep_bytes input;
  const lteep_cbor_limits *limits;
  size_t at;    /* the next byte */
  size_t fault; /* offset of the item at fault, once a check failed */
  size_t items;
  unsigned depth;
  unsigned depth_max;
  frame frames[LTEEP_CBOR_DEPTH_MAX];
} scan;

#ifdef __FRAMAC__
#include "scanner.acsl.h"
#endif

/* No encoded item is a prefix of another, so a tie up to the shorter is equality only when the
 * sizes agree. */
/*@ requires readable(a) && readable(b);
    requires init: filled(a.at, a.size) && filled(b.at, b.size);
    assigns \nothing; */
int lteep_cbor_compare(lteep_bytes a, lteep_bytes b) {
  /*@ admit init: initialized(&a) && initialized(&b); */
  size_t shorter = a.size < b.size ? a.size : b.size;
  if (shorter > 0 && a.at[0] != b.at[0]) return a.at[0] < b.at[0] ? -1 : 1;
  int order = memcmp(a.at, b.at, shorter);
  /*@ admit init: initialized(&order); */
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/*@ requires \valid_read(s) && \valid_read(s->limits);
    requires init: initialized(&s->limits) && initialized(s->limits);
    assigns \nothing; */
static bool asks(const scan *s, unsigned rule) {
  return (s->limits->rules & rule) != 0;
}

/*@ requires \valid(s);
    assigns s->fault;
    ensures s->fault == offset && \result == status;
    ensures init: initialized(&s->fault); */
static lteep_status fail(scan *s, size_t offset, lteep_status status) {
  s->fault = offset;
  return status;
}

/*@ requires \valid_read(s) && readable_at(s->input.at, s->input.size) && within(part, s->input);
    requires init: initialized_input(s);
    assigns \nothing;
    ensures \result <= s->input.size; */
static size_t offset_of(const scan *s, lteep_bytes part) {
  /*@ admit init: initialized(&part); */
  return (size_t)(part.at - s->input.at);
}

/* Collect the keys of the map that starts at `start` and has just been walked. */
/*@ requires \valid_read(s) && readable_at(s->input.at, s->input.size) && start < s->input.size;
    requires count <= LTEEP_CBOR_UNSORTED_MAX && \valid(keys + (0 .. count - 1));
    requires \separated(keys + (0 .. count - 1), s, s->input.at + (0 .. s->input.size - 1));
    requires init: initialized_input(s);
    assigns keys[0 .. count - 1];
    ensures \result == LTEEP_OK ==> \forall integer k; 0 <= k < count ==> key_of(&keys[k], s);
    ensures init: \result == LTEEP_OK ==>
      \forall integer k; 0 <= k < count ==> initialized(&keys[k]); */
static lteep_status collect_keys(const scan *s, size_t start, size_t count, lteep_bytes *keys) {
  lteep_head head;
  const lteep_status read = lteep_head_read(s->input.at + start, s->input.size - start, &head);
  if (read != LTEEP_OK) return read;
  lteep_status status = LTEEP_OK;
  size_t at = start + head.size;
  /*@ loop invariant 0 <= i <= count && at <= s->input.size;
      loop invariant status == LTEEP_OK ==> \forall integer k; 0 <= k < i ==> key_of(&keys[k], s);
      loop invariant init: status == LTEEP_OK ==>
        \forall integer k; 0 <= k < i ==> initialized(&keys[k]);
      loop invariant init: initialized_input(s);
      loop assigns i, at, status, keys[0 .. count - 1];
      loop variant count - i; */
  for (size_t i = 0; status == LTEEP_OK && i < count; i++) {
    size_t end = at;
    status = lteep_cbor_skip(s->input, at, &end);
    /*@ assert \separated(keys + i, s) && \separated(keys + i, keys + (0 .. i - 1)); */
    keys[i].at = s->input.at + at;
    keys[i].size = end - at;
    /*@ assert status == LTEEP_OK ==> key_of(&keys[i], s); */
    /*@ assert status == LTEEP_OK ==> \forall integer k; 0 <= k < i ==> key_of(keys + k, s); */
    if (status == LTEEP_OK) status = lteep_cbor_skip(s->input, end, &at);
  }
  return status;
}

/* At the end of an unsorted map: is any key there twice? */
/*@ requires ready(s) && 0 < s->depth && map == &s->frames[s->depth - 1];
    requires map->start < s->input.size;
    requires init: initialized_bound(s) && initialized_frame(map);
    assigns s->fault;
    ensures \result != LTEEP_OK ==> s->fault <= s->input.size;
    ensures init: \result != LTEEP_OK ==> initialized(&s->fault); */
static lteep_status check_unique(scan *s, const frame *map) {
  lteep_bytes keys[LTEEP_CBOR_UNSORTED_MAX];
  uint64_t count = map->taken / 2;
  if (count > s->limits->unsorted_keys || count > LTEEP_CBOR_UNSORTED_MAX)
    return fail(s, map->start, LTEEP_ERR_UNSORTED_KEYS);
  const lteep_status status = collect_keys(s, map->start, (size_t)count, keys);
  if (status != LTEEP_OK) return fail(s, map->start, status);
  /*@ loop assigns i;
      loop variant count - i; */
  for (size_t i = 1; i < count; i++)
    /*@ loop invariant j <= i;
        loop assigns j;
        loop variant i - j; */
    for (size_t j = 0; j < i; j++) {
      /*@ assert key_of(&keys[i], s) && key_of(&keys[j], s); */
      /*@ assert init: filled(keys[i].at, keys[i].size) && filled(keys[j].at, keys[j].size); */
      /*@ assert init: initialized(&keys[i]) && initialized(&keys[j]); */
      if (lteep_equal(keys[i], keys[j]))
        return fail(s, offset_of(s, keys[i]), LTEEP_ERR_DUPLICATE_KEY);
    }
  return LTEEP_OK;
}

/* A key of the map `map` is complete: is it in its place? */
/*@ requires ready(s) && start < s->at && 0 < s->depth && map == &s->frames[s->depth - 1];
    requires map->key.size > 0 ==> inside(map->key.at, map->key.size, s->input.at, s->input.size);
    requires init: initialized_scan(s) && initialized_frames(s);
    assigns s->fault, map->key, map->unsorted;
    ensures inside(map->key.at, map->key.size, s->input.at, s->input.size);
    ensures \result != LTEEP_OK ==> s->fault <= s->input.size;
    ensures init: initialized_scan(s);
    ensures init: initialized_frames(s);
    ensures init: \result != LTEEP_OK ==> initialized(&s->fault); */
static lteep_status check_key(scan *s, frame *map, size_t start) {
  lteep_bytes key = {s->input.at + start, s->at - start};
  int order = map->key.size == 0 ? 1 : lteep_cbor_compare(key, map->key);
  map->key.at = key.at;
  map->key.size = key.size;
  if (order == 0) return fail(s, start, LTEEP_ERR_DUPLICATE_KEY);
  if (order > 0) return LTEEP_OK;
  if (asks(s, LTEEP_CBOR_SORTED)) return fail(s, start, LTEEP_ERR_UNSORTED_KEYS);
  map->unsorted = true;
  return LTEEP_OK;
}

/* Close the frame on top, whose items are complete. */
/*@ requires ready(s) && 0 < s->depth && s->frames[s->depth - 1].start < s->input.size;
    requires init: initialized_scan(s) && initialized_frames(s);
    assigns s->fault, s->depth;
    ensures s->depth == \old(s->depth) - 1;
    ensures \result != LTEEP_OK ==> s->fault <= s->input.size;
    ensures init: initialized_end(s, \result);
    ensures init: initialized_frames(s); */
static lteep_status close_frame(scan *s) {
  const frame *top = &s->frames[s->depth - 1];
  const lteep_status status = top->unsorted ? check_unique(s, top) : LTEEP_OK;
  /*@ assert init: initialized_scan(s) && initialized_frames(s); */
  s->depth--;
  return status;
}

/* Count an item in an open frame; is this its last? */
/*@ requires \valid(f) && f->taken < UINT64_MAX && (f->indefinite || f->left > 0);
    requires init: initialized_frame(f);
    assigns f->taken, f->left;
    ensures f->taken == \old(f->taken) + 1 && f->left <= \old(f->left);
    ensures \result || f->indefinite || f->left > 0;
    ensures init: initialized_frame(f); */
static bool count_item(frame *f) {
  f->taken++;
  return !f->indefinite && --f->left == 0;
}

/* The item that began at `start` ends at s->at: count it, and close every frame this completes. */
/*@ requires item_read(s, start);
    requires init: initialized_scan(s) && initialized_frames(s);
    assigns s->fault, s->depth, s->frames[0 .. LTEEP_CBOR_DEPTH_MAX - 1];
    ensures \result == LTEEP_OK ==> ready(s) && s->items <= s->at;
    ensures \result == LTEEP_OK ==> sound_frames(s, s->items);
    ensures \result != LTEEP_OK ==> s->fault <= s->input.size;
    ensures init: initialized_end(s, \result);
    ensures init: \result == LTEEP_OK ==> initialized_frames(s); */
static lteep_status complete(scan *s, size_t start) {
  bool keys_matter = asks(s, LTEEP_CBOR_UNIQUE | LTEEP_CBOR_SORTED);
  /*@ admit init: initialized(&keys_matter); */
  /*@ loop invariant ready(s) && start < s->at;
      loop invariant sound_frames(s, s->items - 1);
      loop invariant init: initialized_scan(s);
      loop invariant init: initialized_frames(s);
      loop assigns start, s->fault, s->depth, s->frames[0 .. LTEEP_CBOR_DEPTH_MAX - 1];
      loop variant s->depth; */
  while (s->depth > 0) {
    frame *top = &s->frames[s->depth - 1];
    bool is_key = top->major == LTEEP_CBOR_MAP && top->taken % 2 == 0;
    lteep_status status = is_key && keys_matter ? check_key(s, top, start) : LTEEP_OK;
    if (status != LTEEP_OK) return status;
    /*@ assert init: initialized_scan(s) && initialized_frames(s); */
    bool is_last = count_item(top);
    /*@ admit init: initialized(&is_last); */
    /*@ assert sound_below(s, s->items - 1); */
    /*@ assert is_last || sound_frame(s, top, s->items); */
    /*@ assert init: initialized_scan(s) && initialized_frames(s); */
    if (!is_last) return LTEEP_OK;
    status = close_frame(s);
    if (status != LTEEP_OK) return status;
    start = top->start;
  }
  return LTEEP_OK;
}

/*@ requires \valid(f) && \valid_read(head) && sound_head(head) && \separated(f, head);
    requires init: initialized(head);
    assigns *f;
    ensures f->start == start && f->left == items && f->taken == 0 && f->key.size == 0;
    ensures f->major == head->major && f->indefinite == (head->info == INFO_INDEFINITE);
    ensures !f->unsorted;
    ensures init: initialized_frame(f); */
static void begin(frame *f, size_t start, const lteep_head *head, uint64_t items) {
  f->start = start;
  f->left = items;
  f->taken = 0;
  f->key.at = NULL;
  f->key.size = 0;
  f->major = head->major;
  f->indefinite = head->info == INFO_INDEFINITE;
  f->unsorted = false;
}

/*@ requires item_read(s, start) && \valid_read(head) && sound_head(head) && \separated(s, head);
    requires string_head(head) ==> items == 0;
    requires init: initialized_scan(s) && initialized_frames(s) && initialized(head);
    assigns s->fault, s->depth, s->frames[0 .. LTEEP_CBOR_DEPTH_MAX - 1];
    ensures \result == LTEEP_OK ==> ready(s) && s->items <= s->at;
    ensures \result == LTEEP_OK ==> sound_frames(s, s->items);
    ensures \result != LTEEP_OK ==> s->fault <= s->input.size;
    ensures init: initialized_end(s, \result);
    ensures init: \result == LTEEP_OK ==> initialized_frames(s); */
static lteep_status open_frame(scan *s, size_t start, const lteep_head *head, uint64_t items) {
  if (s->depth >= s->depth_max) return fail(s, start, LTEEP_ERR_TOO_DEEP);
  bool indefinite = head->info == INFO_INDEFINITE;
  if (items == 0 && !indefinite) return complete(s, start);
  begin(&s->frames[s->depth], start, head, items);
  /*@ assert init: initialized_scan(s) && initialized_frames(s); */
  s->depth++;
  return LTEEP_OK;
}

/*@ requires item_read(s, start);
    requires init: initialized_scan(s) && initialized_frames(s);
    assigns s->fault, s->depth, s->frames[0 .. LTEEP_CBOR_DEPTH_MAX - 1];
    ensures \result == LTEEP_OK ==> ready(s) && s->items <= s->at;
    ensures \result == LTEEP_OK ==> sound_frames(s, s->items);
    ensures \result != LTEEP_OK ==> s->fault <= s->input.size;
    ensures init: initialized_end(s, \result);
    ensures init: \result == LTEEP_OK ==> initialized_frames(s); */
static lteep_status scan_break(scan *s, size_t start) {
  frame *top = s->depth > 0 ? &s->frames[s->depth - 1] : NULL;
  bool closes = top && top->indefinite && !(top->major == LTEEP_CBOR_MAP && top->taken % 2 == 1);
  if (!closes) return fail(s, start, LTEEP_ERR_NOT_WELL_FORMED);
  const lteep_status status = close_frame(s);
  if (status != LTEEP_OK) return status;
  return complete(s, top->start);
}

/*@ requires \valid_read(head) && (head->size == 3 || head->size == 5 || head->size == 9);
    requires init: initialized(head);
    assigns \nothing; */
static bool float_is_shortest(const lteep_head *head) {
  size_t width = head->size - 1u;
  double number = lteep_float_from_bits(head->value, width);
  /*@ admit init: initialized(&number); */
  if (isnan(number)) return width == 2 && head->value == HALF_NAN;
  return lteep_float_width(number) == width;
}

/*@ requires item_read(s, start) && \valid_read(head) && sound_head(head) && \separated(s, head);
    requires init: initialized_scan(s) && initialized_frames(s) && initialized(head);
    assigns s->fault, s->depth, s->frames[0 .. LTEEP_CBOR_DEPTH_MAX - 1];
    ensures \result == LTEEP_OK ==> ready(s) && s->items <= s->at;
    ensures \result == LTEEP_OK ==> sound_frames(s, s->items);
    ensures \result != LTEEP_OK ==> s->fault <= s->input.size;
    ensures init: initialized_end(s, \result);
    ensures init: \result == LTEEP_OK ==> initialized_frames(s); */
static lteep_status scan_simple(scan *s, size_t start, const lteep_head *head) {
  if (head->info == INFO_INDEFINITE) return scan_break(s, start);
  if (head->info == INFO_ONE_BYTE && head->value < 32)
    return fail(s, start, LTEEP_ERR_NOT_WELL_FORMED);
  if (head->info > INFO_ONE_BYTE && asks(s, LTEEP_CBOR_SHORTEST) && !float_is_shortest(head))
    return fail(s, start, LTEEP_ERR_NOT_SHORTEST);
  return complete(s, start);
}

/*@ assigns \nothing;
    ensures \result <==> major == LTEEP_CBOR_BYTES || major == LTEEP_CBOR_TEXT; */
static bool is_string(unsigned major) {
  return major == LTEEP_CBOR_BYTES || major == LTEEP_CBOR_TEXT;
}

/* Size of the string that a string of `size` bytes is, or is the last chunk of so far. */
/*@ requires ready(s) && size <= s->input.size - s->at;
    requires \forall integer i; 0 <= i < s->depth ==> sound_string(s, &s->frames[i]);
    requires init: initialized_scan(s) && initialized_frames(s);
    assigns s->frames[s->depth > 0 ? s->depth - 1 : 0].left;
    ensures \let top = &s->frames[s->depth - 1]; s->depth > 0 ==>
      top->left == \old(s->frames[s->depth - 1].left) ||
      (string_frame(top) && top->left == \old(s->frames[s->depth - 1].left) + size);
    ensures init: initialized_scan(s);
    ensures init: initialized_frames(s); */
static uint64_t whole_string(scan *s, uint64_t size) {
  frame *top = s->depth > 0 ? &s->frames[s->depth - 1] : NULL;
  if (!top || !is_string(top->major)) return size;
  top->left += size;
  return top->left;
}

/*@ requires item_read(s, start) && \valid_read(head) && sound_head(head) && \separated(s, head);
    requires init: initialized_scan(s) && initialized_frames(s) && initialized(head);
    assigns s->at, s->fault, s->depth, s->frames[0 .. LTEEP_CBOR_DEPTH_MAX - 1];
    ensures s->at >= \old(s->at);
    ensures \result == LTEEP_OK ==> ready(s) && s->items <= s->at;
    ensures \result == LTEEP_OK ==> sound_frames(s, s->items);
    ensures \result != LTEEP_OK ==> s->fault <= s->input.size;
    ensures init: initialized_end(s, \result);
    ensures init: \result == LTEEP_OK ==> initialized_frames(s); */
static lteep_status scan_string(scan *s, size_t start, const lteep_head *head) {
  if (head->info == INFO_INDEFINITE) return open_frame(s, start, head, 0);
  size_t left = s->input.size - s->at;
  if (head->value > left) return fail(s, start, LTEEP_ERR_TRUNCATED);
  if (whole_string(s, head->value) > s->limits->string) return fail(s, start, LTEEP_ERR_TOO_LARGE);
  lteep_bytes content = {s->input.at + s->at, (size_t)head->value};
  if (head->major == LTEEP_CBOR_TEXT && asks(s, LTEEP_CBOR_UTF8) && !lteep_utf8_valid(content))
    return fail(s, start, LTEEP_ERR_INVALID_UTF8);
  s->at += content.size;
  return complete(s, start);
}

/* Every item needs a byte: a count beyond the bytes left is refused before anything is done. */
/*@ requires item_read(s, start) && \valid_read(head) && sound_head(head) && \separated(s, head);
    requires !string_head(head);
    requires init: initialized_scan(s) && initialized_frames(s) && initialized(head);
    assigns s->fault, s->depth, s->frames[0 .. LTEEP_CBOR_DEPTH_MAX - 1];
    ensures \result == LTEEP_OK ==> ready(s) && s->items <= s->at;
    ensures \result == LTEEP_OK ==> sound_frames(s, s->items);
    ensures \result != LTEEP_OK ==> s->fault <= s->input.size;
    ensures init: initialized_end(s, \result);
    ensures init: \result == LTEEP_OK ==> initialized_frames(s); */
static lteep_status scan_collection(scan *s, size_t start, const lteep_head *head) {
  size_t left = s->input.size - s->at;
  uint64_t each = head->major == LTEEP_CBOR_MAP ? 2 : 1;
  if (head->value > left / each) return fail(s, start, LTEEP_ERR_TRUNCATED);
  return open_frame(s, start, head, head->value * each);
}

/* Inside a string of indefinite length only definite strings of its type may stand (section 3.2.3).
 */
/*@ requires ready(s) && \valid_read(head);
    requires init: initialized_scan(s) && initialized_frames(s) && initialized(head);
    assigns \nothing; */
static bool is_chunk_misplaced(const scan *s, const lteep_head *head) {
  if (s->depth == 0) return false;
  const frame *top = &s->frames[s->depth - 1];
  if (!is_string(top->major)) return false;
  bool is_break = head->major == LTEEP_CBOR_SIMPLE && head->info == INFO_INDEFINITE;
  return !is_break && (head->major != top->major || head->info == INFO_INDEFINITE);
}

/*@ requires \valid_read(head) && INFO_ONE_BYTE <= head->info <= INFO_EIGHT_BYTES;
    requires init: initialized(head);
    assigns \nothing; */
static bool head_is_shortest(const lteep_head *head) {
  static const uint64_t least[] = {24, 1u << 8, 1u << 16, UINT64_C(1) << 32};
  return head->value >= least[head->info - INFO_ONE_BYTE];
}

/* An argument that follows the initial byte, or the indefinite length that stands in its place. */
/*@ requires \valid_read(s) && \valid_read(s->limits) && \valid_read(head) && sound_head(head);
    requires head->info >= INFO_ONE_BYTE;
    requires init: initialized_bound(s) && initialized(head);
    assigns \nothing; */
static lteep_status check_argument(const scan *s, const lteep_head *head) {
  bool indefinite = head->info == INFO_INDEFINITE;
  bool number_or_tag = head->major <= LTEEP_CBOR_NINT || head->major == LTEEP_CBOR_TAG;
  if (indefinite && number_or_tag) return LTEEP_ERR_NOT_WELL_FORMED;
  if (head->major == LTEEP_CBOR_SIMPLE) return LTEEP_OK;
  if (indefinite) return asks(s, LTEEP_CBOR_DEFINITE) ? LTEEP_ERR_INDEFINITE_LENGTH : LTEEP_OK;
  bool too_long = asks(s, LTEEP_CBOR_SHORTEST) && !head_is_shortest(head);
  return too_long ? LTEEP_ERR_NOT_SHORTEST : LTEEP_OK;
}

/*@ requires ready(s) && start == s->at && \valid(head);
    requires \separated(head, s) && \separated(head, s->limits);
    requires \separated(head, s->input.at + (0 .. s->input.size - 1));
    requires init: initialized_scan(s) && initialized_frames(s);
    assigns s->fault, s->at, head->major, head->info, head->size, head->value;
    ensures \result == LTEEP_OK ==> sound_head(head) && start < s->at <= s->input.size;
    ensures \result != LTEEP_OK ==> s->fault <= s->input.size;
    ensures init: \result == LTEEP_OK ==> initialized(head);
    ensures init: initialized_end(s, \result);
    ensures init: \result == LTEEP_OK ==> initialized_frames(s); */
static lteep_status scan_head(scan *s, size_t start, lteep_head *head) {
  const lteep_status read = lteep_head_read(s->input.at + start, s->input.size - start, head);
  if (read != LTEEP_OK) return fail(s, start, read);
  if (is_chunk_misplaced(s, head)) return fail(s, start, LTEEP_ERR_NOT_WELL_FORMED);
  lteep_status status = head->info >= INFO_ONE_BYTE ? check_argument(s, head) : LTEEP_OK;
  if (status != LTEEP_OK) return fail(s, start, status);
  s->at = start + head->size;
  return LTEEP_OK;
}

/*@ requires sound(s, s->items);
    requires init: initialized_scan(s) && initialized_frames(s);
    assigns s->items, s->at, s->fault, s->depth, s->frames[0 .. LTEEP_CBOR_DEPTH_MAX - 1];
    ensures \result == LTEEP_OK ==> ready(s) && s->items <= s->at;
    ensures \result == LTEEP_OK ==> sound_frames(s, s->items);
    ensures \result != LTEEP_OK ==> s->fault <= s->input.size;
    ensures \result == LTEEP_OK ==> \old(s->at) < s->at;
    ensures init: initialized_end(s, \result);
    ensures init: \result == LTEEP_OK ==> initialized_frames(s); */
static lteep_status scan_item(scan *s) {
  size_t start = s->at;
  lteep_head head;
  if (++s->items > s->limits->items) return fail(s, start, LTEEP_ERR_TOO_MANY_ITEMS);
  const lteep_status status = scan_head(s, start, &head);
  if (status != LTEEP_OK) return status;
  if (head.major <= LTEEP_CBOR_NINT) return complete(s, start);
  if (is_string(head.major)) return scan_string(s, start, &head);
  if (head.major <= LTEEP_CBOR_MAP) return scan_collection(s, start, &head);
  if (head.major == LTEEP_CBOR_TAG) return open_frame(s, start, &head, 1);
  return scan_simple(s, start, &head);
}

/* Walk one whole item from s->at. */
/*@ requires bound(s) && s->at <= s->input.size;
    requires init: initialized_bound(s);
    assigns s->items, s->at, s->fault, s->depth, s->depth_max,
            s->frames[0 .. LTEEP_CBOR_DEPTH_MAX - 1];
    ensures \result == LTEEP_OK ==> \old(s->at) < s->at <= s->input.size;
    ensures \result != LTEEP_OK ==> s->fault <= s->input.size;
    ensures init: initialized_end(s, \result);
    ensures init: \result == LTEEP_OK ==> initialized_frames(s); */
static lteep_status scan_whole(scan *s) {
  s->items = 0;
  s->depth = 0;
  s->depth_max = s->limits->depth < LTEEP_CBOR_DEPTH_MAX ? s->limits->depth : LTEEP_CBOR_DEPTH_MAX;
  lteep_status status = LTEEP_OK;
  /*@ loop invariant sound(s, s->items) && s->at >= \at(s->at, Pre);
      loop invariant init: initialized_scan(s);
      loop invariant init: initialized_frames(s);
      loop assigns status, s->items, s->at, s->fault, s->depth,
                   s->frames[0 .. LTEEP_CBOR_DEPTH_MAX - 1];
      loop variant s->input.size - s->at; */
  do {
    status = scan_item(s);
  } while (status == LTEEP_OK && s->depth > 0);
  return status;
}

/* Find the end of an integer or of a string of definite length, which most map keys are; false for
 * any other item. */
/*@ requires readable(input) && at <= input.size && \valid(end);
    requires \separated(end, input.at + (0 .. input.size - 1));
    requires init: filled(input.at, input.size) && initialized(end);
    assigns *end;
    ensures \result ? at < *end <= input.size : *end == \old(*end);
    ensures init: initialized(end); */
static bool skip_scalar(lteep_bytes input, size_t at, size_t *end) {
  /*@ admit init: initialized(&input); */
  lteep_head head;
  if (lteep_head_read(input.at + at, input.size - at, &head) != LTEEP_OK) return false;
  if (head.major > LTEEP_CBOR_TEXT || head.info == INFO_INDEFINITE) return false;
  uint64_t content = head.major > LTEEP_CBOR_NINT ? head.value : 0;
  if (content > input.size - at - head.size) return false;
  *end = at + head.size + (size_t)content;
  return true;
}

lteep_status lteep_cbor_skip(lteep_bytes input, size_t at, size_t *end) {
  /*@ admit init: initialized(&input); */
  if (skip_scalar(input, at, end)) return LTEEP_OK;
  static const lteep_cbor_limits anything = {
      .items = SIZE_MAX, .string = SIZE_MAX, .depth = LTEEP_CBOR_DEPTH_MAX};
  scan s;
  s.input = input;
  s.limits = &anything;
  s.at = at;
  const lteep_status status = scan_whole(&s);
  if (status == LTEEP_OK) *end = s.at;
  return status;
}

/*@ requires bound(s) && s->at == 0;
    requires init: initialized_bound(s);
    assigns s->items, s->at, s->fault, s->depth, s->depth_max,
            s->frames[0 .. LTEEP_CBOR_DEPTH_MAX - 1];
    ensures \result != LTEEP_OK ==> s->fault <= s->input.size;
    ensures init: \result != LTEEP_OK ==> initialized(&s->fault); */
static lteep_status scan_input(scan *s) {
  if (s->input.size > s->limits->bytes) return fail(s, 0, LTEEP_ERR_TOO_LARGE);
  if (s->input.size == 0) return fail(s, 0, LTEEP_ERR_TRUNCATED);
  const lteep_status status = scan_whole(s);
  if (status == LTEEP_OK && s->at < s->input.size) return fail(s, s->at, LTEEP_ERR_TRAILING_BYTES);
  return status;
}

/*@ requires readable(input) && (limits == \null || \valid_read(limits));
    requires offset == \null ||
      (\valid(offset) && \separated(offset, limits, input.at + (0 .. input.size - 1)));
    requires init: filled(input.at, input.size);
    requires init: limits == \null || initialized(limits);
    assigns *offset;
    ensures \result != LTEEP_OK && offset != \null ==> *offset <= input.size;
    ensures init: \result != LTEEP_OK && offset != \null ==> initialized(offset); */
lteep_status lteep_cbor_scan(lteep_bytes input, const lteep_cbor_limits *limits, size_t *offset) {
  /*@ admit init: initialized(&input); */
  scan s;
  s.input = input;
  s.limits = limits ? limits : &lteep_cbor_default_limits;
  s.at = 0;
  const lteep_status status = scan_input(&s);
  if (status != LTEEP_OK && offset) *offset = s.fault;
  return status;
}
