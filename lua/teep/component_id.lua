--- Text form of SUIT component identifiers.
-- An identifier is an array of byte strings (draft-ietf-suit-manifest section 8.4.5.1). People and
-- policies see its segments joined by `/`; every byte that is not printable ASCII, and `/` and `%`,
-- is written `%XX`. An empty segment is an empty string between slashes; `%` alone is the identifier
-- without segments.
-- @module teep.component_id
local core <const> = require("teep.core").suit
local errors <const> = require "teep.errors"

local component_id = {}

--- Identifier to text.
-- @function format
-- @tparam {string,...} id
-- @treturn string text
-- @usage component_id.format{ "hello", "\0\1" } --> "hello/%00%01"
component_id.format = core.identifier

--- Text to identifier, the inverse of @{format}.
-- @tparam string text
-- @treturn[1] {string,...} id
-- @treturn[2] nil, string, string message and code `unknown_value`
function component_id.parse(text)
  if text == "%" then return {} end
  local id = {}
  for segment in (text .. "/"):gmatch("([^/]*)/") do
    local rest = segment:gsub("%%%x%x", "")
    if rest:find("[^!-$&-.0-~]") then
      return errors.fail("unknown_value", "component identifier %q: only printable ASCII and %%XX", text)
    end
    id[#id + 1] = segment:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  end
  return id
end

--- Equality: segment by segment, byte by byte.
function component_id.equal(a, b)
  if #a ~= #b then return false end
  for i = 1, #a do
    if a[i] ~= b[i] then return false end
  end
  return true
end

return component_id
