/* Descriptions (Lua tables) to nodes. A mistake in a description throws: it is the programmer's. */
#include <stdlib.h>
#include <string.h>

#include "schema.h"

typedef struct {
  lua_State *L;
  lteep_schema *schema;
  int names; /* stack index */
  int depth;
} compiler;

static const char *const type_names[] = {
    "uint",  "uint64", "int", "bytes", "text",    "bool", "null",   "enum", "bits",
    "array", "tuple",  "map", "table", "wrapped", "tag",  "choice", "raw",  "any",
};
#define TYPE_COUNT (sizeof type_names / sizeof type_names[0])

static lteep_node *compile(compiler *c, int index);

void lteep_schema_clear(lteep_schema *schema) {
  for (lteep_node *node = schema->nodes, *next; node; node = next) {
    next = node->next;
    free(node->fields);
    free(node);
  }
  schema->nodes = schema->root = NULL;
}

/* A node that the schema owns from the start, so that nothing leaks when Lua throws. */
static lteep_node *new_node(compiler *c) {
  lteep_node *node = calloc(1, sizeof *node);
  if (!node) luaL_error(c->L, "not enough memory");
  node->next = c->schema->nodes;
  c->schema->nodes = node;
  return node;
}

static void make_fields(compiler *c, lteep_node *node, size_t count) {
  if (count == 0 || count > LTEEP_SCHEMA_FIELDS_MAX)
    luaL_error(c->L, "schema: want 1 to %d fields", LTEEP_SCHEMA_FIELDS_MAX);
  node->fields = calloc(count, sizeof *node->fields);
  if (!node->fields) luaL_error(c->L, "not enough memory");
  node->count = count;
}

/* Position of the string on top of the stack in the list of names; pops it. */
static int name_of(compiler *c) {
  lua_State *L = c->L;
  luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1, "schema: a name is a string");
  lua_pushvalue(L, -1);
  if (lua_rawget(L, c->names) == LUA_TNUMBER) {
    int known = (int)lua_tointeger(L, -1);
    lua_pop(L, 2);
    return known;
  }
  int position = (int)lua_rawlen(L, c->names) + 1;
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  lua_rawseti(L, c->names, position);
  lua_pushinteger(L, position);
  lua_rawset(L, c->names);
  return position;
}

static int64_t integer_field(compiler *c, int index, const char *name, int64_t otherwise) {
  lua_State *L = c->L;
  if (lua_getfield(L, index, name) != LUA_TNIL) {
    if (!lua_isinteger(L, -1)) luaL_error(L, "schema: %s is an integer", name);
    otherwise = lua_tointeger(L, -1);
  }
  lua_pop(L, 1);
  return otherwise;
}

static bool boolean_field(compiler *c, int index, const char *name) {
  lua_getfield(c->L, index, name);
  bool value = lua_toboolean(c->L, -1);
  lua_pop(c->L, 1);
  return value;
}

/* The node of the description in field `name`; NULL when it is absent and may be. */
static lteep_node *node_field(compiler *c, int index, const char *name, bool required) {
  lteep_node *node = NULL;
  if (lua_getfield(c->L, index, name) != LUA_TNIL)
    node = compile(c, lua_gettop(c->L));
  else if (required)
    luaL_error(c->L, "schema: %s is missing", name);
  lua_pop(c->L, 1);
  return node;
}

static void set_label(compiler *c, int index, lteep_field *field) {
  lua_State *L = c->L;
  lteep_buffer out = {field->label, 0, sizeof field->label};
  lteep_writer writer = lteep_writer_on(&out);
  int type = lua_getfield(L, index, "label");
  if (lua_isinteger(L, -1))
    lteep_write_int(&writer, lua_tointeger(L, -1));
  else if (type == LUA_TSTRING)
    lteep_write_text(&writer, lteep_check_bytes(L, -1));
  else
    luaL_error(L, "schema: a label is an integer or a string");
  if (writer.status) luaL_error(L, "schema: the label is too long");
  field->label_size = out.size;
  lua_pop(L, 1);
}

static int compare_labels(const void *a, const void *b) {
  const lteep_field *left = a, *right = b;
  return lteep_cbor_compare((lteep_bytes){left->label, left->label_size},
                            (lteep_bytes){right->label, right->label_size});
}

static void compile_field(compiler *c, int index, lteep_node *node, lteep_field *field) {
  lua_getfield(c->L, index, "name");
  field->name = name_of(c);
  if (node->type == LTEEP_NODE_MAP) {
    set_label(c, index, field);
    field->required = boolean_field(c, index, "required");
  } else {
    field->required = !boolean_field(c, index, "optional");
  }
  field->of = node_field(c, index, "of", true);
}

static void compile_fields(compiler *c, int index, lteep_node *node) {
  lua_State *L = c->L;
  if (lua_getfield(L, index, "fields") != LUA_TTABLE) luaL_error(L, "schema: fields is a list");
  int list = lua_gettop(L);
  make_fields(c, node, lua_rawlen(L, list));
  for (size_t i = 0; i < node->count; i++) {
    if (lua_rawgeti(L, list, (lua_Integer)i + 1) != LUA_TTABLE)
      luaL_error(L, "schema: a field is a table");
    compile_field(c, lua_gettop(L), node, &node->fields[i]);
    lua_settop(L, list);
  }
  lua_pop(L, 1);
}

static void compile_tuple(compiler *c, int index, lteep_node *node) {
  compile_fields(c, index, node);
  for (size_t i = 0; i < node->count; i++) {
    if (!node->fields[i].required) continue;
    if (node->required != i) luaL_error(c->L, "schema: optional fields of a tuple come last");
    node->required++;
  }
}

static void compile_map(compiler *c, int index, lteep_node *node) {
  compile_fields(c, index, node);
  qsort(node->fields, node->count, sizeof *node->fields, compare_labels);
  for (size_t i = 1; i < node->count; i++)
    if (compare_labels(&node->fields[i - 1], &node->fields[i]) == 0)
      luaL_error(c->L, "schema: a label is there twice");
}

static size_t count_entries(lua_State *L, int index) {
  size_t count = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) count++;
  return count;
}

/* enum and bits: { name = number }. */
static void compile_values(compiler *c, int index, lteep_node *node) {
  lua_State *L = c->L;
  if (lua_getfield(L, index, "values") != LUA_TTABLE) luaL_error(L, "schema: values is a table");
  int values = lua_gettop(L);
  make_fields(c, node, count_entries(L, values));
  lteep_field *field = node->fields;
  for (lua_pushnil(L); lua_next(L, values); lua_pop(L, 1), field++) {
    if (!lua_isinteger(L, -1)) luaL_error(L, "schema: a value is an integer");
    field->number = lua_tointeger(L, -1);
    if (node->type == LTEEP_NODE_BITS && (field->number < 0 || field->number > 62))
      luaL_error(L, "schema: a bit is 0 to 62");
    lua_pushvalue(L, -2);
    field->name = name_of(c);
  }
  lua_pop(L, 1);
}

static void compile_choice(compiler *c, int index, lteep_node *node) {
  lua_State *L = c->L;
  if (lua_getfield(L, index, "of") != LUA_TTABLE) luaL_error(L, "schema: of is a list");
  int list = lua_gettop(L);
  make_fields(c, node, lua_rawlen(L, list));
  for (size_t i = 0; i < node->count; i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    node->fields[i].of = compile(c, lua_gettop(L));
    lua_settop(L, list);
  }
  lua_pop(L, 1);
}

static lteep_node_type type_of(compiler *c, int index) {
  lua_State *L = c->L;
  if (lua_type(L, index) != LUA_TTABLE) luaL_error(L, "schema: a description is a table");
  lua_getfield(L, index, "type");
  const char *name = luaL_optstring(L, -1, "");
  for (size_t i = 0; i < TYPE_COUNT; i++) {
    if (strcmp(name, type_names[i]) != 0) continue;
    lua_pop(L, 1);
    return (lteep_node_type)i;
  }
  luaL_error(L, "schema: unknown type %s", name);
  return LTEEP_NODE_ANY;
}

/* `unknown` of maps and enums, `rest` of tuples. */
static lteep_unknown unknown_of(compiler *c, int index, lteep_node_type type) {
  lua_State *L = c->L;
  lua_getfield(L, index, type == LTEEP_NODE_TUPLE ? "rest" : "unknown");
  const char *word = luaL_optstring(L, -1, "refuse");
  lteep_unknown unknown = LTEEP_UNKNOWN_REFUSE;
  if (strcmp(word, "skip") == 0)
    unknown = LTEEP_UNKNOWN_SKIP;
  else if (strcmp(word, "keep") == 0)
    unknown = LTEEP_UNKNOWN_KEEP;
  else if (strcmp(word, "refuse") != 0)
    luaL_error(L, "schema: unknown is refuse, skip or keep");
  lua_pop(L, 1);
  return unknown;
}

static void compile_contents(compiler *c, int index, lteep_node *node) {
  switch (node->type) {
  case LTEEP_NODE_ENUM:
  case LTEEP_NODE_BITS:
    compile_values(c, index, node);
    break;
  case LTEEP_NODE_TABLE:
    node->keys = node_field(c, index, "keys", true);
    node->of = node_field(c, index, "of", true);
    break;
  case LTEEP_NODE_ARRAY:
  case LTEEP_NODE_WRAPPED:
    node->of = node_field(c, index, "of", true);
    break;
  case LTEEP_NODE_TAG:
    node->tag = (uint64_t)integer_field(c, index, "tag", -1);
    node->of = node_field(c, index, "of", true);
    break;
  case LTEEP_NODE_TUPLE:
    compile_tuple(c, index, node);
    break;
  case LTEEP_NODE_MAP:
    compile_map(c, index, node);
    break;
  case LTEEP_NODE_CHOICE:
    compile_choice(c, index, node);
    break;
  default:
    break;
  }
}

static lteep_node *compile(compiler *c, int index) {
  luaL_checkstack(c->L, 10, "schema");
  if (++c->depth > LTEEP_SCHEMA_DEPTH_MAX) luaL_error(c->L, "schema: nested too deeply");
  lteep_node *node = new_node(c);
  node->type = type_of(c, index);
  bool is_signed = node->type == LTEEP_NODE_INT;
  node->min = integer_field(c, index, "min", is_signed ? INT64_MIN : 0);
  node->max = integer_field(c, index, "max", INT64_MAX);
  node->optional = boolean_field(c, index, "optional");
  node->omit = boolean_field(c, index, "omit");
  node->sorted = boolean_field(c, index, "sorted");
  node->unknown = unknown_of(c, index, node->type);
  compile_contents(c, index, node);
  c->depth--;
  return node;
}

void lteep_schema_compile(lua_State *L, lteep_schema *schema, int index) {
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, -3, LTEEP_SCHEMA_NAMES);
  compiler c = {L, schema, lua_gettop(L), 0};
  schema->root = compile(&c, index);
  if (lua_getfield(L, index, "name") == LUA_TSTRING)
    schema->name = name_of(&c);
  else
    lua_pop(L, 1);
  lua_pop(L, 1);
}
