/* What the proof of the scanner (`make prove`) says of its state; seen by Frama-C alone.
 *
 * `counted` bounds the items completed in every open frame: they are fewer than all items counted.
 */
/*@
  predicate string_frame(frame *f) = f->major == LTEEP_CBOR_BYTES || f->major == LTEEP_CBOR_TEXT;

  predicate sound_string(scan *s, frame *f) = string_frame(f) ==> f->left <= s->at;

  predicate key_of(lteep_bytes *key, scan *s) =
    inside(key->at, key->size, s->input.at, s->input.size);

  predicate sound_frame(scan *s, frame *f, integer counted) =
    f->start < s->at && f->taken < counted && sound_string(s, f) && (f->indefinite || f->left > 0)
  && (f->key.size > 0 ==> inside(f->key.at, f->key.size, s->input.at, s->input.size));

  predicate string_head(lteep_head *head) =
    head->major == LTEEP_CBOR_BYTES || head->major == LTEEP_CBOR_TEXT;

  predicate bound(scan *s) =
    \valid(s) && \valid_read(s->limits) && \separated(s, s->limits) &&
    readable_at(s->input.at, s->input.size) && \separated(s, s->input.at + (0 .. s->input.size -
  1));

  predicate ready(scan *s) =
    bound(s) && s->at <= s->input.size && s->depth <= s->depth_max <= LTEEP_CBOR_DEPTH_MAX;

  predicate sound_frames(scan *s, integer counted) =
    \forall integer i; 0 <= i < s->depth ==> sound_frame(s, &s->frames[i], counted);

  predicate initialized_frame(frame *f) =
    initialized(&f->start) && initialized(&f->left) && initialized(&f->taken) &&
    initialized(&f->key.at) && initialized(&f->key.size) &&
    initialized(&f->major) && initialized(&f->indefinite) && initialized(&f->unsorted);

  predicate initialized_frames(scan *s) =
    \forall integer i; 0 <= i < s->depth ==> initialized_frame(&s->frames[i]);

  predicate initialized_input(scan *s) =
    initialized(&s->input.at) && initialized(&s->input.size) &&
    filled(s->input.at, s->input.size);

  predicate initialized_bound(scan *s) = initialized_input(s) &&
    initialized(&s->limits) && initialized(s->limits) && initialized(&s->at);

  predicate initialized_scan(scan *s) =
    initialized_bound(s) && initialized(&s->items) && initialized(&s->depth) &&
    initialized(&s->depth_max);

  predicate initialized_end(scan *s, lteep_status status) =
    status == LTEEP_OK ? initialized_scan(s) : initialized(&s->fault);

  predicate sound_below(scan *s, integer counted) =
    \forall integer i; 0 <= i < s->depth - 1 ==> sound_frame(s, &s->frames[i], counted);

  predicate sound(scan *s, integer counted) =
    ready(s) && counted <= s->at &&
    sound_frames(s, counted);

  predicate item_read(scan *s, integer start) =
    sound(s, s->items - 1) && 0 < s->items <= s->at && start < s->at;

*/
