local command = require "cli.command"

-- One clear line on standard error, no traceback.
local function complains(pattern, code, arguments)
  local found, output, complaint = command.run(arguments)
  assert.equal(code, found, complaint)
  assert.equal("", output)
  assert.matches("^teep: [^\n]+\n$", complaint)
  assert.is_nil(complaint:find "traceback")
  assert.is_nil(complaint:find "%.lua:%d")
  assert.matches(pattern, complaint, 1, true)
end

local verbs = { "tam", "broker", "request", "unrequest", "status", "manifest", "device", "key", "suit", "inspect" }
local nested = {
  { "key", "generate" }, { "key", "public" }, { "key", "thumbprint" }, { "suit", "create" }, { "suit", "sign" },
  { "suit", "verify" }, { "manifest", "add" }, { "manifest", "list" }, { "manifest", "show" },
  { "manifest", "remove" }, { "device", "list" }, { "device", "show" },
}

describe("the teep command", function()
  local folder
  setup(function() folder = command.folder() end)
  teardown(function() command.remove(folder) end)

  describe("with wrong usage ends with code 2 and says what is wrong:", function()
    local wrong = {
      { "no verb", "a command is required", {} },
      { "an unknown verb", "unknown command 'requst' Did you mean 'request'", { "requst" } },
      { "an unknown option", "unknown option '--colour'", { "status", "--colour" } },
      { "a missing argument", "missing argument 'id'", { "request" } },
      { "too many arguments", "too many arguments", { "request", "a", "b" } },
      { "an option without value", "option '--config' requires an argument", { "tam", "--config" } },
      { "a missing option", "missing option '--config'", { "tam" } },
      { "a missing action", "a command is required", { "key" } },
      { "an unknown algorithm", "must be one of 'ESP256', 'ESP384', 'ESP512', 'Ed25519'",
        { "key", "generate", "--algorithm", "RSA", "-o", "x" } },
      { "no daemon to talk to", "which daemon?", { "status", before = "env -u TEEP_CONFIG" } },
      { "no key to show", "give a key file or --config", { "key", "public" } },
      { "two keys to show", "can not be used together", { "key", "public", "a", "--config", "b" } },
      { "an identifier that is none", "component identifier", { "request", "a b", "--socket", "x" } },
      { "no device to show", "an empty identifier names nothing", { "device", "show", "", "--socket", "x" } },
      { "no manifest to show", "an empty identifier names nothing", { "manifest", "show", "", "--socket", "x" } },
      { "a UUID that is none", "want a UUID", { "suit", "create", "--vendor", "x" } },
      { "a number that is none", "want a whole number", { "suit", "create", "--sequence-number", "1.5" } },
    }
    for _, case in ipairs(wrong) do
      it(case[1], function() complains(case[2], 2, case[3]) end)
    end

    it("and names the verb whose help explains it", function()
      complains('(see "teep suit create --help")', 2, { "suit", "create", "--component", "a" })
    end)
  end)

  describe("when it cannot do what was asked ends with code 1 and says why:", function()
    local path = "/nonexistent/file"
    local failing = {
      { "a missing configuration", path .. ": No such file", { "tam", "--config", path } },
      { "a missing configuration of a client", path .. ": No such file", { "status", "--config", path } },
      { "a missing key file", path .. ": No such file", { "key", "thumbprint", path } },
      { "a missing envelope", path .. ": No such file", { "inspect", path } },
      { "a folder in place of a file", "/tmp", { "inspect", "/tmp" } },
      { "a socket nobody listens at", "no daemon answers at " .. path, { "status", "--socket", path } },
      { "an output folder that is absent", path .. ": No such file",
        { "key", "generate", "--algorithm", "ESP256", "-o", path } },
    }
    for _, case in ipairs(failing) do
      it(case[1], function() complains(case[2], 1, case[3]) end)
    end

    it("the configuration named in the environment is missing", function()
      complains("/nonexistent/env.lua", 1, { "status", before = "TEEP_CONFIG=/nonexistent/env.lua" })
    end)

    it("standard output takes no more", function()
      local full = "exec > /dev/full;"
      assert.equal(0, (command.run{ "key", "generate", "--algorithm", "ESP256", "-o", "some.key", folder = folder }))
      complains("standard output: No space left", 1, { "key", "thumbprint", "some.key", folder = folder, before = full })
      complains("standard output: No space left", 1, { "key", "public", "some.key", "-o", "-", folder = folder, before = full })
      complains("standard output: No space left", 1, { "inspect", "some.key", folder = folder, before = full })
    end)

    it("a file that cannot be read", function()
      local file = command.write(folder .. "/closed", "x")
      os.execute("chmod 000 " .. file)
      local reads_all = io.open(file)
      -- Root without capabilities is an owner like any other, and still reaches a checkout.
      local before = reads_all and "setpriv --bounding-set=-all --inh-caps=-all" or nil
      complains("Permission denied", 1, { "inspect", file, before = before })
    end)
  end)

  describe("explains itself:", function()
    it("teep --help names every verb and the first steps", function()
      local code, output = command.run{ "--help" }
      assert.equal(0, code)
      for _, verb in ipairs(verbs) do assert.matches("\n   " .. verb .. " +%l", output) end
      assert.matches("First steps:", output)
      assert.matches("Exit codes:", output)
    end)

    it("teep --version tells the version", function()
      local code, output = command.run{ "--version" }
      assert.equal(0, code)
      assert.matches("^teep %d+%.%d+%.%d+\n$", output)
    end)

    for _, verb in ipairs(verbs) do
      it("teep " .. verb .. " --help has a description and an example", function()
        local code, output = command.run{ verb, "--help" }
        assert.equal(0, code)
        assert.matches("^Usage: teep " .. verb, output)
        assert.matches("Example:\n  [^\n]*teep " .. verb, output)
      end)
    end

    for _, words in ipairs(nested) do
      local name = table.concat(words, " ")
      it("teep " .. name .. " --help has an example", function()
        local code, output = command.run{ words[1], words[2], "--help" }
        assert.equal(0, code)
        assert.matches("^Usage: teep " .. name, output)
        assert.matches("Example:\n  teep " .. name, output)
      end)
    end
  end)
end)
