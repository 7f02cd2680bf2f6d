/* What the proof of the scanner (`make prove`) says of its state; seen by Frama-C alone.
 *
 * `counted` bounds the items completed in every open frame: they are fewer than all items counted.
 */
/*@
  predicate string_frame(frame *f) = f->major == LTEEP_CBOR_BYTES || f->major == LTEEP_CBOR_TEXT;

  predicate sound_string(scan *s, frame *f) = string_frame(f) ==> f->left <= s->at;

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

  predicate sound_below(scan *s, integer counted) =
    \forall integer i; 0 <= i < s->depth - 1 ==> sound_frame(s, &s->frames[i], counted);

  predicate sound(scan *s, integer counted) =
    ready(s) && counted <= s->at &&
    sound_frames(s, counted);

  predicate item_read(scan *s, integer start) =
    sound(s, s->items - 1) && 0 < s->items <= s->at && start < s->at;

*/
