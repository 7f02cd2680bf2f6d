-- The SUIT examples of the TEEP draft, byte for byte.
local device <const> = require "fixtures.suit_device"
local suit <const> = require "teep.suit"
local vectors <const> = require "fixtures.suit_vectors"

local function verify(bytes, algorithm)
  return suit.verify(bytes, { keys = { vectors.signer(algorithm) }, algorithms = { algorithm or "ESP256" } })
end

-- A spec that needs an example: pending, with the reason, when the folder is absent.
local function with_example(name, description, fn)
  local bytes <const> = vectors.example(name)
  if not bytes then return pending(description .. " - " .. vectors.absent) end
  it(description, function() fn(bytes) end)
end

describe("examples of the TEEP draft", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  local function run(verified, options)
    options = options or {}
    options.device = vectors.device
    return sim:run(verified, options)
  end

  with_example("suit_integrated", "suit_integrated is refused when any bit of it is flipped (S-001)", function(bytes)
    for at = 1, #bytes do
      local flipped <const> = string.char(bytes:byte(at) ~ (1 << (at % 8)))
      local verified <const> = verify(bytes:sub(1, at - 1) .. flipped .. bytes:sub(at + 1))
      assert.is_false(verified ~= nil and run(verified).ok, "byte " .. at)
    end
  end)

  with_example("suit_integrated", "suit_integrated installs its payload (P-27)", function(bytes)
    local verified <const> = assert(verify(bytes))
    assert.equal("CEDB0457952F7DD0A33FA4692F73BC833A6A6E2300B16F6605993F0192E3F219",
      (verified.digest.bytes:gsub(".", function(c) return ("%02X"):format(c:byte()) end)))
    assert.equal(3, verified.sequence_number)
    local outcome <const> = run(verified)
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(vectors.payload, sim:content(vectors.component))
    assert.is_true(run(verified, { procedure = "uninstall" }).ok)
    assert.is_nil(sim:content(vectors.component))
  end)

  with_example("suit_integrated", "suit_integrated is refused by a device of another vendor (S-044)", function(bytes)
    local outcome <const> = sim:run(assert(verify(bytes)))
    assert.equal("condition_failed", outcome.code)
    assert.is_nil(sim:content(vectors.component))
  end)

  with_example("suit_uri", "suit_uri installs what is at its URI", function(bytes)
    local name <const> = "8d82573a-926d-4754-9353-32dc29997f74.ta"
    local function fetch(uri, _, sink)
      assert.equal("https://example.org/" .. name, uri)
      return sink(vectors.file(name))
    end
    local outcome <const> = run(assert(verify(bytes)), { fetch = fetch })
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(vectors.payload, sim:content(vectors.component))
  end)

  with_example("suit_personalization", "suit_personalization is refused where nothing decrypts", function(bytes)
    local verified <const> = assert(verify(bytes))
    assert.same({ "TEEP-Device", "SecureFS", "config.suit" }, verified.manifest_component_id)
    assert.equal("parameter_unsupported", run(verified).code)
  end)

  -- Its labels are those of an outdated draft: install was 9, which is invoke today. What it holds is no
  -- Update at all, and must not end in Success.
  with_example("update", "the envelope inside update is refused: nothing_to_do (P-23, A-20)", function(bytes)
    local envelope <const> = bytes:sub(-334)
    assert.is_nil((verify(envelope)))
    local outcome <const> = run(assert(verify(envelope, "ES256")))
    assert.equal("nothing_to_do", outcome.code)
    assert.equal(5, outcome.reason)
  end)
end)
