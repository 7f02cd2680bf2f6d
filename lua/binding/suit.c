/* Room `suit` of teep.core: SUIT command sequences (draft-ietf-suit-manifest section 8.4.6). */
#include "schema.h"

/* Arguments of `commands`, and the list it makes. */
enum { CODE = 1, ARGUMENTS, INPUT, MOST_BYTES, MOST, LIST };

typedef struct {
  lua_State *L;
  lteep_reader reader;
  lteep_cbor_limits limits;
  lteep_status status;
} sequence;

/* Push the next item by the schema at `index`, or on top of the stack the message of a failure. */
static bool decode_by(sequence *s, int index) {
  lteep_codec codec = lteep_codec_of(s->L, index);
  bool decoded = lteep_schema_decode(&codec, &s->reader, &s->limits);
  s->status = codec.status;
  lua_remove(s->L, codec.names);
  return decoded;
}

/* Push an argument: by the schema on top of the stack, or as it is encoded where there is none. */
static bool push_argument(sequence *s) {
  if (!lua_isnil(s->L, -1)) return decode_by(s, lua_gettop(s->L));
  lteep_bytes raw = lteep_reader_skip(&s->reader);
  lua_pushlstring(s->L, (const char *)raw.at, raw.size);
  return true;
}

/* The next command into the table on top; false with the message on top after a failure. */
static bool read_command(sequence *s) {
  lua_State *L = s->L;
  lua_pushinteger(L, (lua_Integer)s->reader.at);
  lua_setfield(L, -2, "offset");
  if (!decode_by(s, CODE)) return false;
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "code");
  lua_rawget(L, ARGUMENTS);
  if (!push_argument(s)) return false;
  lua_setfield(L, -3, "argument");
  lua_pop(L, 1);
  return true;
}

/* `count` commands into the list. The one that failed is the last of it. */
static bool read_commands(sequence *s, lua_Integer count) {
  lua_State *L = s->L;
  for (lua_Integer i = 1; i <= count; i++) {
    lua_createtable(L, 0, 4); /* teep.suit.sequence adds the row */
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

/* (schema of codes, schemas of arguments by code, bytes, most bytes, most commands) -> list, or
 * what was read of it, message and code */
static int commands(lua_State *L) {
  luaL_checktype(L, ARGUMENTS, LUA_TTABLE);
  lteep_bytes input = lteep_check_bytes(L, INPUT);
  lua_Integer most = luaL_checkinteger(L, MOST);
  sequence s = {L, lteep_reader_on(input), lteep_cbor_default_limits, LTEEP_OK};
  s.limits.bytes = (size_t)luaL_checkinteger(L, MOST_BYTES);
  lua_settop(L, LIST);
  size_t offset = 0;
  lteep_status status = lteep_cbor_scan(input, &s.limits, &offset);
  if (status) return lteep_push_scan_failure(L, NULL, status, offset);
  bool read = read_sequence(&s, most);
  lua_pushvalue(L, LIST);
  if (read) return 1;
  lua_insert(L, -2);
  lua_pushstring(L, lteep_status_code(s.status));
  return 3;
}

static const luaL_Reg functions[] = {{"commands", commands}, {NULL, NULL}};

int lteep_open_suit(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
