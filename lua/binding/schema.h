/* Compiled schema descriptions: what schema_compile.c makes and the two codecs walk. */
#ifndef LTEEP_BINDING_SCHEMA_H
#define LTEEP_BINDING_SCHEMA_H

#include "cbor.h"

#define LTEEP_SCHEMA_FIELDS_MAX 64
#define LTEEP_SCHEMA_LABEL_MAX 32
#define LTEEP_SCHEMA_DEPTH_MAX 32
#define LTEEP_SCHEMA_EXCLUSIVE_MAX 4

/* Labels of one byte: the integers -24..23, of which the encoding is below this. */
#define LTEEP_SCHEMA_SHORT_LABELS 0x38

static inline bool lteep_is_short_label(uint8_t initial) {
  return initial < LTEEP_SCHEMA_SHORT_LABELS && (initial & 0x1f) < 24;
}

typedef enum {
  LTEEP_NODE_UINT,
  LTEEP_NODE_UINT64,
  LTEEP_NODE_INT,
  LTEEP_NODE_BYTES,
  LTEEP_NODE_TEXT,
  LTEEP_NODE_BOOL,
  LTEEP_NODE_NULL,
  LTEEP_NODE_ENUM,
  LTEEP_NODE_BITS,
  LTEEP_NODE_ARRAY,
  LTEEP_NODE_TUPLE,
  LTEEP_NODE_MAP,
  LTEEP_NODE_TABLE,
  LTEEP_NODE_WRAPPED,
  LTEEP_NODE_TAG,
  LTEEP_NODE_CHOICE,
  LTEEP_NODE_RAW,
  LTEEP_NODE_ANY
} lteep_node_type;

typedef enum { LTEEP_UNKNOWN_REFUSE, LTEEP_UNKNOWN_SKIP, LTEEP_UNKNOWN_KEEP } lteep_unknown;

typedef struct lteep_node lteep_node;

/* A field of a tuple or map, a value of an enum or of bits, an alternative of a choice. */
typedef struct {
  int name;       /* position in the list of names */
  int64_t number; /* enum, bits */
  bool required;
  bool inlined; /* tuple: the fields of this map stand in the table of the tuple */
  lteep_node *of;
  uint8_t label[LTEEP_SCHEMA_LABEL_MAX]; /* map: the encoded label */
  size_t label_size;
} lteep_field;

struct lteep_node {
  lteep_node *next; /* all nodes of a schema, for freeing */
  lteep_node_type type;
  int64_t min;
  int64_t max;
  uint64_t tag;
  bool optional;
  bool omit;
  bool sorted;
  lteep_unknown unknown;
  size_t required; /* tuple: fields that must be there */
  size_t room;     /* tuple: names in its table at most */
  lteep_node *of;
  lteep_node *keys;
  size_t count;
  lteep_field *fields; /* map: ascending by label */
  /* map: sets of fields of which one at most may be there, as bits; 0 ends the list */
  uint64_t exclusive[LTEEP_SCHEMA_EXCLUSIVE_MAX + 1];
  /* map: position of the field with this label of one byte, from 1; 0 where there is none */
  uint8_t by_short_label[LTEEP_SCHEMA_SHORT_LABELS];
};

typedef struct {
  lteep_node *nodes;
  lteep_node *root;
  int name; /* 0: paths start without a name */
} lteep_schema;

/* User value of a schema: the names, as a list and as a map to their positions. */
#define LTEEP_SCHEMA_NAMES 1

/* Compile the description at `index` into the schema on top of the stack; mistakes throw. */
void lteep_schema_compile(lua_State *L, lteep_schema *schema, int index);
void lteep_schema_clear(lteep_schema *schema);

/* One step of a path, linked towards the root. */
typedef struct lteep_path {
  const struct lteep_path *up;
  int name;             /* 0: a position */
  lua_Integer position; /* 1-based */
} lteep_path;

/* What both codecs carry along. After a failure the message is on top of the stack. */
typedef struct {
  lua_State *L;
  const lteep_schema *schema;
  int names; /* stack index of the list of names */
  lteep_status status;
} lteep_codec;

/* Codec of the schema at `index`; pushes its names. */
lteep_codec lteep_codec_of(lua_State *L, int index);

/* "a byte string", for messages. */
const char *lteep_kind(lteep_cbor_type type);

/* Fail at `path`: push "path: detail" and keep the status; returns false. Without `format` the
 * detail is the sentence of the status. */
bool lteep_codec_fail(lteep_codec *codec, const lteep_path *path, lteep_status status,
                      const char *format, ...);

/* Push a string of a peer or caller as it may stand in a message: printable ASCII, not long. */
const char *lteep_codec_push_shown(lua_State *L, lteep_bytes string);

/* Push -1 - `value` or `value` as decimal text. */
const char *lteep_codec_push_number(lua_State *L, bool negative, uint64_t value);

/* Fail with "4 bytes, want 8..64" or the like unless min <= size <= max of the node. */
bool lteep_codec_check_size(lteep_codec *codec, const lteep_path *path, const lteep_node *node,
                            size_t size, const char *unit);

/* Fail with "9, want 0..8". */
bool lteep_codec_fail_number(lteep_codec *codec, const lteep_path *path, const lteep_node *node,
                             bool negative, uint64_t value);

/* Fail unless the number is within min..max of the node. */
bool lteep_codec_check_number(lteep_codec *codec, const lteep_path *path, const lteep_node *node,
                              int64_t number);

/* Fail with "not together with NAME" when more than one field of an exclusive set of the map is
 * among `present` (bits by position). */
bool lteep_codec_check_exclusive(lteep_codec *codec, const lteep_path *path, const lteep_node *node,
                                 uint64_t present);

/* The field of a map with this encoded label, or NULL. */
const lteep_field *lteep_node_field(const lteep_node *node, lteep_bytes label);

/* Push the decoded value; false after a failure. */
bool lteep_schema_decode(lteep_codec *codec, lteep_reader *reader, const lteep_cbor_limits *limits);

/* Write the value at `index` (absolute); false after a failure. */
bool lteep_schema_encode(lteep_codec *codec, lteep_output *output, int index);

#endif
