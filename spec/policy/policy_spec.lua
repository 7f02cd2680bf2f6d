local policy <const> = require "teep.policy"
local scripts <const> = require "policy.scripts"

describe("teep.policy", function()
  after_each(scripts.remove)

  local function open(fields, config)
    return policy.open { path = scripts.policy(fields), config = config, isolation = "trusted" }
  end

  local function refused(expected, opened, message, code)
    assert.is_nil(opened)
    assert.equal(expected, code, message)
    return message
  end

  describe("open", function()
    it("wants the isolation named: trusted, and nothing else yet", function()
      for _, isolation in ipairs { "worker", "", 1 } do
        assert.matches("trusted", refused("config_invalid", policy.open { path = "x", isolation = isolation }))
      end
      refused("config_invalid", policy.open { path = "install_on_request" })
    end)

    it("throws at unknown option names", function()
      assert.error_matches(function() policy.open { pth = "x" } end, "pth")
    end)

    it("wants either path or paths", function()
      refused("config_invalid", policy.open { isolation = "trusted" })
      refused("config_invalid", policy.open { isolation = "trusted", paths = {} })
      refused("config_invalid", policy.open { isolation = "trusted", path = "a", paths = { "b" } })
    end)

    it("refuses headers that are incomplete or misspelt", function()
      for _, source in ipairs {
        'return {}',
        'return { api = 2, name = "a", version = "1", summary = "s" }',
        'return { api = 1, version = "1", summary = "s" }',
        'return { api = 1, name = "a", summary = "s" }',
        'return { api = 1, name = "a", version = "1" }',
        'return { api = 1, name = 5, version = "1", summary = "s" }',
        'return { api = 1, name = "a", version = "1", summary = "s", plam = function() end }',
        'return { api = 1, name = "a", version = "1", summary = "s", plan = true }',
      } do
        refused("policy_failed", policy.open { path = scripts.write(source), isolation = "trusted" })
      end
    end)

    it("refuses the same policy twice", function()
      refused("config_invalid",
        policy.open { paths = { "install_on_request", "install_on_request" }, isolation = "trusted" })
    end)

    it("passes on why a file cannot be loaded", function()
      refused("not_found", policy.open { path = "no_such_policy", isolation = "trusted" })
    end)
  end)

  describe("config", function()
    local declared <const> = [[config = {
      name = { type = "string" }, count = { type = "integer", default = 3 },
      on = { type = "boolean", default = false }, ids = { type = "list", default = { "a" } } },
      query = function(facts, config)
        return deny { reason = config.name .. config.count .. tostring(config.on) .. #config.ids }
      end]]

    it("refuses unknown settings, wrong types and missing ones", function()
      for _, given in ipairs {
        {}, { name = 5 }, { name = "x", cuont = 1 }, { name = "x", count = 1.5 }, { name = "x", on = 1 },
        { name = "x", ids = "a" }, { name = "x", ids = { a = 1 } }, { name = "x", ids = { {} } },
      } do
        refused("config_invalid", open(declared, { sample = given }))
      end
    end)

    it("refuses settings of policies that are not loaded, and what is no table", function()
      refused("config_invalid", open("", { other = {} }))
      refused("config_invalid", open("", { sample = "x" }))
    end)

    it("refuses broken declarations", function()
      refused("config_invalid", open('config = { a = { type = "float" } }'))
      refused("config_invalid", open('config = { a = "string" }'))
      refused("config_invalid", open('config = { a = { type = "integer", default = "1" } }'))
    end)

    it("hands values and defaults to the functions, read-only", function()
      local opened <const> = assert(open(declared, { sample = { name = "x", on = true } }))
      assert.equal("x3true1", opened:decide("query", {}).reason)
      local writes <const> = assert(open('query = function(_, config) config.a = 1 end'))
      refused("policy_failed", writes:decide("query", {}))
    end)
  end)

  describe("decide", function()
    local function decide(point, body, facts)
      return assert(open(point .. " = function(facts) " .. body .. " end")):decide(point, facts or {})
    end

    it("throws at a point that does not exist", function()
      local opened <const> = assert(open(""))
      assert.has_error(function() opened:decide("plam", {}) end)
    end)

    it("denies when there is no verb and when no policy has the point", function()
      assert.equal("deny", decide("plan", "").verb)
      assert.equal("deny", assert(open("")):decide("plan", {}).verb)
    end)

    it("fails when the policy throws", function()
      local message <const> = refused("policy_failed", decide("plan", "return facts.tc_list[1]"))
      assert.matches("sample.plan", message)
    end)

    it("fails at verbs of other points", function()
      for point, verb in pairs {
        query = "update {}", plan = "accept()", settle = "update {}", consider = "quarantine()",
      } do
        refused("policy_failed", decide(point, "return " .. verb))
      end
    end)

    it("fails at verbs with wrong arguments, called or forged", function()
      for _, body in ipairs {
        "update { instal = {} }", "update { install = 'x' }", "update { install = { a = 1 } }", "update 'x'",
        "retry { after = -1 }", "retry { after = 1.5 }", "deny { reason = 5 }",
        "{ verb = 'update', instal = {} }", "{ verb = 'shutdown' }", "{}", "true", "{ verb = {} }",
        "update { install = { print or tostring } }",
      } do
        refused("policy_failed", decide("plan", "return " .. body))
      end
    end)

    it("stops a policy that never ends (D27)", function()
      assert.matches("instructions", refused("policy_failed", decide("plan", "while true do end")))
    end)

    it("keeps the facts from the policy's hands (D27)", function()
      local facts <const> = { tc_list = { { component_id = "a" } } }
      refused("policy_failed", decide("plan", "facts.tc_list[1].component_id = 'b'", facts))
      assert.equal("a", facts.tc_list[1].component_id)
    end)

    it("returns the verb as plain data with the name of the policy", function()
      local decision <const> = decide("plan", "return update { remove = facts.unneeded, install = {} }",
        { unneeded = { "a", "b" } })
      assert.same({ verb = "update", policy = "sample", remove = { "a", "b" }, install = {} }, decision)
      assert.is_nil(getmetatable(decision.remove))
    end)
  end)

  describe("several policies", function()
    local function file(name, verb)
      return scripts.write(('return { api = 1, name = "%s", version = "1", summary = "s", plan = function() %s end }')
        :format(name, verb))
    end

    local function decide(...)
      local paths <const> = {}
      for i, verb in ipairs { ... } do paths[i] = file("p" .. i, verb) end
      return assert(policy.open { paths = paths, isolation = "trusted" }):decide("plan", {})
    end

    it("let the first deny win, wherever it stands", function()
      local decision <const> = decide("return update {}", "return deny { reason = 'a' }", "return deny { reason = 'b' }")
      assert.same({ "deny", "a", "p2" }, { decision.verb, decision.reason, decision.policy })
    end)

    it("let the first verb win that is not neutral", function()
      assert.equal("p2", decide("return nothing()", "return retry()", "return update {}").policy)
      assert.equal("nothing", decide("return nothing()", "return nothing()").verb)
    end)

    it("skip the ones without the point", function()
      local paths <const> = { file("p1", "return update {}"), scripts.policy "" }
      local opened <const> = assert(policy.open { paths = paths, isolation = "trusted" })
      assert.equal("update", opened:decide("plan", {}).verb)
    end)

    it("fail when one of them fails", function()
      refused("policy_failed", decide("return update {}", "error('x')"))
    end)
  end)
end)
