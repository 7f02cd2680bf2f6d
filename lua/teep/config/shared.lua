--- Descriptions of settings that both roles have.
-- @module teep.config.shared
local check <const> = require "teep.config.check"
local wire <const> = require "teep.wire"

local shared = {}

--- A list of COSE_Key files.
shared.key_files = { type = "list", of = { type = "path" }, default = {} }

--- Trust anchors: one list of public key files per name.
function shared.trust(...)
  local fields = {}
  for _, name in ipairs{ ... } do fields[name] = shared.key_files end
  return { type = "record", fields = fields, default = {} }
end

--- A policy or flow: a bare name is a shipped one, anything with a slash or `.lua` is a file.
shared.script = {
  type = "custom",
  check = function(value, context)
    if type(value) ~= "string" or value == "" then return nil, "want the name or the path of a Lua file" end
    if value:find("^[%w_]+$") then return value end
    return check.resolve(value, context.folder)
  end,
}

shared.providers = {
  type = "string", pattern = "^[%w_]+[%w_,]*$",
  hint = "crypto providers, the first choice first, like mbedtls,openssl",
}

shared.wire = { type = "enum", values = wire.dialects, default = "v26" }
shared.messages = { type = "path" }

-- sun_path of Linux has 108 bytes, the last of them zero.
local socket_path_limit <const> = 107

shared.admin_socket = {
  type = "custom",
  required = true,
  check = function(value, context)
    if type(value) ~= "string" or value == "" then return nil, "want the path of a unix socket" end
    local path = check.resolve(value, context.folder)
    if #path <= socket_path_limit then return path end
    return nil, ("%d bytes, a unix socket path has at most %d"):format(#path, socket_path_limit)
  end,
}
shared.log = {
  type = "record",
  default = {},
  fields = {
    level = { type = "enum", values = { "debug", "info", "warning", "error" }, default = "info" },
    file = { type = "path" },
    strangers = { type = "integer", min = 1, default = 10 }, -- lines a second about unauthenticated peers
  },
}

return shared
