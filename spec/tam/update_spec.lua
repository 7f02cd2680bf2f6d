local world <const> = require "tam.world"

describe("an Update of a TAM goes out", function()
  after_each(world.clean)

  it("with what the device asked for and no longer needs, and a fresh token in the store (A-29)", function()
    local w <const> = world.new()
    local envelope <const> = world.envelope {}
    w.tam:add_manifest(envelope)
    local asked <const> = w:request().token
    local update <const> = w:tell { type = "query-response", token = asked, tc_list = {},
      requested_tc_list = { { component_id = { "app" } } }, unneeded_manifest_list = { { "old", "\0" } } }
    assert.same({ envelope }, update.manifest_list)
    assert.same({ { "old", "\0" } }, update.unneeded_manifest_list)
    assert.is_nil(update.err_code)
    assert.not_equal(asked, update.token)
    local rows <const> = w:dump()
    assert.same({ world.key("device"):thumbprint(), 1, w.now + 4 * 3600 },
      { rows.update_sent[1].agent, rows.update_sent[1].attempt, rows.update_sent[1].expires })
    assert.equal(2, #rows.update_item)
  end)

  it("with a token that says nothing of the agent (T-014)", function()
    local w <const> = world.new()
    w.tam:add_manifest(world.envelope {})
    local wanted <const> = { requested_tc_list = { { component_id = { "app" } } } }
    local first <const> = w:respond(wanted).token
    local second <const> = w:respond(wanted, world.key "other").token
    -- 11 bytes say what was asked and until when, 16 are random, 16 are the MAC over these.
    assert.equal(first:sub(1, 11), second:sub(1, 11))
    assert.equal(43, #first)
    assert.not_equal(first:sub(12), second:sub(12))
  end)

  it("signed once, with the algorithm that the agent uses (T-109)", function()
    for _, algorithm in ipairs { "ESP256", "Ed25519" } do
      local w <const> = world.new()
      w.tam:add_manifest(world.envelope {})
      local update <const> = w:respond({ requested_tc_list = { { component_id = { "app" } } } },
        world.key("device", algorithm))
      assert.equal(algorithm, update.algorithm)
    end
  end)

  it("with untagged envelopes, however they were added (A-22)", function()
    local w <const> = world.new { policy = world.policy { plan = function()
      return { verb = "update", install = { "app.suit" } }
    end } }
    local plain <const> = world.envelope {}
    assert(w.tam:add_manifest("\xd8\x6b" .. plain))
    assert.same({ plain }, w:respond().manifest_list)
  end)
end)
