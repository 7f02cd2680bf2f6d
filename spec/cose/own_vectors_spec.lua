-- Messages by another implementation, for what has no public vectors: spec/fixtures/cose_vectors.py made them.
local bytes = require "fixtures.bytes"
local cose = require "teep.cose"
local key = require "teep.key"
local message = require "teep.message"
local providers = require "fixtures.providers"
local vectors = require "fixtures.cose_vectors"

local unhex <const> = bytes.unhex

local curves <const> = { esp384 = "ESP384", esp512 = "ESP512", esp256 = "ESP256", ed25519 = "Ed25519" }

local function load(name) return assert(key.load(unhex(vectors.keys[name]))) end

local function public(name) return assert(key.load(load(name):public())) end

describe("messages by another implementation, with", function()
  providers.each(function(has)
    for _, vector in ipairs(vectors.sign1) do
      local algorithm <const> = curves[vector.key]
      if has(algorithm) then
        it(("verifies %s signed with %s (T-008, T-010)"):format(vector.name, algorithm), function()
          local signed <const> = unhex(vector.message)
          local verified <const> = assert(cose.verify(signed, {
            keys = { public(vector.key) }, algorithms = { algorithm }, tagged = true,
          }))
          assert.are.equal(unhex(vector.payload), verified.payload)
          if algorithm == "Ed25519" then
            assert.are.equal(signed, cose.sign1{ key = load(vector.key), payload = unhex(vector.payload) })
          end
        end)
      end
    end

    if has "Ed25519" then
      it("verifies a QueryRequest with both signatures, and each alone (T-106)", function()
        local both <const>, names <const> = { public "esp256", public "ed25519" }, { "ESP256", "Ed25519" }
        local signed <const>, payload <const> = unhex(vectors.sign.message), unhex(vectors.sign.payload)
        local all <const> = { keys = both, algorithms = names, all = true }
        assert.are.equal(payload, assert(cose.verify(signed, all)).payload)
        for i = 1, 2 do
          local one <const> = { keys = { both[i] }, algorithms = { names[i] } }
          assert.are.equal(payload, assert(cose.verify(signed, one)).payload)
        end
      end)
    end

    for _, vector in ipairs(vectors.encrypt) do
      local mine <const> = load(vector.key)
      if has(vector.algorithm) and has(mine:algorithm()) then
        local function given(other)
          return {
            keys = { load(vector.key) }, algorithms = { vector.algorithm }, other = other, tagged = true,
            ciphertext = vector.ciphertext and unhex(vector.ciphertext),
            party_u = vector.party_u and { identity = vector.party_u },
          }
        end

        it("decrypts " .. vector.name .. " (S-093)", function()
          local opened <const> = assert(cose.decrypt(unhex(vector.message), given(vector.other)))
          assert.are.equal(unhex(vector.plaintext), opened.plaintext)
          assert.are.equal(vector.algorithm, opened.algorithm)
        end)

        if vector.other and vector.key ~= "kek" then
          it("does not decrypt " .. vector.name .. " in another context", function()
            for _, other in ipairs{ "", "SUIT", vector.other:lower() } do
              local opened, _, code = cose.decrypt(unhex(vector.message), given(other))
              assert.is_nil(opened)
              assert.are.equal("bad_signature", code)
            end
            assert.is_nil(cose.decrypt(unhex(vector.message), given(nil)))
          end)
        end

        if vector.ciphertext then
          it("decrypts " .. vector.name .. " in pieces", function()
            local stream_options <const> = given(vector.other)
            stream_options.ciphertext = nil
            local stream <const> = assert(cose.decryptor(unhex(vector.message), stream_options))
            local out <const> = {}
            for byte in unhex(vector.ciphertext):gmatch "." do out[#out + 1] = assert(stream:update(byte)) end
            out[#out + 1] = assert(stream:finish())
            assert.are.equal(unhex(vector.plaintext), table.concat(out))
          end)
        end
      end
    end

    for _, vector in ipairs(vectors.mac) do
      if has(load(vector.key):algorithm()) then
        it("checks " .. vector.name, function()
          local checked <const> = assert(cose.verify_mac(unhex(vector.message), {
            keys = { load(vector.key) }, algorithms = { vector.algorithm }, other = vector.other, tagged = true,
          }))
          assert.are.equal(unhex(vector.payload), checked.payload)
        end)
      end
    end
  end)

  it("payloads that are TEEP messages", function()
    local counts <const> = {}
    for _, vector in ipairs(vectors.sign1) do
      if vector.name ~= "payload" and vector.name ~= "query_request" and vector.name ~= "update" then
        counts[assert(message.decode(unhex(vector.payload), { wire = "v26" })).type] = true
      end
    end
    assert.are.same({ ["query-response"] = true, success = true, error = true }, counts)
  end)
end)
