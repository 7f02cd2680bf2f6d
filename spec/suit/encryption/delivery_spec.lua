local crypto <const> = require "teep.crypto"
local encryption <const> = require "teep.suit.encryption"
local examples <const> = require "fixtures.suit_encryption"
local raw <const> = require "fixtures.suit_raw"
local secrets <const> = require "fixtures.suit_secrets"
local suit <const> = require "teep.suit"

local by_write <const>, by_copy <const>, plaintext <const> = secrets.by_write, secrets.by_copy, secrets.plaintext

describe("encrypted payloads", function()
  local sim

  before_each(function() sim = secrets.new() end)
  after_each(function() sim:close() end)

  for _, algorithm in ipairs(encryption.algorithms) do
    it("reach the component by write and by copy, with " .. algorithm .. " (S-090, S-094, S-095)", function()
      for _, recipients in ipairs{ { sim:public() }, { examples.kek }, { examples.device, examples.kek, sim:public() } } do
        local made <const> = sim:secret(algorithm, recipients)
        assert.is_nil(made.ciphertext:find(plaintext, 1, true))
        for _, envelope in ipairs{ by_write(made), by_copy(made) } do
          sim:reveals(envelope)
          assert.is_true(sim:holds_plaintext())
        end
      end
    end)
  end

  it("have a key and an IV of their own each time (S-090, S-095)", function()
    local first <const>, second <const> = sim:secret "A128CTR", sim:secret "A128CTR"
    assert.not_equal(first.ciphertext, second.ciphertext)
    assert.not_equal(first.info, second.info)
  end)

  it("may be empty", function()
    for _, algorithm in ipairs{ "A128GCM", "A128CTR" } do
      sim:reveals(by_write(sim:secret(algorithm, nil, ""), ""), "")
    end
  end)

  it("are described by set-parameters and in a shared sequence as well (S-090, P-07)", function()
    local made <const> = sim:secret "A128GCM"
    sim:reveals(raw.make{
      shared = raw.sequence(19, raw.map{ [18] = made.ciphertext, [19] = made.info }),
      fields = { [20] = raw.sequence(18, 15) },
    })
  end)

  for _, inline in ipairs{ true, false } do
    it("of the author tool are installed by " .. (inline and "write" or "copy") .. " (S-090, S-094)", function()
      local envelope <const> = assert(suit.sign(assert(suit.create{
        manifest_component_id = raw.manifest_id, sequence_number = 1,
        components = { {
          id = raw.component, payload = plaintext, encryption = sim:secret "A128GCM", inline = inline or nil,
          staging = not inline and { "encrypted" } or nil,
          vendor_identifier = raw.device.vendor_identifier, class_identifier = raw.device.class_identifier,
        } },
      }), { key = raw.signer }))
      assert.is_nil(envelope:find(plaintext, 1, true))
      local outcome <const> = sim:reveals(envelope)
      assert.equal(crypto.digest("SHA-256", plaintext), outcome.installed[1].digest)
    end)
  end
end)
