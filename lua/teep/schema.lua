--- Schema-directed codec: a structure is described once, as a table, and read and written by name.
-- The description language is in docs/architecture.md. Failures carry a generic code and the path:
-- `query-request.token: 4 bytes, want 8..64`, `size_out_of_range`.
-- @module teep.schema
local core <const> = require("teep.core").schema
local cbor <const> = require "teep.cbor"

local schema = {}

--- Compile a description; mistakes in it throw.
-- The result has two methods. `schema:decode(bytes[, limits])` returns the value, or nil, message,
-- code (those of `teep.cbor.scan`, and `wrong_type`, `size_out_of_range`, `number_out_of_range`,
-- `unknown_value`, `missing_field`, `unknown_field`, `unsorted_keys`, `simple_value`).
-- `schema:encode(value)` returns deterministic bytes, or nil, message, code.
-- @function compile
-- @tparam table description `name` of the outermost one starts every path
-- @treturn userdata schema
-- @usage local token = schema.compile{ name = "token", type = "bytes", min = 8, max = 64 }
schema.compile = core.compile

--- What a CBOR null decodes to.
schema.null = cbor.null

return schema
