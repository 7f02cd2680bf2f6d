local author <const> = require "cli.suit.author"

describe("teep suit", function()
  local here
  lazy_setup(function() here = author.new() end)
  lazy_teardown(function() here:remove() end)

  describe("strip", function()
    it("refuses to take out what is not there", function()
      here:refused(1, "envelope.install: absent", "strip", "hello.suit", "--severed", "install", "-o", "x")
      here:refused(2, "must be one of", "strip", "hello.suit", "--severed", "uninstall", "-o", "x")
    end)

    it("takes out payloads or severed sections, and leaves the signature valid (S-032)", function()
      here:works("strip", "hello.suit", "-o", "bare")
      assert.is_nil(here:read("bare"):find("payload", 1, true))
      here:works("strip", "hello.suit", "--severed", "text", "-o", "silent")
      assert.is_nil(here:read("silent"):find("Says hello", 1, true))
      assert.matches("severed text: taken out", here:works("inspect", "silent"), 1, true)
      for _, name in ipairs{ "bare", "silent" } do here:works("verify", name, "--key", "signer.pub") end
    end)
  end)
end)
