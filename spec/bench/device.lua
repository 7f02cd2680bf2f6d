-- The device's side of a session made of keys alone: light, so that a load of it measures the TAM.
local component_id <const> = require "teep.component_id"
local cose <const> = require "teep.cose"
local key <const> = require "teep.key"
local message <const> = require "teep.message"
local suit <const> = require "teep.suit"

local device = {}

local V26 <const> = { wire = "v26" }

device.VENDOR, device.CLASS = ("v"):rep(16), ("c"):rep(16)

-- The component every device asks for, as a signed envelope.
function device.envelope(signer)
  return assert(suit.sign(assert(suit.create{
    manifest_component_id = { "hello", "manifest" }, sequence_number = 1, components = { {
      id = { "hello" }, vendor_identifier = device.VENDOR, class_identifier = device.CLASS,
      payload = ("x"):rep(64),
    } },
  }), { key = signer }))
end

local Device <const> = {}
Device.__index = Device

function device.new()
  return setmetatable({ key = assert(key.generate{ algorithm = "ESP256" }) }, Device)
end

function Device:sign(fields)
  return assert(cose.sign1{ key = self.key, payload = assert(message.encode(fields, V26)) })
end

local claims <const> = { component_id = component_id.parse "teep-agent", image_size = 1 }

function Device:query_response(asked)
  return self:sign{
    type = "query-response", token = asked.token, tc_list = { claims },
    requested_tc_list = { { component_id = { "hello" } } },
  }
end

function Device:success(update)
  local manifest <const> = assert(suit.decode(update.manifest_list[1]))
  local report <const> = assert(suit.report({
    ok = true, reason = 0, records = {}, reference = { uri = "", digest = manifest.digest },
  }, { nonce = update.token }))
  return self:sign{ type = "success", token = update.token, suit_reports = { report } }
end

--- What the device answers to a message of the TAM, whose signature it does not check.
function Device:answer(bytes)
  local received <const> = assert(message.decode(assert(cose.parse(bytes)).payload, V26))
  if received.type == "query-request" then return self:query_response(received) end
  assert(received.manifest_list, "the update installs nothing")
  return self:success(received)
end

return device
