local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local seq <const>, map <const>, content <const> = raw.sequence, raw.map, raw.content
local one <const>, two <const> = { { "a" } }, { { "a" }, { "b" } }
local SET <const>, OVERRIDE <const>, WRITE <const>, COPY <const>, FETCH <const> = 12, 20, 18, 22, 21

describe("storage of a manifest:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  it("bytes that are encrypted go through what decrypts (S-090)", function()
    local seen <const> = {}
    -- Turns every byte around; `finish` is where an AEAD would find a wrong tag.
    local function decrypt(info, sink)
      seen[#seen + 1] = info
      return {
        update = function(_, bytes) return sink(bytes:gsub(".", { a = "A", b = "B" })) end,
        finish = function()
          if info == "bad" then return nil, "the tag does not match", "bad_signature" end
          return true
        end,
      }
    end
    local given <const> = { decrypt = decrypt }
    sim:stores({ "AB" }, one, seq(OVERRIDE, map{ [18] = "ab", [19] = "info" }, WRITE, 2), given)
    sim:stores({ "ab", "AB" }, two, seq(SET, 0, OVERRIDE, content "ab", WRITE, 2, SET, 1,
      19, map{ [22] = 0, [19] = "info" }, 20, raw.stated "AB", COPY, 2), given)
    assert.same({ "info", "info" }, seen)
    local outcome <const> = sim:execute(one, seq(OVERRIDE, map{ [18] = "ab", [19] = "bad" }, WRITE, 2), given)
    assert.same({ "bad_signature", 11 }, { outcome.code, outcome.reason })
    sim:rejects("parameter_unsupported", 8, one, seq(OVERRIDE, map{ [18] = "ab", [19] = "info" }, WRITE, 2))
  end)

  it("fetch does not decrypt (P-17)", function()
    sim:stores({ raw.payload }, one, seq(OVERRIDE, map{ [19] = "info" }, OVERRIDE, raw.uri "#p", FETCH, 2,
      raw.compared(raw.payload)), {
      decrypt = function() error "asked" end,
    })
  end)
end)
