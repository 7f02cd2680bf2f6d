/* Room `schema` of teep.core: the class, and what its two codecs share. */
#include "schema.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define SCHEMA "teep.schema"

/* Push the text of a path: "query-request.tc_list[2].image_size"; "" at a root without a name. */
static void push_path(lteep_codec *codec, const lteep_path *path) {
  lua_State *L = codec->L;
  luaL_checkstack(L, 3, "path");
  if (!path) {
    if (codec->schema->name)
      lua_rawgeti(L, codec->names, codec->schema->name);
    else
      lua_pushliteral(L, "");
    return;
  }
  push_path(codec, path->up);
  if (path->name) {
    lua_rawgeti(L, codec->names, path->name);
    const char *dot = lua_rawlen(L, -2) > 0 ? "." : "";
    lua_pushfstring(L, "%s%s%s", lua_tostring(L, -2), dot, lua_tostring(L, -1));
    lua_replace(L, -3);
    lua_pop(L, 1);
  } else {
    lua_pushfstring(L, "%s[%I]", lua_tostring(L, -1), (LUAI_UACINT)path->position);
    lua_replace(L, -2);
  }
}

bool lteep_codec_fail(lteep_codec *codec, const lteep_path *path, lteep_status status,
                      const char *format, ...) {
  lua_State *L = codec->L;
  codec->status = status;
  luaL_checkstack(L, 4, "failure");
  push_path(codec, path);
  if (lua_rawlen(L, -1) > 0) {
    lua_pushliteral(L, ": ");
    lua_concat(L, 2);
  }
  if (format) {
    va_list arguments;
    va_start(arguments, format);
    lua_pushvfstring(L, format, arguments);
    va_end(arguments);
  } else {
    lua_pushstring(L, lteep_status_sentence(status));
  }
  lua_concat(L, 2);
  return false;
}

/* Whoever chose the string must not choose what a log or a terminal does (D24). */
const char *lteep_codec_push_shown(lua_State *L, lteep_bytes string) {
  enum { SHOWN_MAX = 40 };
  char shown[SHOWN_MAX];
  size_t size = string.size < SHOWN_MAX ? string.size : SHOWN_MAX;
  for (size_t i = 0; i < size; i++) {
    bool printable = string.at[i] >= 0x20 && string.at[i] < 0x7f;
    shown[i] = printable ? (char)string.at[i] : '?';
  }
  const char *more = string.size > size ? "..." : "";
  lua_pushlstring(L, shown, size);
  lua_pushfstring(L, "'%s%s'", lua_tostring(L, -1), more);
  lua_remove(L, -2);
  return lua_tostring(L, -1);
}

const char *lteep_codec_push_number(lua_State *L, bool negative, uint64_t value) {
  char text[24];
  if (negative && value == UINT64_MAX)
    snprintf(text, sizeof text, "-18446744073709551616");
  else
    snprintf(text, sizeof text, "%s%" PRIu64, negative ? "-" : "", negative ? value + 1 : value);
  return lua_pushstring(L, text);
}

bool lteep_codec_check_size(lteep_codec *codec, const lteep_path *path, const lteep_node *node,
                            size_t size, const char *unit) {
  if (size >= (uint64_t)node->min && size <= (uint64_t)node->max) return true;
  if (node->max == INT64_MAX)
    return lteep_codec_fail(codec, path, LTEEP_ERR_SIZE_OUT_OF_RANGE, "%I %s, want at least %I",
                            (LUAI_UACINT)size, unit, (LUAI_UACINT)node->min);
  return lteep_codec_fail(codec, path, LTEEP_ERR_SIZE_OUT_OF_RANGE, "%I %s, want %I..%I",
                          (LUAI_UACINT)size, unit, (LUAI_UACINT)node->min, (LUAI_UACINT)node->max);
}

bool lteep_codec_fail_number(lteep_codec *codec, const lteep_path *path, const lteep_node *node,
                             bool negative, uint64_t value) {
  const char *found = lteep_codec_push_number(codec->L, negative, value);
  return lteep_codec_fail(codec, path, LTEEP_ERR_NUMBER_OUT_OF_RANGE, "%s, want %I..%I", found,
                          (LUAI_UACINT)node->min, (LUAI_UACINT)node->max);
}

bool lteep_codec_check_number(lteep_codec *codec, const lteep_path *path, const lteep_node *node,
                              int64_t number) {
  if (number >= node->min && number <= node->max) return true;
  return lteep_codec_fail_number(codec, path, node, number < 0,
                                 (uint64_t)(number < 0 ? -1 - number : number));
}

static size_t lowest(uint64_t bits) {
  size_t position = 0;
  while (!(bits >> position & 1)) position++;
  return position;
}

bool lteep_codec_check_exclusive(lteep_codec *codec, const lteep_path *path, const lteep_node *node,
                                 uint64_t present) {
  for (const uint64_t *set = node->exclusive; *set; set++) {
    uint64_t found = *set & present;
    uint64_t others = found & (found - 1);
    if (!others) continue;
    lteep_path step = {path, node->fields[lowest(others)].name, 0};
    lua_rawgeti(codec->L, codec->names, node->fields[lowest(found)].name);
    return lteep_codec_fail(codec, &step, LTEEP_ERR_FORBIDDEN_FIELD, "not together with %s",
                            lua_tostring(codec->L, -1));
  }
  return true;
}

const lteep_field *lteep_node_field(const lteep_node *node, lteep_bytes label) {
  if (label.size == 1) {
    uint8_t position =
        label.at[0] < LTEEP_SCHEMA_SHORT_LABELS ? node->by_short_label[label.at[0]] : 0;
    return position ? &node->fields[position - 1] : NULL;
  }
  size_t low = 0, high = node->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    const lteep_field *field = &node->fields[middle];
    int order = lteep_cbor_compare(label, (lteep_bytes){field->label, field->label_size});
    if (order == 0) return field;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}

/* A schema that was collected already can still be reached from a finalizer. */
static lteep_codec codec_of(lua_State *L, int index, const lteep_schema *schema) {
  luaL_argcheck(L, schema->root, index, "the schema is no more");
  lua_getiuservalue(L, index, LTEEP_SCHEMA_NAMES);
  return (lteep_codec){L, schema, lua_gettop(L), LTEEP_OK};
}

lteep_codec lteep_codec_of(lua_State *L, int index) {
  return codec_of(L, index, luaL_checkudata(L, index, SCHEMA));
}

static int compile(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lteep_schema *schema = lua_newuserdatauv(L, sizeof *schema, 1);
  *schema = (lteep_schema){NULL, NULL, 0};
  luaL_setmetatable(L, SCHEMA);
  lteep_schema_compile(L, schema, 1);
  return 1;
}

static int collect(lua_State *L) {
  lteep_schema_clear(luaL_checkudata(L, 1, SCHEMA));
  return 0;
}

/* The message is on top: nil, message, code. */
static int push_codec_failure(const lteep_codec *codec) {
  lua_State *L = codec->L;
  luaL_checkstack(L, 2, "failure");
  lua_pushnil(L);
  lua_insert(L, -2);
  lua_pushstring(L, lteep_status_code(codec->status));
  return 3;
}

/* schema:decode(bytes, limits, first, last) */
static int decode(lua_State *L) {
  lteep_bytes input = lteep_check_part(L, 2, 4);
  lteep_cbor_limits limits = lteep_check_limits(L, 3);
  lteep_codec codec = codec_of(L, 1, lteep_check_self(L, SCHEMA));
  size_t offset = 0;
  lteep_status status = lteep_cbor_scan(input, &limits, &offset);
  if (status) {
    push_path(&codec, NULL);
    const char *name = lua_tostring(L, -1);
    return lteep_push_scan_failure(L, *name ? name : NULL, status, offset);
  }
  lteep_reader reader = lteep_reader_on(input);
  return lteep_schema_decode(&codec, &reader, &limits) ? 1 : push_codec_failure(&codec);
}

/* schema:encode(value) */
static int encode(lua_State *L) {
  luaL_checkany(L, 2);
  lua_settop(L, 2);
  lteep_codec codec = codec_of(L, 1, lteep_check_self(L, SCHEMA));
  lteep_output output;
  lteep_output_open(L, &output);
  if (!lteep_schema_encode(&codec, &output, 2)) return push_codec_failure(&codec);
  lteep_output_push(&output);
  return 1;
}

static const luaL_Reg methods[] = {
    {"decode", decode}, {"encode", encode}, {"__gc", collect}, {NULL, NULL}};

int lteep_open_schema(lua_State *L) {
  lteep_make_class(L, SCHEMA, methods);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, compile);
  lua_setfield(L, -2, "compile");
  return 1;
}
