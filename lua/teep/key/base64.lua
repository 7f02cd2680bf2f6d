--- Base64 and base64url (RFC 4648), strict: no other characters, no bits left over.
-- @module teep.key.base64
local base64 = {}

local standard <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local url <const> = standard:sub(1, 62) .. "-_"

local function reversed(alphabet)
  local values <const> = {}
  for i = 1, #alphabet do values[alphabet:byte(i)] = i - 1 end
  return values
end

local values <const> = { [standard] = reversed(standard), [url] = reversed(url) }

local function encode(bytes, alphabet)
  local out <const> = {}
  for i = 1, #bytes, 3 do
    local a, b, c = bytes:byte(i, i + 2)
    local group = a << 16 | (b or 0) << 8 | (c or 0)
    for digit = 1, c and 4 or b and 3 or 2 do
      local index = (group >> (24 - 6 * digit) & 63) + 1
      out[#out + 1] = alphabet:sub(index, index)
    end
  end
  return table.concat(out)
end

-- nil when a character is none of the alphabet, or bits beyond the last byte are set.
local function decode(text, alphabet)
  local known <const>, out <const> = values[alphabet], {}
  local group, bits = 0, 0
  if #text % 4 == 1 then return nil end
  for i = 1, #text do
    local value = known[text:byte(i)]
    if not value then return nil end
    group, bits = (group << 6 | value) & 0xffff, bits + 6
    if bits >= 8 then
      bits = bits - 8
      out[#out + 1] = string.char(group >> bits & 0xff)
    end
  end
  if group & (1 << bits) - 1 ~= 0 then return nil end
  return table.concat(out)
end

--- @tparam string bytes
-- @treturn string padded to a multiple of four characters
function base64.encode(bytes)
  local text <const> = encode(bytes, standard)
  return text .. ("="):rep(-#text % 4)
end

--- @tparam string text padded
-- @treturn ?string bytes, nil when it is no base64
function base64.decode(text)
  local body <const>, padding <const> = text:match "^([^=]*)(=*)$"
  if not body or #padding ~= -#body % 4 then return nil end
  return decode(body, standard)
end

--- base64url without padding (RFC 7515 section 2).
-- @tparam string bytes
-- @treturn string
function base64.encode_url(bytes) return encode(bytes, url) end

--- @tparam string text without padding
-- @treturn ?string bytes, nil when it is no base64url
function base64.decode_url(text) return decode(text, url) end

return base64
