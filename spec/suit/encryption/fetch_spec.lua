local cbor <const> = require "teep.cbor"
local flip <const> = require("fixtures.bytes").flip
local raw <const> = require "fixtures.suit_raw"
local secrets <const> = require "fixtures.suit_secrets"

local stated <const>, plaintext <const> = secrets.stated, secrets.plaintext

describe("encrypted payloads", function()
  local sim

  before_each(function() sim = secrets.new() end)
  after_each(function() sim:close() end)

  local function by_fetch(made, sent, digest, more)
    local parameters <const> = raw.map{ [3] = digest, [19] = made.info, [21] = cbor.text "#0" }
    return raw.make{ shared = false, fields = { [20] = raw.sequence(20, parameters, 21, 15, more or {}) },
      envelope = { members = { ["#0"] = sent or made.ciphertext } } }
  end

  local function run_on_fetch(envelope)
    return sim:process(envelope, { decrypt = sim:decrypter(), rules = { decrypt_on_fetch = true } })
  end

  it("are fetched as they are: fetch does not decrypt unless the host says so (P-17)", function()
    local made <const> = sim:secret "A128GCM"
    local outcome = sim:decrypts(by_fetch(made, nil, nil, { raw.compared(made.ciphertext) }))
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(made.ciphertext, sim:content(raw.component))
    outcome = run_on_fetch(by_fetch(made))
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(plaintext, sim:content(raw.component))
  end)

  it("that fetch decrypts are refused like any other (P-17, S-096)", function()
    local made <const> = sim:secret "A128GCM"
    sim:refused("operation_failed", 11, run_on_fetch(by_fetch(made, flip(made.ciphertext, 1, 1))))
    local stream <const> = sim:secret "A128CTR"
    sim:refused("parameter_unset", 8, run_on_fetch(by_fetch(stream)))
    sim:refused("operation_failed", 11, run_on_fetch(by_fetch(stream, flip(stream.ciphertext, 1, 1), stated(plaintext))))
    local outcome <const> = run_on_fetch(by_fetch(stream, nil, stated(plaintext)))
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(plaintext, sim:content(raw.component))
  end)
end)
