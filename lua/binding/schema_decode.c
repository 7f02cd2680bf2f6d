/* Bytes to Lua values along a schema. The input was scanned; only its meaning is checked here. */
#include <string.h>

#include "schema.h"

typedef struct {
  lteep_codec *codec;
  lteep_reader *reader;
  const lteep_cbor_limits *limits;
} decoder;

static bool decode_value(decoder *d, const lteep_path *path, const lteep_node *node);
static bool decode_item(decoder *d, const lteep_path *path, const lteep_node *node,
                        const lteep_cbor_item *item);

static const char *const kinds[] = {
    "an unsigned integer",
    "a negative integer",
    "a byte string",
    "a text string",
    "an array",
    "a map",
    "a tag",
    "a simple value",
    "a floating-point number",
};

const char *lteep_kind(lteep_cbor_type type) {
  return kinds[type];
}

static bool wrong_type(decoder *d, const lteep_path *path, const char *wanted,
                       const lteep_cbor_item *found) {
  return lteep_codec_fail(d->codec, path, LTEEP_ERR_WRONG_TYPE, "want %s, found %s", wanted,
                          kinds[found->type]);
}

static bool is_type(decoder *d, const lteep_path *path, lteep_cbor_type type,
                    const lteep_cbor_item *item) {
  return item->type == type || wrong_type(d, path, kinds[type], item);
}

/* The head that comes next; the scanner has left nothing that could fail here. */
static bool next(decoder *d, const lteep_path *path, lteep_cbor_item *item) {
  return lteep_reader_next(d->reader, item) ||
         lteep_codec_fail(d->codec, path, d->reader->status, NULL);
}

static void push_bytes(decoder *d, lteep_bytes bytes) {
  lua_pushlstring(d->codec->L, (const char *)bytes.at, bytes.size);
}

static void push_name(decoder *d, int name) {
  lua_rawgeti(d->codec->L, d->codec->names, name);
}

/* --- Scalars --- */

static bool decode_uint64(decoder *d, const lteep_path *path, const lteep_cbor_item *item) {
  if (!is_type(d, path, LTEEP_CBOR_UINT, item)) return false;
  lua_pushinteger(d->codec->L, (lua_Integer)item->value);
  return true;
}

static bool is_integer(const lteep_cbor_item *item) {
  return item->type == LTEEP_CBOR_UINT || item->type == LTEEP_CBOR_NINT;
}

/* A number that fits int64; unsigned only where the node says so. */
static bool take_number(decoder *d, const lteep_path *path, const lteep_node *node,
                        const lteep_cbor_item *item, int64_t *number) {
  if (node->type == LTEEP_NODE_UINT && !is_type(d, path, LTEEP_CBOR_UINT, item)) return false;
  if (!is_integer(item)) return wrong_type(d, path, "an integer", item);
  bool negative = item->type == LTEEP_CBOR_NINT;
  if (item->value > INT64_MAX)
    return lteep_codec_fail_number(d->codec, path, node, negative, item->value);
  *number = negative ? -1 - (int64_t)item->value : (int64_t)item->value;
  return true;
}

static bool decode_number(decoder *d, const lteep_path *path, const lteep_node *node,
                          const lteep_cbor_item *item) {
  int64_t number;
  if (!take_number(d, path, node, item, &number)) return false;
  if (!lteep_codec_check_number(d->codec, path, node, number)) return false;
  lua_pushinteger(d->codec->L, number);
  return true;
}

static bool decode_string(decoder *d, const lteep_path *path, const lteep_node *node,
                          const lteep_cbor_item *item) {
  bool text = node->type == LTEEP_NODE_TEXT;
  if (!is_type(d, path, text ? LTEEP_CBOR_TEXT : LTEEP_CBOR_BYTES, item)) return false;
  if (!lteep_codec_check_size(d->codec, path, node, item->string.size, "bytes")) return false;
  push_bytes(d, item->string);
  return true;
}

static bool is_boolean(const lteep_cbor_item *item) {
  return item->type == LTEEP_CBOR_SIMPLE && (item->value == 20 || item->value == 21);
}

static bool is_null(const lteep_cbor_item *item) {
  return item->type == LTEEP_CBOR_SIMPLE && item->value == 22;
}

static bool decode_simple(decoder *d, const lteep_path *path, const lteep_node *node,
                          const lteep_cbor_item *item) {
  const char *wanted = node->type == LTEEP_NODE_BOOL ? "true or false" : "null";
  if (item->type != LTEEP_CBOR_SIMPLE) return wrong_type(d, path, wanted, item);
  if (!(node->type == LTEEP_NODE_BOOL ? is_boolean(item) : is_null(item)))
    return lteep_codec_fail(d->codec, path, LTEEP_ERR_SIMPLE_VALUE, "want %s", wanted);
  lteep_push_simple(d->codec->L, item->value);
  return true;
}

static bool decode_enum(decoder *d, const lteep_path *path, const lteep_node *node,
                        const lteep_cbor_item *item) {
  int64_t number;
  if (!take_number(d, path, node, item, &number)) return false;
  for (size_t i = 0; i < node->count; i++) {
    if (node->fields[i].number != number) continue;
    push_name(d, node->fields[i].name);
    return true;
  }
  if (node->unknown == LTEEP_UNKNOWN_REFUSE)
    return lteep_codec_fail(d->codec, path, LTEEP_ERR_UNKNOWN_VALUE, "%I names nothing known here",
                            (LUAI_UACINT)number);
  lua_pushinteger(d->codec->L, number);
  return true;
}

static bool decode_bits(decoder *d, const lteep_path *path, const lteep_node *node,
                        const lteep_cbor_item *item) {
  lua_State *L = d->codec->L;
  if (!is_type(d, path, LTEEP_CBOR_UINT, item)) return false;
  uint64_t bits = item->value;
  lua_createtable(L, 0, (int)node->count);
  for (size_t i = 0; i < node->count; i++) {
    uint64_t bit = UINT64_C(1) << node->fields[i].number;
    if (!(bits & bit)) continue;
    bits &= ~bit;
    push_name(d, node->fields[i].name);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
  }
  if (bits == 0) return true;
  return lteep_codec_fail(d->codec, path, LTEEP_ERR_UNKNOWN_VALUE, "unknown bits %s",
                          lteep_codec_push_number(d->codec->L, false, bits));
}

/* --- Containers --- */

static bool check_count(decoder *d, const lteep_path *path, const lteep_node *node,
                        uint64_t count) {
  return lteep_codec_check_size(d->codec, path, node, (size_t)count, "entries");
}

static bool decode_array(decoder *d, const lteep_path *path, const lteep_node *node,
                         const lteep_cbor_item *item) {
  lua_State *L = d->codec->L;
  if (!is_type(d, path, LTEEP_CBOR_ARRAY, item) || !check_count(d, path, node, item->value))
    return false;
  lua_createtable(L, (int)item->value, 0);
  for (lua_Integer i = 1; i <= (lua_Integer)item->value; i++) {
    lteep_path step = {path, 0, i};
    if (!decode_value(d, &step, node->of)) return false;
    lua_rawseti(L, -2, i);
  }
  return true;
}

static bool decode_table(decoder *d, const lteep_path *path, const lteep_node *node,
                         const lteep_cbor_item *item) {
  lua_State *L = d->codec->L;
  if (!is_type(d, path, LTEEP_CBOR_MAP, item) || !check_count(d, path, node, item->value))
    return false;
  lua_createtable(L, (int)item->value, 0);
  for (lua_Integer i = 1; i <= (lua_Integer)item->value; i++) {
    lteep_path step = {path, 0, i};
    lua_createtable(L, 0, 2);
    if (!decode_value(d, &step, node->keys)) return false;
    lua_setfield(L, -2, "key");
    if (!decode_value(d, &step, node->of)) return false;
    lua_setfield(L, -2, "value");
    lua_rawseti(L, -2, i);
  }
  return true;
}

/* An unknown label as Lua sees it: an integer, or a string for text. False for any other label: it
 * could not be told from these. */
static bool push_label(decoder *d, lteep_bytes label) {
  lteep_reader reader = lteep_reader_on(label);
  if (lteep_reader_peek(&reader) == LTEEP_CBOR_TEXT) {
    push_bytes(d, lteep_reader_text(&reader));
    return true;
  }
  int64_t number = lteep_reader_int(&reader);
  if (reader.status == LTEEP_OK) lua_pushinteger(d->codec->L, number);
  return reader.status == LTEEP_OK;
}

static const char *push_shown_label(decoder *d, lteep_bytes label) {
  lteep_cbor_item item = {0};
  lteep_reader reader = lteep_reader_on(label);
  if (lteep_reader_next(&reader, &item) && item.type <= LTEEP_CBOR_NINT)
    return lteep_codec_push_number(d->codec->L, item.type == LTEEP_CBOR_NINT, item.value);
  if (item.type == LTEEP_CBOR_TEXT) return lteep_codec_push_shown(d->codec->L, item.string);
  return lua_pushfstring(d->codec->L, "that is %s", kinds[item.type]);
}

static bool fail_label(decoder *d, const lteep_path *path, lteep_bytes label) {
  const char *shown = push_shown_label(d, label);
  return lteep_codec_fail(d->codec, path, LTEEP_ERR_UNKNOWN_FIELD, "label %s is not known here",
                          shown);
}

/* Put the raw value of an unknown label under `.unknown` of the table on top. */
static bool keep_unknown(decoder *d, const lteep_path *path, lteep_bytes label) {
  lua_State *L = d->codec->L;
  if (lua_getfield(L, -1, "unknown") != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "unknown");
  }
  if (!push_label(d, label)) return fail_label(d, path, label);
  push_bytes(d, lteep_reader_skip(d->reader));
  lua_rawset(L, -3);
  lua_pop(L, 1);
  return true;
}

static bool decode_unknown(decoder *d, const lteep_path *path, const lteep_node *node,
                           lteep_bytes label) {
  if (node->unknown == LTEEP_UNKNOWN_REFUSE) return fail_label(d, path, label);
  if (node->unknown == LTEEP_UNKNOWN_KEEP) return keep_unknown(d, path, label);
  lteep_reader_skip(d->reader);
  return true;
}

/* One pair of a map into the table on top; marks the field as seen. */
static bool decode_pair(decoder *d, const lteep_path *path, const lteep_node *node,
                        lteep_bytes label, uint64_t *seen) {
  const lteep_field *field = lteep_node_field(node, label);
  if (!field) return decode_unknown(d, path, node, label);
  lteep_path step = {path, field->name, 0};
  push_name(d, field->name);
  if (!decode_value(d, &step, field->of)) return false;
  lua_rawset(d->codec->L, -3);
  *seen |= UINT64_C(1) << (field - node->fields);
  return true;
}

static bool check_required(decoder *d, const lteep_path *path, const lteep_node *node,
                           uint64_t seen) {
  for (size_t i = 0; i < node->count; i++) {
    if (!node->fields[i].required || seen >> i & 1) continue;
    lteep_path step = {path, node->fields[i].name, 0};
    return lteep_codec_fail(d->codec, &step, LTEEP_ERR_MISSING_FIELD, NULL);
  }
  return true;
}

/* The next key of a map; most are one byte. */
static lteep_bytes take_label(lteep_reader *reader) {
  if (reader->at < reader->input.size && lteep_is_short_label(reader->input.at[reader->at]))
    return (lteep_bytes){reader->input.at + reader->at++, 1};
  return lteep_reader_skip(reader);
}

/* The pairs of a map into the table on top. */
static bool decode_pairs(decoder *d, const lteep_path *path, const lteep_node *node,
                         uint64_t pairs) {
  uint64_t seen = 0;
  lteep_bytes previous = {NULL, 0};
  for (uint64_t i = 0; i < pairs; i++) {
    lteep_bytes label = take_label(d->reader);
    if (node->sorted && i > 0 && lteep_cbor_compare(previous, label) > 0)
      return lteep_codec_fail(d->codec, path, LTEEP_ERR_UNSORTED_KEYS, NULL);
    if (!decode_pair(d, path, node, label, &seen)) return false;
    previous = label;
  }
  return lteep_codec_check_exclusive(d->codec, path, node, seen) &&
         check_required(d, path, node, seen);
}

static int least(uint64_t a, uint64_t b) {
  return (int)(a < b ? a : b);
}

static bool decode_map(decoder *d, const lteep_path *path, const lteep_node *node,
                       const lteep_cbor_item *item) {
  if (!is_type(d, path, LTEEP_CBOR_MAP, item)) return false;
  lua_createtable(d->codec->L, 0, least(item->value, node->count));
  return decode_pairs(d, path, node, item->value);
}

/* An element of a tuple into the table on top. */
static bool decode_element(decoder *d, const lteep_path *path, const lteep_field *field) {
  if (field->inlined) {
    lteep_cbor_item item;
    return next(d, path, &item) && is_type(d, path, LTEEP_CBOR_MAP, &item) &&
           decode_pairs(d, path, field->of, item.value);
  }
  lteep_path step = {path, field->name, 0};
  push_name(d, field->name);
  if (!decode_value(d, &step, field->of)) return false;
  lua_rawset(d->codec->L, -3);
  return true;
}

static bool decode_tuple(decoder *d, const lteep_path *path, const lteep_node *node,
                         const lteep_cbor_item *item) {
  if (!is_type(d, path, LTEEP_CBOR_ARRAY, item)) return false;
  bool too_many = item->value > node->count && node->unknown == LTEEP_UNKNOWN_REFUSE;
  if (item->value < node->required || too_many)
    return lteep_codec_fail(d->codec, path, LTEEP_ERR_SIZE_OUT_OF_RANGE, "%I elements, want %I..%I",
                            (LUAI_UACINT)item->value, (LUAI_UACINT)node->required,
                            (LUAI_UACINT)node->count);
  lua_createtable(d->codec->L, 0, (int)node->room);
  for (uint64_t i = 0; i < item->value; i++) {
    if (i >= node->count)
      lteep_reader_skip(d->reader);
    else if (!decode_element(d, path, &node->fields[i]))
      return false;
  }
  return true;
}

/* --- Wrappers --- */

static bool decode_wrapped(decoder *d, const lteep_path *path, const lteep_node *node,
                           const lteep_cbor_item *item) {
  size_t offset = 0;
  if (!is_type(d, path, LTEEP_CBOR_BYTES, item)) return false;
  lteep_status status = lteep_cbor_scan(item->string, d->limits, &offset);
  if (status)
    return lteep_codec_fail(d->codec, path, status, "offset %I: %s", (LUAI_UACINT)offset,
                            lteep_status_sentence(status));
  lteep_reader inner = lteep_reader_on(item->string);
  decoder inside = {d->codec, &inner, d->limits};
  return decode_value(&inside, path, node->of);
}

static bool decode_tag(decoder *d, const lteep_path *path, const lteep_node *node,
                       const lteep_cbor_item *item) {
  if (item->type != LTEEP_CBOR_TAG && node->optional) return decode_item(d, path, node->of, item);
  if (!is_type(d, path, LTEEP_CBOR_TAG, item)) return false;
  if (item->value != node->tag)
    return lteep_codec_fail(d->codec, path, LTEEP_ERR_WRONG_TYPE, "want tag %I, found tag %s",
                            (LUAI_UACINT)node->tag,
                            lteep_codec_push_number(d->codec->L, false, item->value));
  return decode_value(d, path, node->of);
}

static bool fits_tuple(const lteep_node *node, const lteep_cbor_item *item) {
  return item->type == LTEEP_CBOR_ARRAY && item->value >= node->required &&
         (item->value <= node->count || node->unknown != LTEEP_UNKNOWN_REFUSE);
}

/* Can an item with this head be the node? */
static bool fits(const lteep_node *node, const lteep_cbor_item *item) {
  switch (node->type) {
  case LTEEP_NODE_UINT:
  case LTEEP_NODE_UINT64:
  case LTEEP_NODE_BITS:
    return item->type == LTEEP_CBOR_UINT;
  case LTEEP_NODE_INT:
  case LTEEP_NODE_ENUM:
    return is_integer(item);
  case LTEEP_NODE_BYTES:
  case LTEEP_NODE_WRAPPED:
    return item->type == LTEEP_CBOR_BYTES;
  case LTEEP_NODE_TEXT:
    return item->type == LTEEP_CBOR_TEXT;
  case LTEEP_NODE_BOOL:
    return is_boolean(item);
  case LTEEP_NODE_NULL:
    return is_null(item);
  case LTEEP_NODE_ARRAY:
    return item->type == LTEEP_CBOR_ARRAY;
  case LTEEP_NODE_TUPLE:
    return fits_tuple(node, item);
  case LTEEP_NODE_MAP:
  case LTEEP_NODE_TABLE:
    return item->type == LTEEP_CBOR_MAP;
  case LTEEP_NODE_TAG:
    if (item->type == LTEEP_CBOR_TAG) return item->value == node->tag;
    return node->optional && fits(node->of, item);
  case LTEEP_NODE_CHOICE:
    for (size_t i = 0; i < node->count; i++)
      if (fits(node->fields[i].of, item)) return true;
    return false;
  default:
    return true;
  }
}

static bool decode_choice(decoder *d, const lteep_path *path, const lteep_node *node,
                          const lteep_cbor_item *item) {
  for (size_t i = 0; i < node->count; i++)
    if (fits(node->fields[i].of, item)) return decode_item(d, path, node->fields[i].of, item);
  return wrong_type(d, path, "one of several types", item);
}

/* Decode the item whose head was read already. */
static bool decode_item(decoder *d, const lteep_path *path, const lteep_node *node,
                        const lteep_cbor_item *item) {
  switch (node->type) {
  case LTEEP_NODE_UINT64:
    return decode_uint64(d, path, item);
  case LTEEP_NODE_UINT:
  case LTEEP_NODE_INT:
    return decode_number(d, path, node, item);
  case LTEEP_NODE_BYTES:
  case LTEEP_NODE_TEXT:
    return decode_string(d, path, node, item);
  case LTEEP_NODE_BOOL:
  case LTEEP_NODE_NULL:
    return decode_simple(d, path, node, item);
  case LTEEP_NODE_ENUM:
    return decode_enum(d, path, node, item);
  case LTEEP_NODE_BITS:
    return decode_bits(d, path, node, item);
  case LTEEP_NODE_ARRAY:
    return decode_array(d, path, node, item);
  case LTEEP_NODE_TUPLE:
    return decode_tuple(d, path, node, item);
  case LTEEP_NODE_MAP:
    return decode_map(d, path, node, item);
  case LTEEP_NODE_TABLE:
    return decode_table(d, path, node, item);
  case LTEEP_NODE_WRAPPED:
    return decode_wrapped(d, path, node, item);
  case LTEEP_NODE_TAG:
    return decode_tag(d, path, node, item);
  case LTEEP_NODE_CHOICE:
    return decode_choice(d, path, node, item);
  case LTEEP_NODE_RAW:
    d->reader->at = item->offset;
    push_bytes(d, lteep_reader_skip(d->reader));
    return true;
  case LTEEP_NODE_ANY:
    d->reader->at = item->offset;
    lteep_push_generic(d->codec->L, d->reader);
    return true;
  }
  return false;
}

static bool decode_value(decoder *d, const lteep_path *path, const lteep_node *node) {
  lteep_cbor_item item;
  return next(d, path, &item) && decode_item(d, path, node, &item);
}

/* Stack slots that a container needs beside what is inside of it: a table, a key, an index. */
enum { SLOTS = 4 };

bool lteep_schema_decode(lteep_codec *codec, lteep_reader *reader,
                         const lteep_cbor_limits *limits) {
  luaL_checkstack(codec->L, SLOTS * (LTEEP_SCHEMA_DEPTH_MAX + 1), "schema");
  decoder d = {codec, reader, limits};
  return decode_value(&d, NULL, codec->schema->root);
}
