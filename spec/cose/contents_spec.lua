local bytes = require "fixtures.bytes"
local cose = require "teep.cose"
local cose_keys = require "fixtures.cose_keys"
local providers = require "fixtures.providers"

local flip = bytes.flip
local named, new, recipient_of = cose_keys.named, cose_keys.new, cose_keys.recipient_of

local function code_of(_, _, code) return code end

local contents <const> = { "A128GCM", "A192GCM", "A256GCM", "ChaCha20/Poly1305", "A128CTR", "A192CTR", "A256CTR" }
local managements <const> = {
  { "A128KW" }, { "A192KW" }, { "A256KW" }, { "ECDH-ES+HKDF-256", "P-256" },
  { "ECDH-ES+A128KW", "P-256" }, { "ECDH-ES+A192KW", "P-384" }, { "ECDH-ES+A256KW", "P-521" },
  { "ECDH-ES+A128KW", "X25519" },
}

local function describe_content(algorithm, has)
  local is_stream <const> = algorithm:find "CTR" ~= nil

  it("refuses what was changed anywhere, or gives the same plaintext", function()
    local mine <const> = named("A128KW", "mine", ("k"):rep(16))
    local message <const> = assert(cose.encrypt{ recipients = { mine }, algorithm = algorithm, plaintext = "plaintext" })
    local given <const> = { keys = { mine }, algorithms = { algorithm } }
    local survived = 0
    for position = 1, #message do
      for _, mask in ipairs{ 1, 0x20, 0x80, 0xff } do
        local opened <const> = cose.decrypt(flip(message, position, mask), given)
        if opened and not is_stream then
          survived = survived + 1
          assert.are.equal("plaintext", opened.plaintext)
        end
      end
    end
    assert.is_true(survived <= 4) -- only the label of the kid, which nothing protects
  end)

  it("refuses every prefix", function()
    local mine <const> = new(algorithm)
    local message <const> = assert(cose.encrypt0{ key = mine, plaintext = "plaintext" })
    for i = 0, #message - 1 do
      local given <const> = { keys = { mine }, algorithms = { algorithm } }
      assert.are.equal("truncated", code_of(cose.decrypt(message:sub(1, i), given)))
    end
  end)

  it("refuses an algorithm that is not named (D10)", function()
    local mine <const> = new(algorithm)
    local message <const> = assert(cose.encrypt0{ key = mine, plaintext = "p" })
    local others <const> = {}
    for _, other in ipairs(contents) do if other ~= algorithm then others[#others + 1] = other end end
    local function decrypt(algorithms) return cose.decrypt(message, { keys = { mine }, algorithms = algorithms }) end
    assert.are.equal("algorithm_not_allowed", code_of(decrypt{}))
    assert.are.equal("algorithm_not_allowed", code_of(decrypt(others)))
    assert.are.equal("p", assert(decrypt{ algorithm }).plaintext)
  end)

  it("refuses a ciphertext that is missing, or there twice", function()
    local mine <const> = new(algorithm)
    local given <const> = { keys = { mine }, algorithms = { algorithm } }
    local message <const>, ciphertext <const> = cose.encrypt0{ key = mine, plaintext = "p", detached = true }
    assert.are.equal("not_cose", code_of(cose.decrypt(message, given)))
    given.ciphertext = ciphertext
    assert.are.equal("p", assert(cose.decrypt(message, given)).plaintext)
    assert.are.equal("not_cose", code_of(cose.decrypt(cose.encrypt0{ key = mine, plaintext = "p" }, given)))
  end)

  it("uses key and IV once", function()
    local mine, seen = new "A128KW", {}
    for _ = 1, 20 do
      local message <const> = cose.encrypt{ recipients = { mine }, algorithm = algorithm, plaintext = ("\0"):rep(64) }
      assert.is_nil(seen[message:sub(-110)])
      seen[message:sub(-110)] = true
    end
  end)

  for _, management in ipairs(managements) do
    local name <const> = management[1] .. (management[2] and " on " .. management[2] or "")
    if has(management[1]) then
      it("goes to a recipient of " .. name, function()
        local mine <const> = new(management[1], management[2])
        for _, plaintext in ipairs{ "", "p", ("x"):rep(70000) } do
          local message <const> = assert(cose.encrypt{ recipients = { recipient_of(mine) }, algorithm = algorithm,
            plaintext = plaintext, other = "EAT Encryption", party_u = { identity = "tam", nonce = "n" },
            party_v = { other = "o" } })
          local given <const> = { keys = { mine }, algorithms = { algorithm }, other = "EAT Encryption",
            party_u = { identity = "tam", nonce = "n" }, party_v = { other = "o" } }
          assert.are.equal(plaintext, assert(cose.decrypt(message, given)).plaintext)
          given.party_u = { identity = "tam" }
          local opened <const> = cose.decrypt(message, given)
          if mine:can_agree() and not (is_stream and not name:find "KW") then assert.is_nil(opened) end
        end
      end)
    end
  end

  if not is_stream then
    it("protects external_aad", function()
      local mine <const> = new(algorithm)
      local message <const> = assert(cose.encrypt0{ key = mine, plaintext = "p", external_aad = "a" })
      local given <const> = { keys = { mine }, algorithms = { algorithm } }
      assert.are.equal("bad_signature", code_of(cose.decrypt(message, given)))
      given.external_aad = "b"
      assert.are.equal("bad_signature", code_of(cose.decrypt(message, given)))
      given.external_aad = "a"
      assert.are.equal("p", assert(cose.decrypt(message, given)).plaintext)
    end)

    it("tries every direct key", function()
      local mine, other = new(algorithm), new(algorithm)
      local message <const> = assert(cose.encrypt{ recipients = { mine }, algorithm = algorithm, plaintext = "p" })
      local given <const> = { keys = { other, mine }, algorithms = { algorithm } }
      assert.are.equal(mine, assert(cose.decrypt(message, given)).key)
      given.keys = { other }
      assert.are.equal("bad_signature", code_of(cose.decrypt(message, given)))
    end)
  end
end

describe("COSE encryption of contents", function()
  providers.each(function(has)
    for _, algorithm in ipairs(contents) do
      if has(algorithm) then
        describe("and " .. algorithm, function() describe_content(algorithm, has) end)
      end
    end
  end)
end)
