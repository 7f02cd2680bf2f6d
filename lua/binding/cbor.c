/* Room `cbor` of teep.core: scan, span, items, and generic values to and from bytes.
 *
 * Integers, floats and booleans are Lua's own; a byte string is a Lua string. Everything else is a
 * table with one of the metatables below, so that each CBOR item has exactly one Lua form. */
#include "cbor.h"

#include <string.h>

/* Metatables live in the registry under these names; teep.cbor adds methods to them. */
#define TEXT "teep.cbor.text"       /* { value = string } */
#define ARRAY "teep.cbor.array"     /* list */
#define MAP "teep.cbor.map"         /* list of { key, value } */
#define TAG "teep.cbor.tag"         /* { number =, value = } */
#define SIMPLE "teep.cbor.simple"   /* { number = } */
#define INTEGER "teep.cbor.integer" /* { negative =, bits = }: beyond int64 */

#define NESTED_SLOTS 6

static const char *const classes[] = {TEXT, ARRAY, MAP, TAG, SIMPLE, INTEGER};

/* --- Limits and failures --- */

static size_t check_limit(lua_State *L, const char *name) {
  int is_integer;
  lua_Integer value = lua_tointegerx(L, -1, &is_integer);
  if (!is_integer || value < 0)
    luaL_error(L, "limit %s: want a non-negative integer, got %s", name, luaL_typename(L, -1));
  return (size_t)value;
}

static void set_limit(lua_State *L, lteep_cbor_limits *limits, const char *name) {
  if (strcmp(name, "bytes") == 0)
    limits->bytes = check_limit(L, name);
  else if (strcmp(name, "items") == 0)
    limits->items = check_limit(L, name);
  else if (strcmp(name, "string") == 0)
    limits->string = check_limit(L, name);
  else if (strcmp(name, "depth") == 0) {
    size_t depth = check_limit(L, name);
    limits->depth = depth < LTEEP_CBOR_DEPTH_MAX ? (unsigned)depth : LTEEP_CBOR_DEPTH_MAX;
  } else if (strcmp(name, "unsorted_keys") == 0)
    limits->unsorted_keys = check_limit(L, name);
  else if (strcmp(name, "sorted") == 0)
    limits->rules |= lua_toboolean(L, -1) ? LTEEP_CBOR_SORTED : 0;
  else
    luaL_error(L, "unknown limit: %s", name);
}

lteep_cbor_limits lteep_check_limits(lua_State *L, int index) {
  lteep_cbor_limits limits = lteep_cbor_default_limits;
  if (lua_isnoneornil(L, index)) return limits;
  luaL_checktype(L, index, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "limits: names are strings");
    set_limit(L, &limits, lua_tostring(L, -2));
  }
  return limits;
}

int lteep_push_scan_failure(lua_State *L, const char *what, lteep_status status, size_t offset) {
  lua_pushnil(L);
  lua_pushfstring(L, "%s%soffset %I: %s", what ? what : "", what ? ": " : "", (LUAI_UACINT)offset,
                  lteep_status_sentence(status));
  lua_pushstring(L, lteep_status_code(status));
  return 3;
}

/* Scan argument 1 under the limits of argument `limits`; false when a failure was pushed. */
static bool scan_argument(lua_State *L, int limits_index, lteep_bytes *input) {
  *input = lteep_check_bytes(L, 1);
  lteep_cbor_limits limits = lteep_check_limits(L, limits_index);
  size_t offset = 0;
  lteep_status status = lteep_cbor_scan(*input, &limits, &offset);
  if (status) lteep_push_scan_failure(L, NULL, status, offset);
  return status == LTEEP_OK;
}

/* --- Decoding --- */

static void push_string(lua_State *L, lteep_bytes string) {
  lua_pushlstring(L, (const char *)string.at, string.size);
}

static void push_object(lua_State *L, const char *class, const char *field) {
  lua_createtable(L, 0, 2);
  lua_insert(L, -2);
  lua_setfield(L, -2, field);
  luaL_setmetatable(L, class);
}

static void push_integer(lua_State *L, const lteep_cbor_item *item) {
  bool negative = item->type == LTEEP_CBOR_NINT;
  if (item->value <= INT64_MAX) {
    lua_pushinteger(L, negative ? -1 - (lua_Integer)item->value : (lua_Integer)item->value);
    return;
  }
  lua_pushinteger(L, (lua_Integer)item->value);
  push_object(L, INTEGER, "bits");
  lua_pushboolean(L, negative);
  lua_setfield(L, -2, "negative");
}

static void push_array(lua_State *L, lteep_reader *reader, uint64_t count) {
  lua_createtable(L, (int)count, 0);
  luaL_setmetatable(L, ARRAY);
  for (lua_Integer i = 1; i <= (lua_Integer)count; i++) {
    lteep_push_generic(L, reader);
    lua_rawseti(L, -2, i);
  }
}

static void push_map(lua_State *L, lteep_reader *reader, uint64_t pairs) {
  lua_createtable(L, (int)pairs, 0);
  luaL_setmetatable(L, MAP);
  for (lua_Integer i = 1; i <= (lua_Integer)pairs; i++) {
    lua_createtable(L, 2, 0);
    for (int half = 1; half <= 2; half++) {
      lteep_push_generic(L, reader);
      lua_rawseti(L, -2, half);
    }
    lua_rawseti(L, -2, i);
  }
}

/* null and undefined are one value each, kept in the class table of simple values by number. */
void lteep_push_simple(lua_State *L, uint64_t number) {
  if (number == 20 || number == 21) {
    lua_pushboolean(L, number == 21);
    return;
  }
  luaL_getmetatable(L, SIMPLE);
  if (lua_rawgeti(L, -1, (lua_Integer)number) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_pushinteger(L, (lua_Integer)number);
    push_object(L, SIMPLE, "number");
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, (lua_Integer)number);
  }
  lua_remove(L, -2);
}

void lteep_push_generic(lua_State *L, lteep_reader *reader) {
  lteep_cbor_item item;
  luaL_checkstack(L, NESTED_SLOTS, "CBOR nesting");
  if (!lteep_reader_next(reader, &item)) luaL_error(L, "the input was not scanned");
  switch (item.type) {
  case LTEEP_CBOR_UINT:
  case LTEEP_CBOR_NINT:
    push_integer(L, &item);
    break;
  case LTEEP_CBOR_BYTES:
    push_string(L, item.string);
    break;
  case LTEEP_CBOR_TEXT:
    push_string(L, item.string);
    push_object(L, TEXT, "value");
    break;
  case LTEEP_CBOR_ARRAY:
    push_array(L, reader, item.value);
    break;
  case LTEEP_CBOR_MAP:
    push_map(L, reader, item.value);
    break;
  case LTEEP_CBOR_TAG:
    lua_pushinteger(L, (lua_Integer)item.value);
    push_object(L, TAG, "number");
    lteep_push_generic(L, reader);
    lua_setfield(L, -2, "value");
    break;
  case LTEEP_CBOR_SIMPLE:
    lteep_push_simple(L, item.value);
    break;
  case LTEEP_CBOR_FLOAT:
    lua_pushnumber(L, item.number);
    break;
  }
}

static int decode(lua_State *L) {
  lteep_bytes input;
  if (!scan_argument(L, 2, &input)) return 3;
  lteep_reader reader = lteep_reader_on(input);
  lteep_push_generic(L, &reader);
  return 1;
}

/* --- Encoding --- */

void lteep_write_integer(lteep_output *output, lua_Integer value, bool is_unsigned) {
  lteep_writer writer = lteep_output_writer(output, 0);
  if (is_unsigned)
    lteep_write_uint(&writer, (uint64_t)value);
  else
    lteep_write_int(&writer, value);
}

static bool is_class(lua_State *L, int index, const char *class) {
  if (!lua_getmetatable(L, index)) return false;
  luaL_getmetatable(L, class);
  bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same;
}

static lteep_status write_string(lteep_output *output, int index, bool text) {
  lteep_bytes content = lteep_check_bytes(output->L, index);
  lteep_writer writer = lteep_output_writer(output, content.size);
  if (text)
    lteep_write_text(&writer, content);
  else
    lteep_write_bytes(&writer, content);
  return writer.status;
}

/* Write the value on top of the stack and pop it. */
static lteep_status write_top(lteep_output *output) {
  lteep_status status = lteep_write_generic(output, lua_gettop(output->L));
  lua_pop(output->L, 1);
  return status;
}

static lteep_status write_array(lteep_output *output, int index) {
  lua_Unsigned count = lua_rawlen(output->L, index);
  lteep_writer writer = lteep_output_writer(output, 0);
  lteep_write_array(&writer, count);
  lteep_status status = writer.status;
  for (lua_Unsigned i = 1; !status && i <= count; i++) {
    lua_rawgeti(output->L, index, (lua_Integer)i);
    status = write_top(output);
  }
  return status;
}

static lteep_status write_pair(lteep_output *output, int index, lua_Unsigned i,
                               lteep_output_pair *pair) {
  lua_State *L = output->L;
  if (lua_rawgeti(L, index, (lua_Integer)i) != LUA_TTABLE)
    luaL_error(L, "map: entry %I is no { key, value }", (LUAI_UACINT)i);
  pair->key = output->buffer.size;
  lua_rawgeti(L, -1, 1);
  lteep_status status = write_top(output);
  pair->value = output->buffer.size;
  lua_rawgeti(L, -1, 2);
  if (!status) status = write_top(output);
  lua_pop(L, 1);
  return status;
}

static lteep_status write_map(lteep_output *output, int index) {
  lua_State *L = output->L;
  lua_Unsigned count = lua_rawlen(L, index);
  lteep_output_pair *pairs = lteep_push_array(L, count + 1, sizeof *pairs);
  lteep_writer writer = lteep_output_writer(output, 0);
  lteep_write_map(&writer, count);
  lteep_status status = writer.status;
  for (lua_Unsigned i = 0; !status && i < count; i++)
    status = write_pair(output, index, i + 1, &pairs[i]);
  pairs[count].key = output->buffer.size;
  if (!status && !output->keep_order) status = lteep_output_sort(output, pairs, count);
  lua_pop(L, 1);
  return status;
}

static lteep_status write_tag(lteep_output *output, int index) {
  lua_State *L = output->L;
  lteep_writer writer = lteep_output_writer(output, 0);
  lua_getfield(L, index, "number");
  lteep_write_tag(&writer, (uint64_t)luaL_checkinteger(L, -1));
  lua_pop(L, 1);
  if (writer.status) return writer.status;
  lua_getfield(L, index, "value");
  return write_top(output);
}

static lteep_status write_big(lteep_output *output, int index) {
  lua_State *L = output->L;
  lteep_writer writer = lteep_output_writer(output, 0);
  lua_getfield(L, index, "bits");
  lua_getfield(L, index, "negative");
  uint64_t bits = (uint64_t)luaL_checkinteger(L, -2);
  if (lua_toboolean(L, -1))
    lteep_write_nint(&writer, bits);
  else
    lteep_write_uint(&writer, bits);
  lua_pop(L, 2);
  return writer.status;
}

static lteep_status write_simple(lteep_output *output, int index) {
  lteep_writer writer = lteep_output_writer(output, 0);
  lua_getfield(output->L, index, "number");
  lua_Integer number = luaL_checkinteger(output->L, -1);
  if (number < 0 || number > UINT8_MAX) luaL_error(output->L, "no simple value has this number");
  lteep_write_simple(&writer, (uint8_t)number);
  lua_pop(output->L, 1);
  return writer.status;
}

/* A plain table is an array when it has entries; an empty one does not say what it is. */
static lteep_status write_table(lteep_output *output, int index) {
  lua_State *L = output->L;
  if (is_class(L, index, MAP)) return write_map(output, index);
  if (is_class(L, index, ARRAY)) return write_array(output, index);
  if (is_class(L, index, TAG)) return write_tag(output, index);
  if (is_class(L, index, SIMPLE)) return write_simple(output, index);
  if (is_class(L, index, INTEGER)) return write_big(output, index);
  if (is_class(L, index, TEXT)) {
    lua_getfield(L, index, "value");
    lteep_status status = write_string(output, lua_gettop(L), true);
    lua_pop(L, 1);
    return status;
  }
  if (lua_rawlen(L, index) == 0)
    luaL_error(L, "a plain table without entries: say cbor.array{} or cbor.map{}");
  return write_array(output, index);
}

static lteep_status write_value(lteep_output *output, int index) {
  lua_State *L = output->L;
  switch (lua_type(L, index)) {
  case LUA_TBOOLEAN: {
    lteep_writer writer = lteep_output_writer(output, 0);
    lteep_write_bool(&writer, lua_toboolean(L, index));
    return writer.status;
  }
  case LUA_TNUMBER: {
    if (lua_isinteger(L, index)) {
      lteep_write_integer(output, lua_tointeger(L, index), false);
      return LTEEP_OK;
    }
    lteep_writer writer = lteep_output_writer(output, 0);
    lteep_write_float(&writer, lua_tonumber(L, index));
    return writer.status;
  }
  case LUA_TSTRING:
    return write_string(output, index, false);
  case LUA_TTABLE:
    return write_table(output, index);
  default:
    luaL_error(L, "a %s has no CBOR form", luaL_typename(L, index));
    return LTEEP_ERR_WRONG_TYPE;
  }
}

lteep_status lteep_write_generic(lteep_output *output, int index) {
  luaL_checkstack(output->L, NESTED_SLOTS, "CBOR nesting");
  if (output->depth == LTEEP_CBOR_DEPTH_MAX) return LTEEP_ERR_TOO_DEEP;
  output->depth++;
  lteep_status status = write_value(output, index);
  output->depth--;
  return status;
}

/* encode(value, keep_order) */
static int encode(lua_State *L) {
  lteep_output output;
  luaL_checkany(L, 1);
  bool keep_order = lua_toboolean(L, 2);
  lteep_output_open(L, &output);
  output.keep_order = keep_order;
  lteep_status status = lteep_write_generic(&output, 1);
  if (status) return lteep_push_failure(L, status, NULL);
  lteep_output_push(&output);
  return 1;
}

/* --- Finding items --- */

static int scan(lua_State *L) {
  lteep_bytes input;
  if (!scan_argument(L, 2, &input)) return 3;
  lua_pushboolean(L, 1);
  return 1;
}

/* Is the key that comes next the label at `index`? Consumes the key either way. */
static bool matches(lua_State *L, int index, lteep_reader *reader) {
  lteep_cbor_item item;
  lteep_reader key = lteep_reader_on(lteep_reader_skip(reader));
  if (!lteep_reader_next(&key, &item)) return false;
  if (lua_isinteger(L, index)) {
    if (item.type > LTEEP_CBOR_NINT || item.value > INT64_MAX) return false;
    lua_Integer number = (lua_Integer)item.value;
    return lua_tointeger(L, index) == (item.type == LTEEP_CBOR_NINT ? -1 - number : number);
  }
  return item.type == LTEEP_CBOR_TEXT && lteep_equal(item.string, lteep_check_bytes(L, index));
}

/* Move the reader to the element the label at `index` names; false when there is none. */
static bool descend(lua_State *L, int index, lteep_reader *reader) {
  lteep_cbor_item item;
  while (lteep_reader_peek(reader) == LTEEP_CBOR_TAG) (void)lteep_reader_tag(reader);
  if (!lteep_reader_next(reader, &item)) return false;
  if (item.type == LTEEP_CBOR_MAP) {
    for (uint64_t i = 0; i < item.value; i++, lteep_reader_skip(reader))
      if (matches(L, index, reader)) return true;
    return false;
  }
  lua_Integer position = lua_isinteger(L, index) ? lua_tointeger(L, index) : 0;
  if (item.type != LTEEP_CBOR_ARRAY || position < 1 || (uint64_t)position > item.value)
    return false;
  while (--position > 0) lteep_reader_skip(reader);
  return true;
}

static int span(lua_State *L) {
  lteep_bytes input;
  luaL_checktype(L, 2, LUA_TTABLE);
  if (!scan_argument(L, 3, &input)) return 3;
  lteep_reader reader = lteep_reader_on(input);
  lua_Unsigned steps = lua_rawlen(L, 2);
  for (lua_Unsigned i = 1; i <= steps; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i);
    if (!descend(L, lua_gettop(L), &reader)) {
      const char *label = luaL_tolstring(L, -1, NULL);
      return lteep_push_failure(L, LTEEP_ERR_MISSING_FIELD, label);
    }
    lua_pop(L, 1);
  }
  lteep_bytes item = lteep_reader_skip(&reader);
  lua_Integer first = item.at - input.at + 1;
  lua_pushinteger(L, first);
  lua_pushinteger(L, first + (lua_Integer)item.size - 1);
  return 2;
}

/* The raw bytes and the offset of what comes next, as fields of the table on top. */
static void set_raw(lua_State *L, lteep_reader *reader, const char *field) {
  lua_pushinteger(L, (lua_Integer)reader->at);
  lua_setfield(L, -2, "offset");
  push_string(L, lteep_reader_skip(reader));
  lua_setfield(L, -2, field);
}

static int items(lua_State *L) {
  lteep_bytes input;
  if (!scan_argument(L, 2, &input)) return 3;
  lteep_reader reader = lteep_reader_on(input);
  uint64_t count = lteep_reader_array(&reader);
  if (reader.status) return lteep_push_failure(L, reader.status, "want an array");
  lua_createtable(L, (int)count, 0);
  for (lua_Integer i = 1; i <= (lua_Integer)count; i++) {
    lua_createtable(L, 0, 2);
    set_raw(L, &reader, "bytes");
    lua_rawseti(L, -2, i);
  }
  return 1;
}

static int pairs(lua_State *L) {
  lteep_bytes input;
  if (!scan_argument(L, 2, &input)) return 3;
  lteep_reader reader = lteep_reader_on(input);
  uint64_t count = lteep_reader_map(&reader);
  if (reader.status) return lteep_push_failure(L, reader.status, "want a map");
  lua_createtable(L, (int)count, 0);
  for (lua_Integer i = 1; i <= (lua_Integer)count; i++) {
    lua_createtable(L, 0, 3);
    push_string(L, lteep_reader_skip(&reader));
    lua_setfield(L, -2, "key");
    set_raw(L, &reader, "value");
    lua_rawseti(L, -2, i);
  }
  return 1;
}

/* simple(number): the one value of that number; 20 and 21 are false and true. */
static int simple(lua_State *L) {
  lua_Integer number = luaL_checkinteger(L, 1);
  bool valid = (number >= 0 && number < 24) || (number >= 32 && number <= 255);
  luaL_argcheck(L, valid, 1, "no simple value has this number");
  lteep_push_simple(L, (uint64_t)number);
  return 1;
}

static const luaL_Reg functions[] = {
    {"decode", decode}, {"encode", encode}, {"scan", scan},     {"span", span},
    {"items", items},   {"pairs", pairs},   {"simple", simple}, {NULL, NULL},
};

int lteep_open_cbor(lua_State *L) {
  luaL_newlib(L, functions);
  lua_newtable(L);
  for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
    luaL_newmetatable(L, classes[i]);
    lua_setfield(L, -2, strrchr(classes[i], '.') + 1);
  }
  lua_setfield(L, -2, "classes");
  return 1;
}
