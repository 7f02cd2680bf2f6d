/* Lua values to bytes along a schema: the inverse of schema_decode.c, with the same checks. */
#include "schema.h"

typedef struct {
  lteep_codec *codec;
  lteep_output *output;
} encoder;

static bool encode_value(encoder *e, const lteep_path *path, const lteep_node *node, int index);

static bool wrong_type(encoder *e, const lteep_path *path, const char *wanted, int index) {
  return lteep_codec_fail(e->codec, path, LTEEP_ERR_WRONG_TYPE, "want %s, got %s", wanted,
                          luaL_typename(e->codec->L, index));
}

/* Encode the value on top of the stack and pop it. */
static bool encode_top(encoder *e, const lteep_path *path, const lteep_node *node) {
  if (!encode_value(e, path, node, lua_gettop(e->codec->L))) return false;
  lua_pop(e->codec->L, 1);
  return true;
}

static const char *push_shown(encoder *e, int index) {
  luaL_tolstring(e->codec->L, index, NULL);
  return lteep_codec_push_shown(e->codec->L, lteep_check_bytes(e->codec->L, -1));
}

/* --- Scalars --- */

static bool encode_number(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  lua_State *L = e->codec->L;
  if (!lua_isinteger(L, index) || lua_type(L, index) != LUA_TNUMBER)
    return wrong_type(e, path, "an integer", index);
  lua_Integer number = lua_tointeger(L, index);
  bool is_unsigned = node->type == LTEEP_NODE_UINT64;
  if (!is_unsigned && !lteep_codec_check_number(e->codec, path, node, number)) return false;
  lteep_write_integer(e->output, number, is_unsigned);
  return true;
}

static bool encode_string(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  lua_State *L = e->codec->L;
  if (lua_type(L, index) != LUA_TSTRING) return wrong_type(e, path, "a string", index);
  lteep_bytes content = lteep_check_bytes(L, index);
  if (!lteep_codec_check_size(e->codec, path, node, content.size, "bytes")) return false;
  lteep_writer writer = lteep_output_writer(e->output, content.size);
  if (node->type == LTEEP_NODE_BYTES)
    lteep_write_bytes(&writer, content);
  else
    lteep_write_text(&writer, content);
  return !writer.status || lteep_codec_fail(e->codec, path, writer.status, NULL);
}

static bool encode_bool(encoder *e, const lteep_path *path, int index) {
  if (!lua_isboolean(e->codec->L, index)) return wrong_type(e, path, "a boolean", index);
  lteep_writer writer = lteep_output_writer(e->output, 0);
  lteep_write_bool(&writer, lua_toboolean(e->codec->L, index));
  return true;
}

static bool encode_null(encoder *e, const lteep_path *path, int index) {
  lua_State *L = e->codec->L;
  lteep_push_simple(L, 22);
  bool null = lua_rawequal(L, -1, index);
  lua_pop(L, 1);
  if (!null) return wrong_type(e, path, "schema.null", index);
  lteep_writer writer = lteep_output_writer(e->output, 0);
  lteep_write_null(&writer);
  return true;
}

/* The field of a node whose name is the string at `index`. */
static const lteep_field *find_field(encoder *e, const lteep_node *node, int index) {
  lua_State *L = e->codec->L;
  lua_pushvalue(L, index);
  int name = lua_rawget(L, e->codec->names) == LUA_TNUMBER ? (int)lua_tointeger(L, -1) : 0;
  lua_pop(L, 1);
  for (size_t i = 0; name && i < node->count; i++)
    if (node->fields[i].name == name) return &node->fields[i];
  return NULL;
}

static bool encode_enum(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  lua_State *L = e->codec->L;
  bool is_name = lua_type(L, index) == LUA_TSTRING;
  if (!is_name && node->unknown == LTEEP_UNKNOWN_KEEP && lua_isinteger(L, index)) {
    lteep_write_integer(e->output, lua_tointeger(L, index), false);
    return true;
  }
  if (!is_name) return wrong_type(e, path, "a name", index);
  const lteep_field *value = find_field(e, node, index);
  if (!value)
    return lteep_codec_fail(e->codec, path, LTEEP_ERR_UNKNOWN_VALUE, "%s is not known here",
                            push_shown(e, index));
  lteep_write_integer(e->output, value->number, false);
  return true;
}

static bool encode_bits(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  lua_State *L = e->codec->L;
  if (!lua_istable(L, index)) return wrong_type(e, path, "a table", index);
  uint64_t bits = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    int key = lua_gettop(L) - 1;
    const lteep_field *bit = lua_type(L, key) == LUA_TSTRING ? find_field(e, node, key) : NULL;
    if (!bit)
      return lteep_codec_fail(e->codec, path, LTEEP_ERR_UNKNOWN_VALUE, "%s is not known here",
                              push_shown(e, key));
    if (lua_toboolean(L, -1)) bits |= UINT64_C(1) << bit->number;
  }
  lteep_write_integer(e->output, (lua_Integer)bits, true);
  return true;
}

/* --- Containers --- */

/* A list: a table whose keys are 1..count and nothing else. */
static bool check_list(encoder *e, const lteep_path *path, int index, size_t *count) {
  lua_State *L = e->codec->L;
  if (!lua_istable(L, index)) return wrong_type(e, path, "a list", index);
  size_t entries = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) entries++;
  *count = lua_rawlen(L, index);
  if (entries == *count) return true;
  return lteep_codec_fail(e->codec, path, LTEEP_ERR_WRONG_TYPE, "want a list, got other keys too");
}

static bool encode_array(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  lua_State *L = e->codec->L;
  size_t count;
  if (!check_list(e, path, index, &count)) return false;
  if (!lteep_codec_check_size(e->codec, path, node, count, "entries")) return false;
  lteep_writer writer = lteep_output_writer(e->output, 0);
  lteep_write_array(&writer, count);
  for (lua_Integer i = 1; i <= (lua_Integer)count; i++) {
    lteep_path step = {path, 0, i};
    lua_rawgeti(L, index, i);
    if (!encode_top(e, &step, node->of)) return false;
  }
  return true;
}

/* Does the node name the string at `key`, or a map inlined in it? */
static bool names(encoder *e, const lteep_node *node, int key) {
  const lteep_field *field = find_field(e, node, key);
  if (field && !field->inlined) return true;
  if (node->unknown == LTEEP_UNKNOWN_KEEP && node->type == LTEEP_NODE_MAP &&
      lteep_equal(lteep_check_bytes(e->codec->L, key),
                  (lteep_bytes){(const uint8_t *)"unknown", 7}))
    return true;
  for (size_t i = 0; node->room > node->count && i < node->count; i++)
    if (node->fields[i].inlined) return names(e, node->fields[i].of, key);
  return false;
}

/* Refuse keys of the table at `index` that the node does not name. */
static bool check_names(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  lua_State *L = e->codec->L;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    int key = lua_gettop(L) - 1;
    if (lua_type(L, key) == LUA_TSTRING && names(e, node, key)) continue;
    return lteep_codec_fail(e->codec, path, LTEEP_ERR_UNKNOWN_FIELD, "%s is not known here",
                            push_shown(e, key));
  }
  return true;
}

/* Push the value of a field of the table at `index`; false when it is absent (nothing pushed). */
static bool push_field(encoder *e, const lteep_field *field, int index) {
  lua_State *L = e->codec->L;
  lua_rawgeti(L, e->codec->names, field->name);
  if (lua_rawget(L, index) != LUA_TNIL) return true;
  lua_pop(L, 1);
  return false;
}

static bool missing(encoder *e, const lteep_path *path, const lteep_field *field) {
  lteep_path step = {path, field->name, 0};
  return lteep_codec_fail(e->codec, &step, LTEEP_ERR_MISSING_FIELD, NULL);
}

/* Is the field in the table at `index`? What is inlined always is. */
static bool has_field(encoder *e, const lteep_field *field, int index) {
  if (field->inlined) return true;
  if (!push_field(e, field, index)) return false;
  lua_pop(e->codec->L, 1);
  return true;
}

/* Which fields are there, as bits; false when a required one is not, or (tuple) one after a gap. */
static bool find_present(encoder *e, const lteep_path *path, const lteep_node *node, int index,
                         uint64_t *present) {
  const lteep_field *gap = NULL;
  *present = 0;
  for (size_t i = 0; i < node->count; i++) {
    const lteep_field *field = &node->fields[i];
    if (has_field(e, field, index)) {
      if (gap && node->type == LTEEP_NODE_TUPLE) return missing(e, path, gap);
      *present |= UINT64_C(1) << i;
    } else if (field->required) {
      return missing(e, path, field);
    } else if (!gap) {
      gap = field;
    }
  }
  return lteep_codec_check_exclusive(e->codec, path, node, *present);
}

static size_t count_bits(uint64_t bits) {
  size_t count = 0;
  for (; bits; bits &= bits - 1) count++;
  return count;
}

static bool encode_pairs(encoder *e, const lteep_path *path, const lteep_node *node, int index);

static bool encode_field(encoder *e, const lteep_path *path, const lteep_field *field, int index) {
  lteep_path step = {path, field->name, 0};
  if (field->inlined) return encode_pairs(e, path, field->of, index);
  if (!push_field(e, field, index)) return true;
  if (field->label_size > 0) {
    lteep_writer writer = lteep_output_writer(e->output, field->label_size);
    lteep_write_raw(&writer, (lteep_bytes){field->label, field->label_size});
  }
  return encode_top(e, &step, field->of);
}

static bool encode_tuple(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  uint64_t present;
  if (!lua_istable(e->codec->L, index)) return wrong_type(e, path, "a table", index);
  if (!check_names(e, path, node, index) || !find_present(e, path, node, index, &present))
    return false;
  size_t count = count_bits(present);
  lteep_writer writer = lteep_output_writer(e->output, 0);
  lteep_write_array(&writer, count);
  for (size_t i = 0; i < count; i++)
    if (!encode_field(e, path, &node->fields[i], index)) return false;
  return true;
}

/* Bytes in `.unknown` that are to be one data item, written as they are. */
static bool encode_raw(encoder *e, const lteep_path *path, int index) {
  if (lua_type(e->codec->L, index) != LUA_TSTRING)
    return wrong_type(e, path, "encoded bytes", index);
  lteep_bytes raw = lteep_check_bytes(e->codec->L, index);
  lteep_cbor_limits limits = lteep_cbor_default_limits;
  limits.bytes = limits.items = SIZE_MAX;
  limits.depth = LTEEP_CBOR_DEPTH_MAX;
  lteep_status status = lteep_cbor_scan(raw, &limits, NULL);
  if (status) return lteep_codec_fail(e->codec, path, status, NULL);
  lteep_writer writer = lteep_output_writer(e->output, raw.size);
  lteep_write_raw(&writer, raw);
  return true;
}

/* The label at `index`, an integer or text, which no field of the map may have. */
static bool encode_label(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  lua_State *L = e->codec->L;
  size_t start = e->output->buffer.size;
  if (lua_isinteger(L, index)) {
    lteep_write_integer(e->output, lua_tointeger(L, index), false);
  } else if (lua_type(L, index) == LUA_TSTRING) {
    lteep_bytes text = lteep_check_bytes(L, index);
    lteep_writer writer = lteep_output_writer(e->output, text.size);
    lteep_write_text(&writer, text);
    if (writer.status) return lteep_codec_fail(e->codec, path, writer.status, NULL);
  } else {
    return wrong_type(e, path, "a label", index);
  }
  lteep_bytes label = {e->output->buffer.at + start, e->output->buffer.size - start};
  if (!lteep_node_field(node, label)) return true;
  return lteep_codec_fail(e->codec, path, LTEEP_ERR_UNKNOWN_FIELD, "label %s has a name here",
                          push_shown(e, index));
}

/* A finalizer could add to the table while it is walked. */
static void check_unchanged(lua_State *L, bool unchanged) {
  if (!unchanged) luaL_error(L, "a table changes while it is encoded");
}

/* A map with labels beyond the described ones: all `count` pairs, then put in order. */
static bool encode_with_unknown(encoder *e, const lteep_path *path, const lteep_node *node,
                                int index, int unknown, size_t count) {
  lua_State *L = e->codec->L;
  size_t at = 0;
  lteep_output_pair *pairs = lteep_push_array(L, count + 1, sizeof *pairs);
  for (size_t i = 0; i < node->count; i++) {
    size_t start = e->output->buffer.size;
    if (!encode_field(e, path, &node->fields[i], index)) return false;
    if (e->output->buffer.size == start) continue;
    check_unchanged(L, at < count);
    pairs[at++] = (lteep_output_pair){start, start + node->fields[i].label_size};
  }
  for (lua_pushnil(L); lua_next(L, unknown); lua_pop(L, 1)) {
    check_unchanged(L, at < count);
    pairs[at].key = e->output->buffer.size;
    if (!encode_label(e, path, node, lua_gettop(L) - 1)) return false;
    pairs[at++].value = e->output->buffer.size;
    if (!encode_raw(e, path, lua_gettop(L))) return false;
  }
  check_unchanged(L, at == count);
  pairs[at].key = e->output->buffer.size;
  lteep_status status = lteep_output_sort(e->output, pairs, at);
  if (status) return lteep_codec_fail(e->codec, path, status, NULL);
  lua_pop(L, 1);
  return true;
}

/* The map of what the table at `index` has for this node. */
static bool encode_pairs(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  lua_State *L = e->codec->L;
  uint64_t present;
  if (!find_present(e, path, node, index, &present)) return false;
  size_t count = count_bits(present);
  bool keeps = node->unknown == LTEEP_UNKNOWN_KEEP;
  bool unknown = keeps && lua_getfield(L, index, "unknown") != LUA_TNIL;
  int kept = lua_gettop(L);
  if (unknown && !lua_istable(L, kept)) return wrong_type(e, path, "a table under unknown", kept);
  if (unknown)
    for (lua_pushnil(L); lua_next(L, kept); lua_pop(L, 1)) count++;
  lteep_writer writer = lteep_output_writer(e->output, 0);
  lteep_write_map(&writer, count);
  if (unknown && !encode_with_unknown(e, path, node, index, kept, count)) return false;
  for (size_t i = 0; !unknown && i < node->count; i++)
    if (!encode_field(e, path, &node->fields[i], index)) return false;
  if (keeps) lua_pop(L, 1);
  return true;
}

static bool encode_map(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  if (!lua_istable(e->codec->L, index)) return wrong_type(e, path, "a table", index);
  return check_names(e, path, node, index) && encode_pairs(e, path, node, index);
}

static bool encode_entry(encoder *e, const lteep_path *path, const lteep_node *node, int index,
                         lteep_output_pair *pair) {
  lua_State *L = e->codec->L;
  if (!lua_istable(L, index)) return wrong_type(e, path, "{ key =, value = }", index);
  pair->key = e->output->buffer.size;
  lua_pushliteral(L, "key");
  lua_rawget(L, index);
  if (!encode_top(e, path, node->keys)) return false;
  pair->value = e->output->buffer.size;
  lua_pushliteral(L, "value");
  lua_rawget(L, index);
  return encode_top(e, path, node->of);
}

static bool encode_table(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  lua_State *L = e->codec->L;
  size_t count;
  if (!check_list(e, path, index, &count)) return false;
  if (!lteep_codec_check_size(e->codec, path, node, count, "entries")) return false;
  lteep_output_pair *pairs = lteep_push_array(L, count + 1, sizeof *pairs);
  lteep_writer writer = lteep_output_writer(e->output, 0);
  lteep_write_map(&writer, count);
  for (size_t i = 0; i < count; i++) {
    lteep_path step = {path, 0, (lua_Integer)i + 1};
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    if (!encode_entry(e, &step, node, lua_gettop(L), &pairs[i])) return false;
    lua_pop(L, 1);
  }
  pairs[count].key = e->output->buffer.size;
  lteep_status status = lteep_output_sort(e->output, pairs, count);
  if (status) return lteep_codec_fail(e->codec, path, status, NULL);
  lua_pop(L, 1);
  return true;
}

/* --- Wrappers --- */

static bool encode_wrapped(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  size_t start = e->output->buffer.size;
  if (!encode_value(e, path, node->of, index)) return false;
  lteep_output_wrap(e->output, start);
  return true;
}

static bool encode_tag(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  if (!node->omit) {
    lteep_writer writer = lteep_output_writer(e->output, 0);
    lteep_write_tag(&writer, node->tag);
  }
  return encode_value(e, path, node->of, index);
}

/* The first alternative that takes the value; the failure of the last one otherwise. */
static bool encode_choice(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  lua_State *L = e->codec->L;
  size_t start = e->output->buffer.size;
  int top = lua_gettop(L);
  for (size_t i = 0; i < node->count; i++) {
    lua_settop(L, top);
    e->output->buffer.size = start;
    if (encode_value(e, path, node->fields[i].of, index)) {
      e->codec->status = LTEEP_OK;
      return true;
    }
  }
  return false;
}

static bool encode_any(encoder *e, const lteep_path *path, int index) {
  lteep_status status = lteep_write_generic(e->output, index);
  return status == LTEEP_OK || lteep_codec_fail(e->codec, path, status, NULL);
}

static bool encode_value(encoder *e, const lteep_path *path, const lteep_node *node, int index) {
  luaL_checkstack(e->codec->L, 8, "schema");
  switch (node->type) {
  case LTEEP_NODE_UINT:
  case LTEEP_NODE_UINT64:
  case LTEEP_NODE_INT:
    return encode_number(e, path, node, index);
  case LTEEP_NODE_BYTES:
  case LTEEP_NODE_TEXT:
    return encode_string(e, path, node, index);
  case LTEEP_NODE_BOOL:
    return encode_bool(e, path, index);
  case LTEEP_NODE_NULL:
    return encode_null(e, path, index);
  case LTEEP_NODE_ENUM:
    return encode_enum(e, path, node, index);
  case LTEEP_NODE_BITS:
    return encode_bits(e, path, node, index);
  case LTEEP_NODE_ARRAY:
    return encode_array(e, path, node, index);
  case LTEEP_NODE_TUPLE:
    return encode_tuple(e, path, node, index);
  case LTEEP_NODE_MAP:
    return encode_map(e, path, node, index);
  case LTEEP_NODE_TABLE:
    return encode_table(e, path, node, index);
  case LTEEP_NODE_WRAPPED:
    return encode_wrapped(e, path, node, index);
  case LTEEP_NODE_TAG:
    return encode_tag(e, path, node, index);
  case LTEEP_NODE_CHOICE:
    return encode_choice(e, path, node, index);
  case LTEEP_NODE_RAW:
    return encode_raw(e, path, index);
  case LTEEP_NODE_ANY:
    return encode_any(e, path, index);
  }
  return false;
}

bool lteep_schema_encode(lteep_codec *codec, lteep_output *output, int index) {
  encoder e = {codec, output};
  return encode_value(&e, NULL, codec->schema->root, index);
}
