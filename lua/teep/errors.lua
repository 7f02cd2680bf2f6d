--- Error codes and the one way to return an expected failure.
-- Misuse throws; an expected failure is `nil, message, code`. Every code is a row of
-- `core/include/luateep/errors.def`.
-- @module teep.errors
local core <const> = require "teep.core"

local errors = {}

--- code (string) -> sentence (string), for every code there is.
errors.sentences = core.errors

--- code (string) -> number (integer) of errors.def: stable, for formats that have room for a number only.
errors.numbers = core.error_numbers

--- Return an expected failure.
-- @tparam string code a code of errors.def
-- @tparam[opt] string format what failed: field, limit, key identifier (string.format); the
--   sentence of the code when absent
-- @param ... values for `format`
-- @treturn nil
-- @treturn string message
-- @treturn string code
-- @usage return errors.fail("size_out_of_range", "token: %d bytes, want 8..64", #token)
function errors.fail(code, format, ...)
  local sentence = errors.sentences[code]
  if not sentence then error("no such error code: " .. tostring(code), 2) end
  if not format then return nil, sentence, code end
  return nil, format:format(...), code
end

return errors
