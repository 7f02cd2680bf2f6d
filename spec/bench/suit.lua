-- Verifying and processing manifests, with a back end that does nothing: example 0 of the manifest draft and an
-- install from a URI as in the TEEP draft, both made here to the same shape, so that the bench needs no file.
local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local measure <const> = require "bench.measure"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local URI <const> = "https://example.org/8d82573a-926d-4754-9353-32dc29997f74.ta"
local TRUST <const> = { keys = raw.trusted }

local function example0()
  return raw.make{
    components = { { "\0" } }, fields = {
      [2] = 0, [5] = false, [20] = false, [24] = false, [7] = raw.sequence(3, 15), [9] = raw.sequence(23, 2),
    }, envelope = { members = { ["#0"] = false }, tagged = true },
  }
end

local function from_uri()
  local id <const> = ("\x8D"):rep(16)
  return raw.make{
    components = { { "TEEP-Device", "SecureFS", id, "ta" } }, fields = {
      [2] = 3, [5] = raw.array{ "TEEP-Device", "SecureFS", id, "suit" },
      [20] = raw.sequence(20, raw.map{ [21] = cbor.text(URI) }, 21, 15, 3, 15), [24] = raw.sequence(33, 15),
    }, envelope = { members = { ["#0"] = false } },
  }
end

-- Everything is there, stored and removed without doing anything.
local function idle()
  local found <const> = {
    size = #raw.payload, digest = crypto.digest("SHA-256", raw.payload), digest_algorithm = "SHA-256",
  }
  local function done() return true end
  local slot <const> = { write = done, finish = function() return found end }
  local txn <const> = { stage = function() return slot end, remove = done }
  return { procedure = "update", driver = { probe = function() return found end }, txn = txn, device = raw.device,
    fetch = done }
end

local function procedure(envelope)
  local given <const> = idle()
  return function(seconds)
    return measure.calls(function()
      local outcome <const> = suit.process(assert(suit.verify(envelope, TRUST)), given)
      assert(outcome.ok, outcome.message)
    end, seconds)
  end
end

return function()
  local payload <const> = raw.payload_of(raw.manifest())
  local block <const> = raw.block(payload)
  return {
    { name = "COSE_Sign1 verify, ESP256", run = function(seconds)
      local given <const> = { keys = raw.trusted, algorithms = { "ESP256" }, payload = payload }
      return measure.calls(function() assert(cose.verify(block, given)) end, seconds)
    end },
    { name = "suit example 0", baseline = "COSE_Sign1 verify, ESP256", run = procedure(example0()) },
    { name = "suit from URI", baseline = "COSE_Sign1 verify, ESP256", run = procedure(from_uri()) },
  }
end
