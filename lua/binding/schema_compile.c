/* Descriptions (Lua tables) to nodes. A mistake in a description throws, named by its path: it is
 * the programmer's. */
#include <stdlib.h>
#include <string.h>

#include "schema.h"

enum { ALLOWED_MAX = 4 };

typedef struct {
  lua_State *L;
  lteep_schema *schema;
  lteep_codec codec; /* for paths */
  int depth;
} compiler;

/* What a description of each type may have next to `type` and `name`. */
static const struct {
  const char *name;
  const char *allowed[ALLOWED_MAX];
} types[] = {
    [LTEEP_NODE_UINT] = {"uint", {"min", "max"}},
    [LTEEP_NODE_UINT64] = {"uint64", {NULL}},
    [LTEEP_NODE_INT] = {"int", {"min", "max"}},
    [LTEEP_NODE_BYTES] = {"bytes", {"min", "max"}},
    [LTEEP_NODE_TEXT] = {"text", {"min", "max"}},
    [LTEEP_NODE_BOOL] = {"bool", {NULL}},
    [LTEEP_NODE_NULL] = {"null", {NULL}},
    [LTEEP_NODE_ENUM] = {"enum", {"values", "unknown"}},
    [LTEEP_NODE_BITS] = {"bits", {"values"}},
    [LTEEP_NODE_ARRAY] = {"array", {"of", "min", "max"}},
    [LTEEP_NODE_TUPLE] = {"tuple", {"fields", "rest"}},
    [LTEEP_NODE_MAP] = {"map", {"fields", "unknown", "sorted", "exclusive"}},
    [LTEEP_NODE_TABLE] = {"table", {"keys", "of", "min", "max"}},
    [LTEEP_NODE_WRAPPED] = {"wrapped", {"of"}},
    [LTEEP_NODE_TAG] = {"tag", {"tag", "of", "optional", "omit"}},
    [LTEEP_NODE_CHOICE] = {"choice", {"of"}},
    [LTEEP_NODE_RAW] = {"raw", {NULL}},
    [LTEEP_NODE_ANY] = {"any", {NULL}},
};
#define TYPE_COUNT (sizeof types / sizeof types[0])

static const char *const description_names[] = {"type", "name", NULL};
static const char *const element_names[] = {"name", "of", "optional", "inline"};
static const char *const field_names[] = {"label", "name", "of", "required", NULL};

static lteep_node *compile(compiler *c, const lteep_path *path);

void lteep_schema_clear(lteep_schema *schema) {
  for (lteep_node *node = schema->nodes, *next; node; node = next) {
    next = node->next;
    free(node->fields);
    free(node);
  }
  schema->nodes = schema->root = NULL;
}

/* Throw "FILE:LINE: schema PATH: MESSAGE"; the message is on top. */
static int throw_mistake(lua_State *L) {
  luaL_where(L, 1);
  lua_pushliteral(L, "schema ");
  lua_rotate(L, -3, 2);
  lua_concat(L, 3);
  return lua_error(L);
}

#define MISTAKE(c, path, ...)                                                                      \
  (lteep_codec_fail(&(c)->codec, path, LTEEP_ERR_CONFIG_INVALID, __VA_ARGS__),                     \
   (void)throw_mistake((c)->L))

static void *allocate(compiler *c, size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  if (!memory) luaL_error(c->L, "not enough memory");
  return memory;
}

/* A node that the schema owns from the start, so that nothing leaks when Lua throws. */
static lteep_node *new_node(compiler *c) {
  lteep_node *node = allocate(c, 1, sizeof *node);
  node->next = c->schema->nodes;
  c->schema->nodes = node;
  return node;
}

static void make_fields(compiler *c, const lteep_path *path, lteep_node *node, size_t count) {
  if (count > LTEEP_SCHEMA_FIELDS_MAX)
    MISTAKE(c, path, "%I entries, want at most %d", (LUAI_UACINT)count, LTEEP_SCHEMA_FIELDS_MAX);
  node->fields = allocate(c, count, sizeof *node->fields);
  node->count = count;
}

/* Position of the string on top of the stack in the list of names; pops it. */
static int name_of(compiler *c, const lteep_path *path) {
  lua_State *L = c->L;
  if (lua_type(L, -1) != LUA_TSTRING) MISTAKE(c, path, "a name is a string");
  lua_pushvalue(L, -1);
  if (lua_rawget(L, c->codec.names) == LUA_TNUMBER) {
    int known = (int)lua_tointeger(L, -1);
    lua_pop(L, 2);
    return known;
  }
  int position = (int)lua_rawlen(L, c->codec.names) + 1;
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  lua_rawseti(L, c->codec.names, position);
  lua_pushinteger(L, position);
  lua_rawset(L, c->codec.names);
  return position;
}

/* --- Parts of the description on top of the stack --- */

static bool in_list(const char *name, const char *const *list, size_t count) {
  for (size_t i = 0; i < count && list[i]; i++)
    if (strcmp(name, list[i]) == 0) return true;
  return false;
}

/* Whatever is not in one of the lists is misspelt. */
static void check_names(compiler *c, const lteep_path *path, const char *const *common,
                        const char *const *allowed) {
  lua_State *L = c->L;
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "a number";
    if (!in_list(name, common, ALLOWED_MAX) && !(allowed && in_list(name, allowed, ALLOWED_MAX)))
      MISTAKE(c, path, "%s means nothing here", name);
  }
}

static int64_t take_integer(compiler *c, const lteep_path *path, const char *name,
                            int64_t otherwise) {
  lua_State *L = c->L;
  if (lua_getfield(L, -1, name) != LUA_TNIL) {
    if (!lua_isinteger(L, -1)) MISTAKE(c, path, "%s is an integer", name);
    otherwise = lua_tointeger(L, -1);
  }
  lua_pop(L, 1);
  return otherwise;
}

static bool take_boolean(compiler *c, const lteep_path *path, const char *name) {
  int type = lua_getfield(c->L, -1, name);
  if (type != LUA_TNIL && type != LUA_TBOOLEAN) MISTAKE(c, path, "%s is a boolean", name);
  bool value = lua_toboolean(c->L, -1);
  lua_pop(c->L, 1);
  return value;
}

static void take_range(compiler *c, const lteep_path *path, lteep_node *node, int64_t least) {
  node->min = take_integer(c, path, "min", least);
  node->max = take_integer(c, path, "max", INT64_MAX);
  if (node->min < least || node->min > node->max) MISTAKE(c, path, "min..max is no range");
}

/* One of the words, in the order of lteep_unknown; refuse when absent. */
static lteep_unknown take_unknown(compiler *c, const lteep_path *path, const char *name,
                                  const char *const words[3]) {
  lua_State *L = c->L;
  int found = LTEEP_UNKNOWN_REFUSE;
  if (lua_getfield(L, -1, name) != LUA_TNIL) {
    const char *word = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    while (found < 3 && !(words[found] && strcmp(word, words[found]) == 0)) found++;
    if (found == 3) MISTAKE(c, path, "%s cannot be that", name);
  }
  lua_pop(L, 1);
  return (lteep_unknown)found;
}

static lteep_node *take_node(compiler *c, const lteep_path *path, const char *name) {
  if (lua_getfield(c->L, -1, name) != LUA_TTABLE) MISTAKE(c, path, "%s is a description", name);
  lteep_node *node = compile(c, path);
  lua_pop(c->L, 1);
  return node;
}

/* Push the list `name` and make room for its entries. */
static void open_list(compiler *c, const lteep_path *path, lteep_node *node, const char *name) {
  if (lua_getfield(c->L, -1, name) != LUA_TTABLE) MISTAKE(c, path, "%s is a list", name);
  make_fields(c, path, node, lua_rawlen(c->L, -1));
}

/* Push entry `i` of the list on top. */
static void open_entry(compiler *c, const lteep_path *path, size_t i) {
  if (lua_rawgeti(c->L, -1, (lua_Integer)i + 1) != LUA_TTABLE)
    MISTAKE(c, path, "entry %I is a table", (LUAI_UACINT)i + 1);
}

/* --- tuple and map --- */

/* Name and description of field `i`, whose table is on top. */
static lteep_field *compile_field(compiler *c, const lteep_path *path, lteep_node *node, size_t i,
                                  const char *const *names) {
  lteep_field *field = &node->fields[i];
  check_names(c, path, names, NULL);
  lua_getfield(c->L, -1, "name");
  field->name = name_of(c, path);
  lteep_path step = {path, field->name, 0};
  for (size_t other = 0; other < i; other++)
    if (node->fields[other].name == field->name) MISTAKE(c, &step, "this name is there twice");
  field->of = take_node(c, &step, "of");
  return field;
}

static bool has_name(const lteep_node *node, int name) {
  for (size_t i = 0; i < node->count; i++)
    if (node->fields[i].name == name) return true;
  return false;
}

static int kept_name(compiler *c, const lteep_path *path) {
  lua_pushliteral(c->L, "unknown");
  return name_of(c, path);
}

/* The names of an inlined map stand beside those of the tuple. */
static void check_inlined(compiler *c, const lteep_path *path, const lteep_node *node,
                          const lteep_field *field) {
  const lteep_node *map = field->of;
  lteep_path step = {path, field->name, 0};
  if (map->type != LTEEP_NODE_MAP || !field->required)
    MISTAKE(c, &step, "only a map that has to be there is inlined");
  int kept = map->unknown == LTEEP_UNKNOWN_KEEP ? kept_name(c, path) : 0;
  for (size_t i = 0; i < node->count; i++) {
    const lteep_field *other = &node->fields[i];
    if (other == field) continue;
    if (other->inlined) MISTAKE(c, &step, "one map at most is inlined");
    if (has_name(map, other->name) || other->name == kept)
      MISTAKE(c, &step, "a name of the map is there twice");
  }
}

static void compile_tuple(compiler *c, const lteep_path *path, lteep_node *node) {
  static const char *const words[] = {"refuse", "skip", NULL};
  node->unknown = take_unknown(c, path, "rest", words);
  open_list(c, path, node, "fields");
  for (size_t i = 0; i < node->count; i++) {
    open_entry(c, path, i);
    lteep_field *field = compile_field(c, path, node, i, element_names);
    field->required = !take_boolean(c, path, "optional");
    if (field->required && node->required != i) MISTAKE(c, path, "optional elements come last");
    if (field->required) node->required++;
    field->inlined = take_boolean(c, path, "inline");
    lua_pop(c->L, 1);
  }
  lua_pop(c->L, 1);
  node->room = node->count;
  for (size_t i = 0; i < node->count; i++) {
    if (!node->fields[i].inlined) continue;
    check_inlined(c, path, node, &node->fields[i]);
    node->room += node->fields[i].of->count;
  }
}

static void take_label(compiler *c, const lteep_path *path, lteep_field *field) {
  lua_State *L = c->L;
  lteep_buffer out = {field->label, 0, sizeof field->label};
  lteep_writer writer = lteep_writer_on(&out);
  int type = lua_getfield(L, -1, "label");
  if (lua_isinteger(L, -1))
    lteep_write_int(&writer, lua_tointeger(L, -1));
  else if (type == LUA_TSTRING)
    lteep_write_text(&writer, lteep_check_bytes(L, -1));
  else
    MISTAKE(c, path, "label is an integer or a string");
  if (writer.status) MISTAKE(c, path, "label: %s", lteep_status_sentence(writer.status));
  field->label_size = out.size;
  lua_pop(L, 1);
}

static int compare_labels(const void *a, const void *b) {
  const lteep_field *left = a, *right = b;
  return lteep_cbor_compare((lteep_bytes){left->label, left->label_size},
                            (lteep_bytes){right->label, right->label_size});
}

static void sort_fields(compiler *c, const lteep_path *path, lteep_node *node) {
  qsort(node->fields, node->count, sizeof *node->fields, compare_labels);
  for (size_t i = 1; i < node->count; i++)
    if (compare_labels(&node->fields[i - 1], &node->fields[i]) == 0) {
      lteep_path step = {path, node->fields[i].name, 0};
      MISTAKE(c, &step, "this label is there twice");
    }
}

static void index_fields(lteep_node *node) {
  for (size_t i = 0; i < node->count; i++) {
    const lteep_field *field = &node->fields[i];
    if (field->label_size == 1 && field->label[0] < LTEEP_SCHEMA_SHORT_LABELS)
      node->by_short_label[field->label[0]] = (uint8_t)(i + 1);
  }
}

/* The bits of the fields that the list of names on top of the stack has. */
static uint64_t take_set(compiler *c, const lteep_path *path, const lteep_node *node) {
  uint64_t set = 0;
  lua_Integer names = (lua_Integer)lua_rawlen(c->L, -1);
  for (lua_Integer i = 1; i <= names; i++) {
    size_t at = 0;
    lua_rawgeti(c->L, -1, i);
    int name = name_of(c, path);
    while (at < node->count && node->fields[at].name != name) at++;
    if (at == node->count) MISTAKE(c, path, "exclusive names no field of the map");
    set |= UINT64_C(1) << at;
  }
  return set;
}

/* exclusive: a list of lists of names. */
static void compile_exclusive(compiler *c, const lteep_path *path, lteep_node *node) {
  int type = lua_getfield(c->L, -1, "exclusive");
  size_t sets = type == LUA_TTABLE ? lua_rawlen(c->L, -1) : 0;
  if (type != LUA_TNIL && (sets == 0 || sets > LTEEP_SCHEMA_EXCLUSIVE_MAX))
    MISTAKE(c, path, "exclusive is a list of 1..%d lists of names", LTEEP_SCHEMA_EXCLUSIVE_MAX);
  for (size_t i = 0; i < sets; i++) {
    open_entry(c, path, i);
    uint64_t set = take_set(c, path, node);
    if (!(set & (set - 1))) MISTAKE(c, path, "a list of exclusive has at least two names");
    node->exclusive[i] = set;
    lua_pop(c->L, 1);
  }
  lua_pop(c->L, 1);
}

static void compile_map(compiler *c, const lteep_path *path, lteep_node *node) {
  static const char *const words[] = {"refuse", "skip", "keep"};
  node->unknown = take_unknown(c, path, "unknown", words);
  node->sorted = take_boolean(c, path, "sorted");
  int kept = kept_name(c, path);
  open_list(c, path, node, "fields");
  for (size_t i = 0; i < node->count; i++) {
    open_entry(c, path, i);
    lteep_field *field = compile_field(c, path, node, i, field_names);
    lteep_path step = {path, field->name, 0};
    if (node->unknown == LTEEP_UNKNOWN_KEEP && field->name == kept)
      MISTAKE(c, &step, "this name is for the labels that are kept");
    field->required = take_boolean(c, &step, "required");
    take_label(c, &step, field);
    lua_pop(c->L, 1);
  }
  lua_pop(c->L, 1);
  sort_fields(c, path, node);
  index_fields(node);
  compile_exclusive(c, path, node);
}

/* --- enum, bits, tag, choice --- */

static size_t count_entries(lua_State *L) {
  size_t count = 0;
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) count++;
  return count;
}

static void check_value(compiler *c, const lteep_path *path, const lteep_node *node,
                        const lteep_field *field) {
  lteep_path step = {path, field->name, 0};
  if (node->type == LTEEP_NODE_BITS && (field->number < 0 || field->number > 63))
    MISTAKE(c, &step, "a bit is 0..63");
  for (const lteep_field *other = node->fields; other < field; other++)
    if (other->number == field->number) MISTAKE(c, &step, "this number is there twice");
}

/* enum and bits: { name = number }. */
static void compile_values(compiler *c, const lteep_path *path, lteep_node *node) {
  lua_State *L = c->L;
  if (lua_getfield(L, -1, "values") != LUA_TTABLE) MISTAKE(c, path, "values is a table");
  make_fields(c, path, node, count_entries(L));
  lteep_field *field = node->fields;
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1), field++) {
    if (field == node->fields + node->count) MISTAKE(c, path, "values changes while it is read");
    if (!lua_isinteger(L, -1)) MISTAKE(c, path, "values is { name = integer }");
    field->number = lua_tointeger(L, -1);
    lua_pushvalue(L, -2);
    field->name = name_of(c, path);
    check_value(c, path, node, field);
  }
  lua_pop(L, 1);
}

static void compile_enum(compiler *c, const lteep_path *path, lteep_node *node) {
  static const char *const words[] = {"refuse", NULL, "keep"};
  node->unknown = take_unknown(c, path, "unknown", words);
  node->min = INT64_MIN;
  node->max = INT64_MAX;
  compile_values(c, path, node);
}

static void compile_tag(compiler *c, const lteep_path *path, lteep_node *node) {
  int64_t tag = take_integer(c, path, "tag", -1);
  if (tag < 0) MISTAKE(c, path, "tag is a non-negative integer");
  node->tag = (uint64_t)tag;
  node->optional = take_boolean(c, path, "optional");
  node->omit = take_boolean(c, path, "omit");
  if (node->omit && !node->optional) MISTAKE(c, path, "omit without optional cannot be decoded");
  node->of = take_node(c, path, "of");
}

static void compile_choice(compiler *c, const lteep_path *path, lteep_node *node) {
  open_list(c, path, node, "of");
  if (node->count == 0) MISTAKE(c, path, "of is a list of descriptions");
  for (size_t i = 0; i < node->count; i++) {
    open_entry(c, path, i);
    node->fields[i].of = compile(c, path);
    lua_pop(c->L, 1);
  }
  lua_pop(c->L, 1);
}

static lteep_node_type take_type(compiler *c, const lteep_path *path) {
  lua_State *L = c->L;
  const char *name = lua_getfield(L, -1, "type") == LUA_TSTRING ? lua_tostring(L, -1) : "";
  size_t found = 0;
  while (found < TYPE_COUNT && strcmp(name, types[found].name) != 0) found++;
  if (found == TYPE_COUNT) MISTAKE(c, path, "there is no type '%s'", name);
  lua_pop(L, 1);
  check_names(c, path, description_names, types[found].allowed);
  return (lteep_node_type)found;
}

static void compile_contents(compiler *c, const lteep_path *path, lteep_node *node) {
  switch (node->type) {
  case LTEEP_NODE_INT:
    take_range(c, path, node, INT64_MIN);
    break;
  case LTEEP_NODE_UINT:
  case LTEEP_NODE_BYTES:
  case LTEEP_NODE_TEXT:
    take_range(c, path, node, 0);
    break;
  case LTEEP_NODE_ENUM:
    compile_enum(c, path, node);
    break;
  case LTEEP_NODE_BITS:
    compile_values(c, path, node);
    break;
  case LTEEP_NODE_TABLE:
    take_range(c, path, node, 0);
    node->keys = take_node(c, path, "keys");
    node->of = take_node(c, path, "of");
    break;
  case LTEEP_NODE_ARRAY:
    take_range(c, path, node, 0);
    node->of = take_node(c, path, "of");
    break;
  case LTEEP_NODE_WRAPPED:
    node->of = take_node(c, path, "of");
    break;
  case LTEEP_NODE_TAG:
    compile_tag(c, path, node);
    break;
  case LTEEP_NODE_TUPLE:
    compile_tuple(c, path, node);
    break;
  case LTEEP_NODE_MAP:
    compile_map(c, path, node);
    break;
  case LTEEP_NODE_CHOICE:
    compile_choice(c, path, node);
    break;
  default:
    break;
  }
}

/* The description on top of the stack. One that contains itself ends at the depth limit. */
static lteep_node *compile(compiler *c, const lteep_path *path) {
  luaL_checkstack(c->L, 10, "schema");
  if (++c->depth > LTEEP_SCHEMA_DEPTH_MAX) MISTAKE(c, path, "nested too deeply");
  lteep_node *node = new_node(c);
  node->type = take_type(c, path);
  compile_contents(c, path, node);
  c->depth--;
  return node;
}

void lteep_schema_compile(lua_State *L, lteep_schema *schema, int index) {
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, -3, LTEEP_SCHEMA_NAMES);
  compiler c = {L, schema, {L, schema, lua_gettop(L), LTEEP_OK}, 0};
  if (lua_getfield(L, index, "name") != LUA_TNIL)
    schema->name = name_of(&c, NULL);
  else
    lua_pop(L, 1);
  lua_pushvalue(L, index);
  schema->root = compile(&c, NULL);
  lua_pop(L, 2);
}
