/* Room `suit` of teep.core: what is read for each manifest (draft-ietf-suit-manifest): members of
 * an envelope (section 8.2), command sequences (section 8.4.6), the text form of component
 * identifiers. */
#include "schema.h"

/* --- Component identifiers --- */

static void add_segment(luaL_Buffer *text, lteep_bytes segment) {
  static const char digits[] = "0123456789ABCDEF";
  for (size_t i = 0; i < segment.size; i++) {
    uint8_t byte = segment.at[i];
    if (byte > 0x20 && byte < 0x7f && byte != '/' && byte != '%') {
      luaL_addchar(text, (char)byte);
    } else {
      luaL_addchar(text, '%');
      luaL_addchar(text, digits[byte >> 4]);
      luaL_addchar(text, digits[byte & 15]);
    }
  }
}

/* (segments) -> text, as teep.component_id has it */
static int identifier(lua_State *L) {
  luaL_Buffer text;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Unsigned count = lua_rawlen(L, 1);
  lua_settop(L, 2);
  luaL_buffinit(L, &text);
  if (count == 0) luaL_addchar(&text, '%');
  for (lua_Unsigned i = 1; i <= count; i++) {
    if (i > 1) luaL_addchar(&text, '/');
    lua_rawgeti(L, 1, (lua_Integer)i);
    lua_replace(L, 2);
    add_segment(&text, lteep_check_bytes(L, 2));
  }
  luaL_pushresult(&text);
  return 1;
}

/* --- Envelopes --- */

static void set_position(lua_State *L, const char *name, size_t position) {
  lua_pushinteger(L, (lua_Integer)position);
  lua_setfield(L, -2, name);
}

/* Field `key` of the member on top; false for a key that no envelope has. */
static bool read_key(lua_State *L, lteep_reader *reader) {
  lteep_cbor_item key;
  if (!lteep_reader_next(reader, &key)) return false;
  if (key.type == LTEEP_CBOR_UINT)
    lua_pushinteger(L, (lua_Integer)key.value);
  else if (key.type == LTEEP_CBOR_TEXT)
    lua_pushlstring(L, (const char *)key.string.at, key.string.size);
  else
    return false;
  lua_setfield(L, -2, "key");
  return true;
}

/* Where the value of the member on top lies; false unless it is a byte string. */
static bool read_place(lua_State *L, lteep_reader *reader) {
  lteep_cbor_item value;
  if (!lteep_reader_next(reader, &value) || value.type != LTEEP_CBOR_BYTES) return false;
  set_position(L, "first", value.offset + 1);
  set_position(L, "content", reader->at - value.string.size + 1);
  set_position(L, "last", reader->at);
  return true;
}

/* The pairs of a map into the list on top. The first that is none of an envelope ends it. */
static void read_members(lua_State *L, lteep_reader *reader, uint64_t count) {
  bool read = true;
  for (uint64_t i = 1; read && i <= count; i++) {
    lua_createtable(L, 0, 4);
    read = read_key(L, reader) && read_place(L, reader);
    lua_rawseti(L, -2, (lua_Integer)i);
  }
}

/* (bytes, most bytes, tag) -> tagged, list of `{ key, first, content, last }`, positions as
 * string.sub takes them; `nil, message, code` when the scanner refuses the bytes; nothing unless
 * they are a map
 */
static int envelope(lua_State *L) {
  lteep_bytes input = lteep_check_bytes(L, 1);
  lteep_cbor_limits limits = lteep_cbor_default_limits;
  limits.bytes = (size_t)luaL_checkinteger(L, 2);
  limits.rules |= LTEEP_CBOR_SORTED;
  size_t offset = 0;
  lteep_status status = lteep_cbor_scan(input, &limits, &offset);
  if (status) return lteep_push_scan_failure(L, "envelope", status, offset);
  lteep_reader reader = lteep_reader_on(input);
  lteep_cbor_item head;
  bool read = lteep_reader_next(&reader, &head);
  bool tagged = head.type == LTEEP_CBOR_TAG && head.value == (uint64_t)luaL_checkinteger(L, 3);
  if (tagged) read = lteep_reader_next(&reader, &head);
  if (!read || head.type != LTEEP_CBOR_MAP) return 0;
  lua_pushboolean(L, tagged);
  lua_createtable(L, 2, 0);
  read_members(L, &reader, head.value);
  return 2;
}

/* --- Command sequences --- */

/* Upvalues of a reader: schemas of a code and of a reporting policy; the policies there are by
 * their encoding; the commands there are by code, each with the schema of its argument in `codec`.
 */
#define CODE lua_upvalueindex(1)
#define POLICY lua_upvalueindex(2)
#define POLICIES lua_upvalueindex(3)
#define ROWS lua_upvalueindex(4)

/* Arguments of a reader, and the list it makes. */
enum { INPUT = 1, MOST_BYTES, MOST, BASE, LIST };

typedef struct {
  lua_State *L;
  lteep_reader reader;
  lteep_cbor_limits limits;
  lteep_codec code;
  lteep_status status;
} sequence;

/* Push the next item, or on top of the stack the message of a failure. */
static bool decode_with(sequence *s, lteep_codec *codec) {
  bool decoded = lteep_schema_decode(codec, &s->reader, &s->limits);
  s->status = codec->status;
  return decoded;
}

/* The same by the schema at `index`. */
static bool decode_by(sequence *s, int index) {
  lteep_codec codec = lteep_codec_of(s->L, index);
  bool decoded = decode_with(s, &codec);
  lua_remove(s->L, codec.names);
  return decoded;
}

/* Push the table of a policy; there are few, and none is made twice. */
static bool push_policy(sequence *s) {
  lteep_reader policy = s->reader;
  lteep_bytes encoded = lteep_reader_skip(&policy);
  lua_pushlstring(s->L, (const char *)encoded.at, encoded.size);
  if (lua_rawget(s->L, POLICIES) == LUA_TNIL) return decode_by(s, POLICY);
  s->reader = policy;
  return true;
}

/* Field `argument` of the command below its row, which is on top. */
static bool read_argument(sequence *s) {
  lua_State *L = s->L;
  lua_getfield(L, -1, "codec");
  bool is_policy = lua_rawequal(L, -1, POLICY);
  if (!(is_policy ? push_policy(s) : decode_by(s, lua_gettop(L)))) return false;
  lua_setfield(L, -4, "argument");
  lua_pop(L, 1);
  return true;
}

/* The next command into the table on top; false with the message on top after a failure. */
static bool read_command(sequence *s) {
  lua_State *L = s->L;
  lua_pushinteger(L, lua_tointeger(L, BASE) + (lua_Integer)s->reader.at);
  lua_setfield(L, -2, "offset");
  if (!decode_with(s, &s->code)) return false;
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "code");
  if (lua_rawget(L, ROWS) == LUA_TNIL) {
    lteep_reader_skip(&s->reader);
  } else {
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "row");
    if (!read_argument(s)) return false;
  }
  lua_pop(L, 1);
  return true;
}

/* `count` commands into the list. The one that failed is the last of it. */
static bool read_commands(sequence *s, lua_Integer count) {
  lua_State *L = s->L;
  for (lua_Integer i = 1; i <= count; i++) {
    lua_createtable(L, 0, 4);
    lua_pushvalue(L, -1);
    lua_rawseti(L, LIST, i);
    if (!read_command(s)) return false;
    lua_pop(L, 1);
  }
  return true;
}

/* The number of commands; -1 with the message on top after a failure. */
static lua_Integer count_commands(sequence *s, lua_Integer most) {
  static const lteep_schema nameless = {NULL, NULL, 0};
  lteep_codec codec = {s->L, &nameless, 0, LTEEP_OK};
  lteep_cbor_item head = {0};
  lteep_reader_next(&s->reader, &head);
  lua_Integer items = (lua_Integer)head.value;
  if (head.type != LTEEP_CBOR_ARRAY)
    lteep_codec_fail(&codec, NULL, LTEEP_ERR_WRONG_TYPE, "want an array, found %s",
                     lteep_kind(head.type));
  else if (items == 0 || items % 2 == 1)
    lteep_codec_fail(&codec, NULL, LTEEP_ERR_SIZE_OUT_OF_RANGE,
                     "%I items, want pairs of command and argument", (LUAI_UACINT)items);
  else if (items / 2 > most)
    lteep_codec_fail(&codec, NULL, LTEEP_ERR_LIMIT_REACHED, "%I commands, limit %I",
                     (LUAI_UACINT)(items / 2), (LUAI_UACINT)most);
  s->status = codec.status;
  return codec.status == LTEEP_OK ? items / 2 : -1;
}

static bool read_sequence(sequence *s, lua_Integer most) {
  lua_Integer count = count_commands(s, most);
  if (count < 0) return false;
  lua_createtable(s->L, (int)count, 0);
  lua_replace(s->L, LIST);
  return read_commands(s, count);
}

/* (bytes, most bytes, most commands, offset of the bytes) -> list, or what was read of it, message
 * and code */
static int read_bytes(lua_State *L) {
  lteep_bytes input = lteep_check_bytes(L, INPUT);
  lua_Integer most = luaL_checkinteger(L, MOST);
  luaL_checkinteger(L, BASE);
  lteep_cbor_limits limits = lteep_cbor_default_limits;
  limits.bytes = (size_t)luaL_checkinteger(L, MOST_BYTES);
  lua_settop(L, LIST);
  sequence s = {L, lteep_reader_on(input), limits, lteep_codec_of(L, CODE), LTEEP_OK};
  size_t offset = 0;
  lteep_status status = lteep_cbor_scan(input, &limits, &offset);
  if (status) return lteep_push_scan_failure(L, NULL, status, offset);
  bool read = read_sequence(&s, most);
  lua_pushvalue(L, LIST);
  if (read) return 1;
  lua_insert(L, -2);
  lua_pushstring(L, lteep_status_code(s.status));
  return 3;
}

/* (schema of codes, schema of policies, policies, commands) -> reader */
static int reader(lua_State *L) {
  luaL_checktype(L, 3, LUA_TTABLE);
  luaL_checktype(L, 4, LUA_TTABLE);
  lua_settop(L, 4);
  lua_pushcclosure(L, read_bytes, 4);
  return 1;
}

static const luaL_Reg functions[] = {
    {"identifier", identifier}, {"envelope", envelope}, {"reader", reader}, {NULL, NULL}};

int lteep_open_suit(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
