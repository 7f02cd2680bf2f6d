--- Settings of a device: its TEE driver, TEEP Agent and TEEP Broker, see examples/demo for a complete file.
-- @module teep.config.device
local broker <const> = require "teep.broker"
local component_id <const> = require "teep.component_id"
local shared <const> = require "teep.config.shared"
local suit_limits <const> = require "teep.suit.limits"
local suit_rules <const> = require "teep.suit.rules"
local uri <const> = require "teep.transport.uri"

local driver <const> = {
  type = "record",
  required = true,
  fields = {
    name = { type = "string", pattern = "^[%w_%-]+$", hint = "a driver name like sim", required = true },
    path = { type = "path" },
  },
}

local device <const> = {
  type = "record",
  required = true,
  fields = {
    vendor_identifier = { type = "uuid", required = true },
    class_identifier = { type = "uuid", required = true },
  },
}

local tam_uri <const> = {
  type = "custom",
  required = true,
  check = function(value)
    if type(value) ~= "string" then return nil, "want a TAM URI like ws://host:port/teep" end
    local parsed, message = uri.parse(value)
    return parsed and value, message
  end,
}

-- Payloads by URI.
local fetch <const> = {
  type = "record",
  default = {},
  fields = {
    schemes = {
      type = "list", of = { type = "enum", values = { "https", "http" } }, default = { "https" },
    },
    size = { type = "integer", min = 1, max = 1 << 40, default = broker.limits.fetch_size }, -- bytes
    attempts = { type = "integer", min = 1, default = broker.limits.fetch_attempts },
    time = { type = "integer", min = 1, max = 31536000, default = broker.limits.fetch_time }, -- seconds
  },
}

-- Whom to believe that a server is who it says, of TAMs and payloads; the system's authorities otherwise.
local tls <const> = { type = "record", fields = { authorities = { type = "path", required = true } } }

-- Choices of the manifest processor, see docs/suit.md; strict when empty.
local rules <const> = { type = "record", default = {}, fields = {} }
for name in pairs(suit_rules.names) do rules.fields[name] = { type = "boolean" } end

-- What a manifest may ask of the device, see docs/suit.md; what is not set is as in teep.suit.limits.
local bounds <const> = { type = "record", default = {}, fields = {} }
for name in pairs(suit_limits.defaults) do
  bounds.fields[name] = { type = "integer", min = 0, max = 1 << 40 }
end

-- A list of identifiers that others begin with; "%" is the beginning of all.
local prefixes <const> = {
  type = "list",
  of = {
    type = "custom",
    check = function(value)
      if type(value) == "string" and value ~= "" then return component_id.parse(value) end
      return nil, "want a component identifier like hello/data"
    end,
  },
}

-- Codes of SUIT commands or labels of SUIT parameters.
local numbers <const> = { type = "list", of = { type = "integer", max = 65535 } }

-- What each signer may do (draft-ietf-suit-manifest section 9), see docs/suit.md; without it, everything.
local rights <const> = {
  type = "list",
  of = {
    type = "record",
    fields = {
      signer = { type = "path", required = true }, -- one of trust.signers
      modify = prefixes, read = prefixes, commands = numbers, parameters = numbers,
    },
  },
}

-- How SUIT Reports are protected, beyond the signature of the message: plain when empty.
local reports <const> = {
  type = "record",
  default = {},
  fields = {
    sign = { type = "boolean" },
    recipients = { type = "list", of = { type = "path" }, min = 1 }, -- public keys of TAMs
    algorithm = {
      type = "enum", values = { "A128GCM", "A128CTR", "ChaCha20/Poly1305" },
    },
  },
}

return {
  type = "record",
  fields = {
    driver = driver,
    device = device,
    trust = shared.trust("tams", "signers"),
    rights = rights,
    rules = rules,
    suit_limits = bounds,
    reports = reports,
    decryption_keys = shared.key_files, -- that payloads may be encrypted to, besides the key in the TEE
    tam_uri = tam_uri,
    tls = tls,
    fetch = fetch,
    flow = shared.script,
    admin_socket = shared.admin_socket,
    providers = shared.providers,
    wire = shared.wire,
    messages = shared.messages,
    log = shared.log,
    check_interval = { type = "integer", min = 1, max = 31536000 }, -- seconds between policy checks
  },
}
