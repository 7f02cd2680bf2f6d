-- What an endpoint makes of messages numbered as in the other draft: every message type, every choice of its
-- options, in both directions.
local cbor <const> = require "teep.cbor"
local message <const> = require "teep.message"
local messages <const> = require "fixtures.messages"
local wire <const> = require "teep.wire"

local directions <const> = { { from = "v25", to = "v26" }, { from = "v26", to = "v25" } }

local function sentence(from, to, name)
  return ('looks like draft-%d numbering (%s); this endpoint is configured for draft-%d (wire = "%s")'):format(
    wire.open(from).draft, name, wire.open(to).draft, to)
end

-- Without a token, and with these options alone, the bytes are a message of both drafts. The first two mean the
-- same in both; what the others turn into is told beside them.
local readable <const> = {
  ["query-request"] = { [""] = true, challenge = true, versions = true, ["challenge,versions"] = true },
  ["query-response"] = { [""] = true },
  -- err-msg 12 of draft 25 and attestation-payload-format 12 of draft 26, of an Update that carries nothing else.
  update = { v25 = { [""] = true, err_msg = true }, v26 = { [""] = true, attestation_payload_format = true } },
  success = {}, error = {},
}

local function is_readable(name, from, choice)
  local list <const> = readable[name][from] or readable[name]
  return list[table.concat(choice, ",")] or false
end

-- The message, or nil where the strict encoder has none (token and challenge together and the like).
local function encoded(name, choice, from)
  return (message.encode(messages.make(name, choice), { wire = from }))
end

for _, way in ipairs(directions) do
  describe(("a %s endpoint"):format(way.to), function()
    for _, name in ipairs(messages.types) do
      it(("refuses a %s of %s with one sentence, whatever is in it (A-01)"):format(name, way.from), function()
        local tried = 0
        for _, choice in ipairs(messages.choices(name)) do
          local bytes <const> = encoded(name, choice, way.from)
          if bytes and not is_readable(name, way.from, choice) then
            local decoded <const>, reason, code, found = message.decode(bytes, { wire = way.to })
            assert.is_nil(decoded, table.concat(choice, ","))
            assert.equal("wire_mismatch", code, table.concat(choice, ","))
            assert.equal(sentence(way.from, way.to, name), reason)
            assert.equal(name, found)
            assert.same({ nil, reason, code, name }, { message.check_wire(bytes, way.to) })
            tried = tried + 1
          end
        end
        assert.is_true(tried >= 8, tried .. " tried")
      end)

      it(("reads of %s only the %s messages that are listed here"):format(way.from, name), function()
        for _, choice in ipairs(messages.choices(name)) do
          local bytes <const> = encoded(name, choice, way.from)
          if bytes then
            assert.equal(is_readable(name, way.from, choice),
              (message.decode(bytes, { wire = way.to })) ~= nil, table.concat(choice, ","))
          end
        end
      end)
    end

    it(("reads of %s only the query-responses with empty lists that are listed here"):format(way.from), function()
      local read <const>, tried = {}, 0
      for _, choice in ipairs(messages.choices "query-response") do
        local fields <const> = messages.make("query-response", choice)
        fields.tc_list, fields.ext_list = fields.tc_list and {}, fields.ext_list and {}
        local bytes <const> = assert(message.encode(fields, { wire = way.from }))
        tried = tried + 1
        if message.decode(bytes, { wire = way.to }) then read[table.concat(choice, ",")] = true end
      end
      assert.equal(512, tried)
      assert.same({ [""] = true, [way.from == "v25" and "tc_list" or "ext_list"] = true }, read)
    end)

    it("refuses every error code and an unassigned one in an Error of " .. way.from, function()
      for _, number in ipairs { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 17, 23, 24, 1000 } do
        local numbers <const> = wire.open(way.from)
        local bytes <const> = cbor.encode(cbor.array { numbers.type.error,
          cbor.map { { numbers.label.token, ("t"):rep(8) } }, number })
        assert.equal("wire_mismatch", select(3, message.decode(bytes, { wire = way.to })))
      end
    end)

    it("takes a message as meant for it when that is what it fits as well", function()
      for name, choices in pairs(readable) do
        for joined in pairs(choices[way.from] or choices) do
          local choice <const> = {}
          for option in joined:gmatch "[^,]+" do choice[#choice + 1] = option end
          assert.is_true(message.check_wire(assert(encoded(name, choice, way.from)), way.to))
        end
      end
    end)

    it("still skips labels of extensions, which tell nothing (T-072)", function()
      for _, name in ipairs(messages.types) do
        local own <const> = assert(message.encode(messages.make(name, { "token" }), { wire = way.to }))
        local value <const> = assert(cbor.decode(own))
        table.insert(value[2], { 24, "x" })
        table.insert(value[2], { 1023, cbor.array {} })
        assert.same(message.decode(own, { wire = way.to }), message.decode(cbor.encode(value), { wire = way.to }))
      end
    end)

    it("refuses messages of the other draft with extensions in them alike", function()
      for _, name in ipairs(messages.types) do
        local bytes <const> = assert(message.encode(messages.make(name, { "token" }), { wire = way.from }))
        local value <const> = assert(cbor.decode(bytes))
        table.insert(value[2], { 1023, cbor.array {} })
        assert.equal("wire_mismatch", select(3, message.decode(cbor.encode(value), { wire = way.to })))
      end
    end)

    it("says nothing of drafts when a message fits neither", function()
      local label <const> = wire.open(way.to).label
      local both <const> = cbor.map { { label.token, "short" } }
      local kind <const> = wire.open(way.to).type
      assert.equal("size_out_of_range", select(3, message.decode(
        cbor.encode(cbor.array { kind.success, both }), { wire = way.to })))
      assert.equal("unknown_message", select(3, message.decode(
        cbor.encode(cbor.array { 9, both }), { wire = way.to })))
      assert.is_true(message.check_wire("\x82\3", way.to))
      assert.is_true(message.check_wire("", way.to))
    end)
  end)
end

describe("messages of both drafts at once:", function()
  local function at(fields, from, to)
    return message.decode(assert(message.encode(fields, { wire = from })), { wire = to })
  end

  it("a query-request with a challenge and versions alone means the same in both", function()
    for _, choice in ipairs { {}, { "challenge" }, { "versions" }, { "challenge", "versions" } } do
      local fields <const> = messages.make("query-request", choice)
      assert.same(fields, at(fields, "v25", "v26"))
      assert.same(fields, at(fields, "v26", "v25"))
    end
  end)

  it("an empty list at 8 is tc-list or ext-list; without a token no TAM takes it", function()
    assert.same({ type = "query-response", ext_list = {} }, at({ type = "query-response", tc_list = {} }, "v25", "v26"))
    assert.same({ type = "query-response", tc_list = {} }, at({ type = "query-response", ext_list = {} }, "v26", "v25"))
    for _, way in ipairs(directions) do
      for _, list in ipairs { "tc_list", "ext_list" } do
        local _, _, code <const> = at({ type = "query-response", token = ("t"):rep(8), [list] = {} }, way.from, way.to)
        assert.equal("wire_mismatch", code)
      end
    end
  end)

  it("a text at 12 is err-msg or attestation-payload-format of an Update that changes nothing", function()
    assert.same({ type = "update", attestation_payload_format = "x" }, at({ type = "update", err_msg = "x" }, "v25", "v26"))
    assert.same({ type = "update", err_msg = "x" }, at({ type = "update", attestation_payload_format = "x" }, "v26", "v25"))
  end)
end)
