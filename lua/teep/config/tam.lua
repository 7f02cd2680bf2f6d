--- Settings of a TAM, see examples/demo for a complete file.
-- @module teep.config.tam
local check <const> = require "teep.config.check"
local setup <const> = require "teep.tam.setup"
local shared <const> = require "teep.config.shared"

local listen <const> = {
  type = "record",
  required = true,
  fields = {
    address = { type = "string", default = "127.0.0.1" },
    port = { type = "integer", max = 65535, required = true }, -- 0: any free port, told when ready
    path = { type = "string", pattern = "^/[^%s?#]*$", hint = "a path like /teep", default = "/teep" },
    tls = {
      type = "record",
      fields = {
        certificate = { type = "path", required = true }, -- PEM, with those of intermediate authorities
        key = { type = "path", required = true },
      },
    },
  },
}

local policy <const> = {
  type = "record",
  fields = {
    path = { type = "custom", check = shared.script.check, required = true },
    config = { type = "data", default = {} },
  },
}

local limits <const> = { type = "record", fields = {}, default = {} }
for name in pairs(setup.limits) do limits.fields[name] = { type = "integer", min = 1 } end

return {
  type = "record",
  fields = {
    listen = listen,
    admin_socket = shared.admin_socket,
    store = {
      type = "custom",
      required = true,
      check = function(value, context)
        if value == "memory:" then return value end
        local path = type(value) == "string" and value:match("^sqlite:(.+)$")
        if not path then return nil, 'want "sqlite:PATH" or "memory:"' end
        return "sqlite:" .. check.resolve(path, context.folder)
      end,
    },
    keys = { type = "list", of = { type = "path" }, min = 1, required = true },
    trust = shared.trust("agents", "signers"),
    policies = { type = "list", of = policy, min = 1, required = true },
    providers = shared.providers,
    wire = shared.wire,
    limits = limits,
    messages = shared.messages,
    log = shared.log,
  },
}
