-- RFC 8949 Appendix A, from github.com/cbor/test-vectors: 82 examples with their JSON or diagnostic form.
local cbor <const> = require "teep.cbor"

local path <const> = "../shared/vectors/cbor/appendix_a.json"
local file <const> = io.open(path)
local examples <const> = file and require("cjson").decode(file:read "a")
if file then file:close() end

local function from_hex(hex) return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)) end

-- Entries that are not in their preferred serialization, and why the scanner has to say no; the remaining ones
-- have indefinite lengths. simple(24) comes from RFC 7049: two-byte simple values below 32 are not well-formed
-- any more (RFC 8949 section 3.3).
local refused <const> = {
  f818 = "not_well_formed",
  fa7f800000 = "not_shortest", fa7fc00000 = "not_shortest", faff800000 = "not_shortest",
  fb7ff0000000000000 = "not_shortest", fb7ff8000000000000 = "not_shortest", fbfff0000000000000 = "not_shortest",
}

local function expected_refusal(example)
  return refused[example.hex] or (not example.roundtrip and "indefinite_length") or nil
end

-- JSON has neither byte strings nor tags nor exact 64-bit integers; compare what it has.
local function same(value, json)
  local kind <const> = cbor.type(value)
  if kind == "integer" then return cbor.diagnose(cbor.encode(value)) + 0.0 == json + 0.0 end
  if kind == "text" then return value.value == json end
  if kind == "array" then
    for i, item in ipairs(value) do
      if not same(item, json[i]) then return false end
    end
    return #value == #json
  end
  if kind == "map" then
    for _, pair in ipairs(value) do
      local name <const> = cbor.type(pair[1]) == "text" and pair[1].value or tostring(pair[1])
      if not same(pair[2], json[name]) then return false end
    end
    return true
  end
  if value == cbor.null then return json == require("cjson").null end
  return value == json
end

local function is_bignum(value) return cbor.type(value) == "tag" and (value.number == 2 or value.number == 3) end

describe("RFC 8949 Appendix A", function()
  if not examples then
    pending("skipped: " .. path .. " is not there")
    return
  end

  it("has the 82 examples", function() assert.equal(82, #examples) end)

  for _, example in ipairs(examples) do
    local bytes <const>, code <const> = from_hex(example.hex), expected_refusal(example)
    if code then
      it(("refuses %s: %s (D5)"):format(example.hex, code), function()
        local value, _, found = cbor.decode(bytes)
        assert.is_nil(value)
        assert.equal(code, found)
      end)
    else
      it(("decodes and encodes %s"):format(example.hex), function()
        local value, message = cbor.decode(bytes)
        assert(value ~= nil, message)
        assert.equal(example.hex, (cbor.encode(value, { keep_order = true }):gsub(".", function(c)
          return ("%02x"):format(c:byte())
        end)))
        if example.decoded ~= nil and not is_bignum(value) then assert.is_true(same(value, example.decoded)) end
      end)
    end
    if not code and example.diagnostic then
      it(("writes %s as %s"):format(example.hex, example.diagnostic), function()
        assert.equal(example.diagnostic, cbor.diagnose(bytes))
      end)
    end
  end
end)
