/* The words of the contracts that `make prove` proves; seen by Frama-C alone.
 *
 * No object is larger than PTRDIFF_MAX (its pointers could not be subtracted), hence no input is.
 */
/*@
  predicate readable_at(uint8_t *at, integer size) =
    0 <= size <= PTRDIFF_MAX && \valid_read(at + (0 .. size - 1));

  predicate readable(lteep_bytes b) = readable_at(b.at, b.size);

  predicate inside(uint8_t *at, integer size, uint8_t *whole, integer whole_size) =
    \base_addr(at) == \base_addr(whole) && whole <= at && at + size <= whole + whole_size;

  predicate filled(uint8_t *at, integer size) =
    \forall uint8_t *byte; inside(byte, 1, at, size) ==> initialized(byte);

  lemma rest_filled{L}: \forall uint8_t *at, integer size, start; 0 <= start <= size ==>
    filled(at, size) ==> filled(at + start, size - start);

  lemma part_filled{L}: \forall uint8_t *at, *whole, integer size, whole_size; 0 <= size ==>
    inside(at, size, whole, whole_size) ==> filled(whole, whole_size) ==> filled(at, size);

  predicate within(lteep_bytes part, lteep_bytes whole) =
    inside(part.at, part.size, whole.at, whole.size);

  logic integer argument_size(integer info) =
    info == 24 ? 1 : info == 25 ? 2 : info == 26 ? 4 : info == 27 ? 8 : 0;

  predicate sound_head(lteep_head *head) =
    (head->info <= INFO_EIGHT_BYTES || head->info == INFO_INDEFINITE) &&
    head->size == 1 + argument_size(head->info);

  logic integer power256(integer n) =
    n == 0 ? 1 : n == 1 ? 0x100 : n == 2 ? 0x10000 : n == 3 ? 0x1000000 : n == 4 ? 0x100000000 :
    n == 5 ? 0x10000000000 : n == 6 ? 0x1000000000000 : n == 7 ? 0x100000000000000 :
    0x10000000000000000;
*/
