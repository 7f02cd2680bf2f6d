local policy <const> = require "teep.policy"

local function open(name, settings)
  return assert(policy.open { path = name, config = { [name] = settings }, isolation = "trusted" })
end

describe("policy install_on_request", function()
  local shipped <const> = open("install_on_request")
  local old <const> = { id = "m", sequence_number = 1, components = { "a", "b" } }
  local new <const> = { id = "m", sequence_number = 2, components = { "a", "b" } }

  local function plan(requested, unneeded)
    return shipped:decide("plan",
      { manifests = { old, new }, requested_tc_list = requested, unneeded_manifest_list = unneeded or {} })
  end

  it("asks for trusted components", function()
    assert.same({ verb = "ask", trusted_components = true, policy = "install_on_request" },
      shipped:decide("query", {}))
  end)

  it("does nothing for a device that wants nothing", function() assert.equal("nothing", plan({}).verb) end)

  it("ignores requests that no approved manifest serves", function()
    assert.equal("nothing", plan({ { component_id = "unheard-of" } }).verb)
    assert.equal("nothing", plan({ { component_id = "a", tc_manifest_sequence_number = 3 } }).verb)
    assert.equal("nothing", plan({ { component_id = "a", tc_manifest_sequence_number = -1 } }).verb,
      "-1 is the bit pattern of 2^64-1")
  end)

  it("installs the newest manifest once, however many of its components are requested", function()
    local decision <const> = plan { { component_id = "a", tc_manifest_sequence_number = 2 }, { component_id = "b" } }
    assert.equal("update", decision.verb)
    assert.same({ new }, decision.install)
  end)

  it("removes what is no longer needed", function()
    assert.same({ "m" }, plan({}, { "m" }).remove)
  end)

  it("tries again after a temporary error only", function()
    local settled = shipped:decide("settle", { outcome = "error", err_code = "temporary_error" })
    assert.same({ "retry", 60 }, { settled.verb, settled.after })
    assert.equal("accept", shipped:decide("settle", { outcome = "error", err_code = "permanent_error" }).verb)
    assert.equal("accept", shipped:decide("settle", { outcome = "success" }).verb)
  end)
end)

describe("policy maintenance_window", function()
  local HOUR <const> = 3600

  local function at(hour, from, till)
    return open("maintenance_window", { from = from, till = till }):decide("plan", { now = 86400 * 20000 + hour * HOUR })
  end

  it("waits until the window opens", function()
    assert.same({ "retry", 3 * HOUR }, { at(23, 2, 5).verb, at(23, 2, 5).after })
    assert.same({ "retry", 21 * HOUR }, { at(5, 2, 5).verb, at(5, 2, 5).after })
  end)

  it("objects to nothing inside", function()
    assert.equal("nothing", at(2, 2, 5).verb)
    assert.equal("nothing", at(4, 2, 5).verb)
  end)

  it("may span midnight", function()
    assert.equal("nothing", at(23, 22, 4).verb)
    assert.equal("nothing", at(3, 22, 4).verb)
    assert.equal("retry", at(12, 22, 4).verb)
  end)
end)

describe("policy pinned_release", function()
  local shipped <const> = open("pinned_release", { manifest = "m", sequence_number = 2 })

  local function plan(manifest, sequence_number)
    return shipped:decide("plan", {
      tc_list = { { component_id = "agent" }, { component_id = "a", manifest = manifest, sequence_number = sequence_number } },
    })
  end

  it("wants to be told which release", function()
    local opened <const>, _, code = policy.open { path = "pinned_release", isolation = "trusted" }
    assert.is_nil(opened)
    assert.equal("config_invalid", code)
  end)

  it("installs that release on devices with another one or none", function()
    for _, decision in ipairs { plan("m", 1), plan("other", 2), plan() } do
      assert.equal("update", decision.verb)
      assert.same({ { id = "m", sequence_number = 2 } }, decision.install)
    end
  end)

  it("leaves devices alone that run it", function() assert.equal("nothing", plan("m", 2).verb) end)

  it("asks for trusted components and accepts what comes of it", function()
    assert.is_true(shipped:decide("query", {}).trusted_components)
    assert.equal("accept", shipped:decide("settle", {}).verb)
  end)
end)
