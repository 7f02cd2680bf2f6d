local author <const> = require "cli.suit.author"

describe("teep suit", function()
  local here
  lazy_setup(function() here = author.new() end)
  lazy_teardown(function() here:remove() end)

  describe("encrypt", function()
    local function encrypt(recipient, output, info)
      return "encrypt", "hello.bin", "--recipient", recipient, "-o", output, "--info", info
    end

    it("refuses a recipient that is missing or signs, and a disk that is full", function()
      here:refused(1, "missing.pub: No such file", encrypt("missing.pub", "x", "y"))
      here:refused(1, "signer.pub: encryption: ", encrypt("signer.pub", "x", "y"))
      here:refused(2, "-o and --info are the same file", encrypt("signer.pub", "x", "x"))
      here:teep("key", "generate", "--algorithm", "A128KW", "-o", "shared.key")
      here:refused(2, "hello.bin is what this is made of", encrypt("shared.key", "hello.bin", "y"))
      here:refused(2, "hello.bin is what this is made of", encrypt("shared.key", "z", "hello.bin"))
      assert.equal("payload", here:read "hello.bin")
      assert.is_nil(here:read "x")
      here:refused(1, "/dev/full", encrypt("shared.key", "/dev/full", "y"))
      assert.is_nil(here:read "y")
      here:refused(1, "x is new and of no use without it", encrypt("shared.key", "x", "/dev/full"))
      here:refused(2, "--info", "encrypt", "hello.bin", "--recipient", "shared.key", "-o", "x")
    end)
  end)
end)
