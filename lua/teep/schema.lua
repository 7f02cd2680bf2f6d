--- Schema-directed codec: a structure is described once, as a table, and read and written by name.
-- The description language is in docs/architecture.md. Failures carry a generic code and the path, with
-- positions from 1: `query-request.token: 4 bytes, want 8..64`, `size_out_of_range`. Messages are one line
-- of printable ASCII whatever a peer has sent.
-- @module teep.schema
local core <const> = require("teep.core").schema
local cbor <const> = require "teep.cbor"

local schema = {}

--- Compile a description; mistakes in it throw, unknown names included.
-- @function compile
-- @tparam table description `name` of the outermost one starts every path
-- @treturn Schema
-- @usage
-- local token = schema.compile{ name = "token", type = "bytes", min = 8, max = 64 }
-- token:decode "\x44abcd" --> nil, "token: 4 bytes, want 8..64", "size_out_of_range"
schema.compile = core.compile

--- Scan bytes and decode them.
-- @function Schema:decode
-- @tparam string bytes
-- @tparam[opt] table limits as for @{teep.cbor.scan}; they hold inside of wrapped bytes as well
-- @tparam[opt=1] integer first position of the part of the bytes that is meant
-- @tparam[opt=#bytes] integer last
-- @return[1] value, which may be `false`
-- @treturn[2] nil, string, string message and code: of @{teep.cbor.scan}, `wrong_type`,
--   `size_out_of_range`, `number_out_of_range`, `unknown_value`, `missing_field`, `unknown_field`,
--   `forbidden_field` (two fields that exclude each other), `simple_value` (null for a boolean and the like)

--- Encode a value: keys in deterministic order, heads in their shortest form.
-- @function Schema:encode
-- @param value
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string message and code: `wrong_type`, `size_out_of_range`,
--   `number_out_of_range`, `unknown_value`, `missing_field`, `unknown_field`,
--   `forbidden_field`, `invalid_utf8`, `duplicate_key`, and for raw bytes those of @{teep.cbor.scan}

--- What a CBOR null decodes to.
schema.null = cbor.null

return schema
