local author <const> = require "cli.suit.author"
local suit <const> = require "teep.suit"

describe("teep suit", function()
  local here
  lazy_setup(function() here = author.new() end)
  lazy_teardown(function() here:remove() end)

  describe("sign", function()
    it("refuses a key that is missing or public, and an envelope that is truncated", function()
      here:refused(2, "--key", "sign", "hello.unsigned", "-o", "x")
      here:refused(1, "missing.key: No such file", "sign", "hello.unsigned", "--key", "missing.key", "-o", "x")
      here:refused(1, "signer.pub: is a public key", "sign", "hello.unsigned", "--key", "signer.pub", "-o", "x")
      here:write("short", here:read("hello.unsigned"):sub(1, -2))
      here:refused(1, "short: envelope: ", "sign", "short", "--key", "signer.key", "-o", "x")
      assert.is_nil(here:read "x")
    end)

    it("names the key that does not sign", function()
      here:teep("key", "generate", "--algorithm", "A128KW", "-o", "wrap.key")
      here:refused(1, "wrap.key: ", "sign", "hello.unsigned", "--key", "signer.key", "--key", "wrap.key", "-o", "x")
      assert.is_nil(here:read "x")
    end)

    it("never replaces a key by an envelope, the envelope itself where asked to", function()
      local before <const> = here:read "signer.key"
      here:refused(2, "signer.key is what this is made of", "sign", "hello.unsigned", "--key", "signer.key", "-o", "signer.key")
      assert.equal(before, here:read "signer.key")
      here:write("here", here:read "hello.unsigned")
      here:works("sign", "here", "--key", "signer.key", "-o", "here")
      here:works("verify", "here", "--key", "signer.pub")
    end)

    it("adds a block for each key", function()
      here:works("sign", "hello.unsigned", "--key", "signer.key", "--key", "other.key", "-o", "both")
      assert.equal(2, #suit.decode(here:read "both").blocks)
    end)
  end)
end)
