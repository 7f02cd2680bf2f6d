local outcome <const> = require "agent.outcome"
local policy <const> = require "teep.policy"
local scene <const> = require "agent.scene"

local succeeded <const>, failed <const>, unchanged <const> = outcome.succeeded, outcome.failed, outcome.unchanged

describe("teep.agent.update", function()
  teardown(scene.clean)

  local LIB_SUIT <const> = { "lib.suit" }

  describe("under a policy", function()
    local function ask(body)
      local path = scene.folder() .. "/policy.lua"
      local file = assert(io.open(path, "w"))
      file:write(([[return { api = 1, name = "p", version = "1", summary = "s",
        consider = function(facts) %s end }]]):format(body))
      file:close()
      local device = scene.new { policy = assert(policy.open { path = path, isolation = "trusted" }) }
      return device, function() return device:update({ scene.envelope {} }, { unneeded_manifest_list = { LIB_SUIT } }) end
    end

    for name, case in pairs {
      deny = { 'return deny { reason = "not now" }', "permanent_error", "not now" },
      retry = { 'return retry { after = 5 }', "temporary_error" },
      ["no verb"] = { "return nil", "permanent_error" },
      ["a broken policy"] = { 'error "oops"', "permanent_error", "oops" },
    } do
      it("does nothing on " .. name, function()
        local device, update = ask(case[1])
        unchanged(device, function() failed(update(), case[2], case[3]) end)
        assert.equal("consider", device:event("decision").point)
      end)
    end

    it("shows it verified facts", function()
      local device, update = ask [[
        local manifest = facts.manifests[1]
        if manifest.manifest_component_id == "app.suit" and manifest.sequence_number == 1
          and manifest.components[1] == "app" and #facts.manifests == 1 and facts.tam.uri
          and facts.unneeded_manifest_list[1] == "lib.suit" then return accept() end]]
      succeeded(update())
      assert.equal("accept", device:event("decision").verb)
    end)
  end)
end)
