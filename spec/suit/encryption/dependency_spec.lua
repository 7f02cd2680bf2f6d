local cbor <const> = require "teep.cbor"
local flip <const> = require("fixtures.bytes").flip
local raw <const> = require "fixtures.suit_raw"
local secrets <const> = require "fixtures.suit_secrets"
local tree <const> = require "fixtures.suit_tree"

describe("encrypted payloads", function()
  local sim

  before_each(function() sim = secrets.new() end)
  after_each(function() sim:close() end)

  it("may be dependencies: those are decrypted when they are fetched (P-17)", function()
    local inner <const> = raw.make{ fields = { [5] = raw.array{ "inner" } } }
    local digest <const> = cbor.encode(raw.digest(cbor.encode(cbor.decode(inner):get(3))))
    for _, algorithm in ipairs{ "A128GCM", "A128CTR" } do
      local made <const> = sim:secret(algorithm, nil, inner)
      local function outer(sent)
        return raw.make{
          components = { { "own" } }, shared = false,
          common = { [1] = raw.map{ [1] = raw.map{ [1] = cbor.array{ "inner" } } } },
          fields = { [24] = false,
            [15] = raw.sequence(12, 1, 20, raw.map{ [3] = digest, [19] = made.info, [21] = cbor.text "#d" }, 21, 2, 7, 2),
            [20] = raw.sequence(12, 1, 7, 2, 11, 2) },
          envelope = { members = { ["#0"] = false, ["#d"] = sent } },
        }
      end
      assert.is_false(sim:decrypts(outer(flip(made.ciphertext, 40, 1))).ok)
      assert.is_nil(sim:content(raw.component))
      sim:reveals(outer(made.ciphertext), raw.payload)
      assert(sim:process(raw.make(), { procedure = "uninstall" }).ok)
    end
  end)

  it("are confirmed by a dependency that they decrypt to only where their own digest was stated (S-096)", function()
    local made <const> = sim:secret("A128CTR", nil, tree.child())
    local function copied(digest)
      return tree.parent{
        child = false, members = { ["#c"] = made.ciphertext },
        fields = {
          [15] = raw.sequence(12, 0, 20, raw.map{ [21] = cbor.text "#c", [3] = digest }, 21, 2, 12, 1, 20,
            raw.map{ [3] = tree.digest(tree.child_manifest()), [19] = made.info, [22] = 0 }, 22, 2, 7, 2),
          [20] = raw.sequence(12, 1, 11, 2), [24] = false,
        },
      }
    end
    local given <const> = { decrypt = sim:decrypter(), rules = { lenient_completeness = true } }
    sim:refused("payload_unconfirmed", 4, sim:process(copied(), given))
    local outcome <const> = sim:process(copied(cbor.encode(raw.digest(made.ciphertext))), given)
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(tree.child_content, sim:content(tree.child_component))
  end)
end)
