--- Bytes for people: digests, key identifiers and tokens in hexadecimal.
-- @module teep.hex
local hex = {}

local digits_of <const> = {}
for byte = 0, 255 do digits_of[string.char(byte)] = ("%02x"):format(byte) end

--- Bytes to lower-case hexadecimal.
-- @tparam string bytes
-- @treturn string two digits for each byte
-- @usage hex.encode "\x0f\xa0" --> "0fa0"
function hex.encode(bytes)
  return (bytes:gsub(".", digits_of))
end

--- Hexadecimal digits of either case to bytes.
-- @tparam string digits
-- @treturn string|nil bytes; nil when it is anything but pairs of digits
-- @usage hex.decode "0FA0" --> "\x0f\xa0"
function hex.decode(digits)
  if #digits % 2 == 1 or digits:find "%X" then return nil end
  return (digits:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

return hex
