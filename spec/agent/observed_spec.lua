local scene = require "agent.scene"

describe("what a refusal says to the host beside the TEEP Error", function()
  teardown(scene.clean)

  local other_suite <const> = { { { cose_type = 18, algorithm = -35 } } }

  local function refusals(device)
    local codes <const> = {}
    for _, entry in ipairs(device.events) do
      if entry.event == "refused" then table.insert(codes, entry.details.code) end
    end
    return codes
  end

  it("names the version, suite and freshness mechanism it can not do (T-054, T-055, T-057)", function()
    local device <const> = scene.new()
    device:tell(scene.query { versions = { 1, 2 } })
    device:tell(scene.query { supported_teep_cipher_suites = other_suite })
    local query <const> = scene.query {
      data_item_requested = { attestation = true }, challenge = ("n"):rep(16),
      supported_freshness_mechanisms = { "timestamp" },
    }
    query.token = nil
    device:tell(query)
    assert.same({ "unsupported_version", "unsupported_cipher_suite", "freshness_mechanism" }, refusals(device))
  end)

  it("names a repeated Update (T-172)", function()
    local device <const> = scene.new()
    local fields <const> = { type = "update", token = device:token(), manifest_list = { scene.envelope {} } }
    assert.equal("success", device:tell(fields).type)
    assert.equal("error", device:tell(fields).type)
    assert.same({ "repeated_update" }, refusals(device))
  end)
end)
