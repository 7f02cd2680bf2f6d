--- Settings of a TAM, see examples/demo for a complete file.
-- @module teep.config.tam
local check <const> = require "teep.config.check"
local setup <const> = require "teep.tam.setup"
local shared <const> = require "teep.config.shared"

-- What a request leaves as it is: the HTTP layer undoes percent-encoding and tidies dots and slashes up, so
-- that any other path would never be met.
local function is_plain(path)
  return path:find "^/[%w._~!$&'()*+,;=:@/-]*$" and not path:find "//" and not (path .. "/"):find "/%.%.?/"
end

local endpoint <const> = {
  type = "custom",
  default = "/teep",
  check = function(value)
    if type(value) == "string" and is_plain(value) then return value end
    return nil, "want a path like /teep, without escapes"
  end,
}

local listen <const> = {
  type = "record",
  required = true,
  fields = {
    address = {
      type = "string", pattern = "^[%x:]*[.:][%x.:]*%%?[%w_.-]*$",
      hint = "a numeric address like 127.0.0.1 or ::1", default = "127.0.0.1",
    },
    port = { type = "integer", max = 65535, required = true }, -- 0: any free port, told when ready
    path = endpoint,
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
    trust = shared.trust("agents", "signers", "reporters"),
    decryption_keys = shared.key_files, -- that SUIT Reports may be encrypted to
    policies = { type = "list", of = policy, min = 1, required = true },
    providers = shared.providers,
    wire = shared.wire,
    limits = limits,
    messages = shared.messages,
    log = shared.log,
  },
}
