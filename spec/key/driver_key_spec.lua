local driver = require "teep.driver"
local has_failed = require "has_failed"
local key = require "teep.key"
local sim = require "driver.sim"

describe("a key agreement key in a TEE driver", function()
  local options, tee
  before_each(function()
    options = sim.options()
    tee = assert(driver.open(options))
  end)
  after_each(function()
    tee:close()
    sim.remove()
  end)

  it("is refused for symmetric algorithms, and leaves nothing behind", function()
    has_failed("unsupported_algorithm", tee:key("kek", "A128KW"))
    assert.is_true(assert(tee:key("kek", "ECDH-ES+A128KW")):can_agree())
  end)

  it("is refused where it would sign, and a signing key where it would agree", function()
    local peer = assert(key.generate{ algorithm = "ECDH-ES+A128KW" })
    has_failed("wrong_key", assert(tee:key("signer", "ESP256")):agree(peer))
    assert(tee:key("kek", "ECDH-ES+A128KW"))
    has_failed("wrong_key", tee:key("kek", "ESP256"))
  end)

  it("agrees inside the driver, the same after it was opened again", function()
    local peer = assert(key.generate{ algorithm = "ECDH-ES+A128KW" })
    local held = assert(tee:key("kek", "ECDH-ES+A128KW"))
    has_failed("no_private_key", held:private())
    assert.is_false(held:can_sign())
    local shared = assert(held:agree(peer))
    assert.equal(shared, peer:agree(assert(key.load(held:public()))))
    has_failed("bad_key", held:agree(key.generate{ algorithm = "ECDH-ES+A128KW", curve = "P-521" }))
    tee:close()
    has_failed("no_private_key", held:agree(peer))
    tee = assert(driver.open(options))
    assert.equal(shared, tee:key("kek", "ECDH-ES+A128KW"):agree(peer))
  end)
end)
