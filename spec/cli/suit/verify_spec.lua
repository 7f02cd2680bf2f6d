local author <const> = require "cli.suit.author"
local json <const> = require "teep.daemon.json"

describe("teep suit", function()
  local here
  lazy_setup(function() here = author.new() end)
  lazy_teardown(function() here:remove() end)

  describe("verify", function()
    it("says of each block why it is not trusted", function()
      here:works("sign", "hello.unsigned", "--key", "signer.key", "--key", "other.key", "-o", "both")
      here:key("third", "ESP384")
      here:refused(1, "authentication block 2: sign1 ESP256, kid ", "verify", "both", "--key", "third.pub")
      here:refused(1, "hello.unsigned: the authentication wrapper holds no signature", "verify", "hello.unsigned", "--key",
        "signer.pub")
    end)

    it("says it once of a single block, and which option accepts its algorithm", function()
      here:key("long", "ESP384")
      here:works("sign", "hello.unsigned", "--key", "long.key", "-o", "long")
      local code <const>, _, complaint <const> = here:run("verify", "long", "--key", "long.pub")
      assert.equal(1, code)
      assert.matches("^teep: long: [^\n]+ %(%-%-algorithm ESP384 accepts it%)\n$", complaint)
      here:works("verify", "long", "--key", "long.pub", "--algorithm", "ESP384")
      here:refused(1, "no accepted key", "verify", "hello.suit", "--key", "other.pub")
    end)

    it("refuses an algorithm that does not exist, as process does", function()
      here:refused(2, "must be one of 'ESP256'", "verify", "hello.suit", "--key", "signer.pub", "--algorithm", "NOPE")
      here:refused(2, "must be one of 'ESP256'", author.process("hello.suit", "--algorithm", "A128GCM"))
    end)

    it("says which block is by which key", function()
      here:works("sign", "hello.unsigned", "--key", "other.key", "--key", "signer.key", "-o", "both")
      local found <const> = json.decode(here:works("verify", "both", "--key", "signer.pub", "--json"))
      assert.is_false(found.blocks[1].verified)
      assert.equal("signer.pub", found.blocks[2].file)
      assert.matches("authentication block 2: sign1 ESP256, kid %x+: verified with signer.pub",
        here:works("verify", "both", "--key", "signer.pub"))
    end)
  end)
end)
