local sqlite <const> = require "teep.sqlite"
local world <const> = require "tam.world"

describe("whatever a policy says, a TAM", function()
  after_each(world.clean)

  local decision
  local function new(options)
    options = options or {}
    options.policy = world.policy { plan = function() return decision end }
    return world.new(options)
  end

  -- What comes of this decision.
  local function decide(w, fields, response)
    fields.verb, decision = "update", fields
    return w:respond(response)
  end

  local function refused_as(expected, pattern, w, fields, response)
    local updates <const> = #w:dump().update_sent
    local answer <const>, reason, code = decide(w, fields, response)
    assert.is_nil(answer)
    assert.equal(expected, code)
    assert.matches(pattern, reason)
    assert.equal(expected, w:event("dropped").code)
    assert.equal(updates, #w:dump().update_sent)
  end

  local function refused(...) refused_as("hard_rule", ...) end

  local function add(w, id, sequence, payload)
    return assert(w.tam:add_manifest(
      world.envelope { id = { id }, component = { id .. "-tc" }, sequence = sequence, payload = payload }))
  end

  it("installs only manifests of the catalogue", function()
    local w <const> = new()
    refused("no manifest ghost", w, { install = { "ghost" } })
    refused("names no manifest", w, { install = { 5 } })
    refused("names no manifest", w, { install = { {} } })
    refused("names no manifest", w, { install = { { id = "m", sequence_number = "1" } } })
    add(w, "m", 2)
    refused("no manifest m", w, { install = { { id = "m", sequence_number = 1 } } })
  end)

  it("installs the newest by name, and exactly the one that an entry of the facts names", function()
    local w <const> = new()
    add(w, "m", 1)
    local old <const> = { id = "m", sequence_number = 1 }
    local first <const> = decide(w, { install = { "m" } }).manifest_list[1]
    add(w, "m", 2)
    local second <const> = decide(w, { install = { "m" } }).manifest_list[1]
    assert.not_equal(first, second)
    assert.equal(first, decide(w, { install = { old } }).manifest_list[1])
  end)

  it("sends no manifest twice and none that it also removes", function()
    local w <const> = new()
    add(w, "m", 1)
    refused("m twice", w, { install = { "m", "m" } })
    refused("m twice", w, { install = { "m", { id = "m", sequence_number = 1 } } })
    refused("both installed and removed", w, { install = { "m" }, remove = { "m" } })
    refused("both installed and removed", w, { install = { "m" }, remove_prefix = { "m" } },
      { unneeded_manifest_list = { { "m" } } })
    refused("x twice", w, { remove = { "x", "x" } })
  end)

  it("removes only what is an identifier", function()
    local w <const> = new()
    refused("names no manifest", w, { remove = { 5 } })
    refused("printable ASCII", w, { remove = { "a b" } })
  end)

  it("takes as many manifests and removals as configured, not one more", function()
    local w <const> = new { limits = { manifests = 2 } }
    for i = 1, 3 do add(w, "m" .. i, 1) end
    assert.equal(2, #decide(w, { install = { "m1", "m2" } }).manifest_list)
    refused("3 entries, limit is 2", w, { install = { "m1", "m2", "m3" } })
    assert.equal(2, #decide(w, { remove = { "a", "b" } }).unneeded_manifest_list)
    refused("3 entries, limit is 2", w, { remove = { "a", "b", "c" } })
    refused("3 entries, limit is 2", w, { remove = { "a", "b" }, remove_prefix = { "c" } },
      { unneeded_manifest_list = { { "c" } } })
  end)

  it("removes 64 manifests by default, not 65", function()
    local w <const>, ids <const> = new(), {}
    for i = 1, 64 do ids[i] = "m" .. i end
    assert.equal(64, #decide(w, { remove = ids }).unneeded_manifest_list)
    ids[65] = "m65"
    refused("65 entries", w, { remove = ids })
  end)

  it("sends an Update of exactly the size limit, not one byte more", function()
    local w <const> = new()
    add(w, "m", 1, ("x"):rep(1000))
    decide(w, { install = { "m" } })
    local cose <const> = require "teep.cose"
    local size <const> = #assert(cose.parse(w:event("message").bytes)).payload
    w.tam.limits.update = size
    assert.truthy(decide(w, { install = { "m" } }))
    w.tam.limits.update = size - 1
    refused("limit is", w, { install = { "m" } })
  end)

  it("adds the manifests up before it builds an Update", function()
    local w <const> = new()
    local sizes <const> = #add(w, "a", 1, ("x"):rep(1000)).envelope + #add(w, "b", 1, ("x"):rep(1000)).envelope
    w.tam.limits.update = sizes - 1
    refused("the limit of an Update", w, { install = { "a", "b" } })
  end)

  it("resolves prefixes segment by segment among what the device is known to have", function()
    local w <const> = new()
    w.store:tc_list_put(world.key("device"):thumbprint(), {
      { component_id = "1", manifest = "fleet/a" }, { component_id = "2", manifest = "fleet/b" },
      { component_id = "3", manifest = "fleet2/c" }, { component_id = "4" }, { component_id = "5", manifest = "fleet" },
    })
    local tc_list <const> = {}
    for i = 1, 5 do tc_list[i] = { component_id = { tostring(i) }, vendor_identifier = "v" } end
    local update <const> = decide(w, { remove = { "fleet/b" }, remove_prefix = { "fleet", "none" } },
      { tc_list = tc_list, unneeded_manifest_list = { { "fleet", "u" }, { "other" } } })
    assert.same({ { "fleet", "b" }, { "fleet", "a" }, { "fleet" }, { "fleet", "u" } }, update.unneeded_manifest_list)
    assert.same({}, { decide(w, { remove_prefix = { "none" } }) })
  end)

  describe("sends no manifest that changed in the store (D31)", function()
    local changes <const> = {
      ["its digest"] = "UPDATE manifest SET digest = x'00'",
      ["its sequence number"] = "UPDATE manifest SET sequence_number = 9",
      ["its identifier"] = "UPDATE manifest SET id = 'x'",
      ["its envelope, inside of the manifest"] = "UPDATE manifest SET envelope = CAST(substr(envelope, 1, 150) "
        .. "|| x'00' || substr(envelope, 152) AS BLOB)",
      ["its envelope, cut"] = "UPDATE manifest SET envelope = substr(envelope, 1, 100)",
      ["a payload in its envelope"] = "UPDATE manifest SET envelope = CAST(substr(envelope, 1, length(envelope) - 1) "
        .. "|| 'y' AS BLOB)",
      ["the digest of its envelope"] = "UPDATE manifest SET envelope_digest = x''",
    }
    for what, statement in pairs(changes) do
      it(what, function()
        local w <const> = new()
        add(w, "m", 1, ("x"):rep(1000))
        local database <const> = assert(sqlite.open(w.path))
        assert(database:exec("PRAGMA foreign_keys = OFF; " .. statement))
        database:close()
        local refuse <const> = what:find "envelope" and function(...) refused_as("corrupt", ...) end or refused
        refuse("m", w, { install = { what == "its identifier" and "x" or "m" } })
      end)
    end

    it("nor another trusted one in its place", function()
      local w <const> = new()
      add(w, "m", 1)
      add(w, "n", 1)
      local database <const> = assert(sqlite.open(w.path))
      assert(database:exec("UPDATE manifest SET (envelope, envelope_digest) = (SELECT envelope, envelope_digest"
        .. " FROM manifest WHERE id = 'n') WHERE id = 'm'"))
      database:close()
      refused("not the one that was added", w, { install = { "m" } })
    end)

    it("nor one whose signer is trusted no more", function()
      local w <const> = new()
      add(w, "m", 1)
      w.options.trust = w:given().trust
      w.options.trust.signers = {}
      w:stop()
      w:start()
      refused("", w, { install = { "m" } })
    end)
  end)
end)
