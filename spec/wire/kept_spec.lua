-- Kept bytes of every message in both drafts.
local bytes <const> = require "fixtures.bytes"
local kept <const> = require "fixtures.kept_messages"
local message <const> = require "teep.message"
local messages <const> = require "fixtures.messages"
local wire <const> = require "teep.wire"

local function fields_of(name)
  if name == "query-request with a token" then return messages.make("query-request", { "token", "versions" }) end
  return messages.make(name, messages.all(name))
end

for _, dialect in ipairs(wire.dialects) do
  describe("kept bytes of " .. dialect, function()
    local names <const> = { "query-request with a token", table.unpack(messages.types) }

    for _, name in ipairs(names) do
      it("are refused by the other draft: " .. name, function()
        local other <const> = dialect == "v26" and "v25" or "v26"
        local _, _, code <const> = message.decode(bytes.unhex(kept[dialect][name]), { wire = other })
        assert.equal("wire_mismatch", code)
      end)

      it("decode to every field and back: " .. name, function()
        local payload <const> = bytes.unhex(kept[dialect][name])
        local fields <const> = fields_of(name)
        assert.same(fields, message.decode(payload, { wire = dialect }))
        assert.equal(bytes.hex(payload), bytes.hex(message.encode(fields, { wire = dialect })))
        assert.equal(fields.type, message.peek(payload, dialect))
      end)
    end

    it("have every option that a message defines", function()
      local seen <const> = {}
      for _, name in ipairs(names) do
        for field in pairs(fields_of(name)) do seen[field] = true end
      end
      local nested <const> = { component_id = true, tc_manifest_sequence_number = true, have_binary = true }
      for field in pairs(wire.open(dialect).label) do assert.is_true(seen[field] or nested[field], field) end
    end)
  end)
end

describe("the numbers of draft 25", function()
  local v25 <const>, v26 <const> = wire.open "v25", wire.open "v26"

  -- Everything else is the same: renumbering closed the gaps and did nothing more.
  it("are those of draft 26 with the gaps that it closed", function()
    local expected <const> = {}
    for name, number in pairs(v26.label) do expected[name] = number < 5 and number or number + 1 end
    assert.same(expected, v25.label)
    assert.same({ ["query-request"] = 1, ["query-response"] = 2, update = 3, success = 5, error = 6 }, v25.type)
    for name, number in pairs(v26.err_code) do
      assert.equal(name == "manifest_processing_failed" and 17 or number, v25.err_code[name])
    end
    for _, name in ipairs { "data_item", "freshness", "cipher_suites", "suit_cose_profiles" } do
      assert.same(v26[name], v25[name])
    end
  end)
end)
