--- Key files: one COSE_Key (RFC 9052 section 7), PEM block or JWK each, private ones readable by their owner
-- alone.
-- @module teep.config.keys
local errors <const> = require "teep.errors"
local key <const> = require "teep.key"
local lfs <const> = require "lfs"

local keys = {}
local size_limit <const> = 4096

local function read(path)
  local file, reason = io.open(path, "rb")
  if not file then return nil, reason, "io_failed" end
  local bytes, why = file:read(size_limit + 1)
  file:close()
  if why then return nil, path .. ": " .. why, "io_failed" end
  if not bytes then return nil, path .. ": the file is empty", "bad_key" end
  if #bytes > size_limit then return nil, path .. ": too large for a key", "bad_key" end
  return bytes
end

-- A private key that others can read is no secret any more.
local function owner_only(path)
  local mode = lfs.attributes(path, "permissions")
  return not mode or mode:sub(4) == "------"
end

--- Load one key file.
-- @tparam string path
-- @tparam[opt] table options `private`: refuse a file without private part to sign with, or one that others
--   can read; `secret`: the same, whatever the private part or Symmetric key is for
-- @treturn[1] key
-- @treturn[2] nil, string, string message (begins with the path) and code: `io_failed`, `bad_key`,
--   `no_private_key`, `denied`
-- @usage local signer, message = keys.load("tam.key", { private = true })
function keys.load(path, options)
  local bytes, message, code = read(path)
  if not bytes then return nil, message, code end
  local loaded, why, reason = key.load(bytes)
  if not loaded then return nil, ("%s: %s"):format(path, why), reason end
  if not (options and (options.private or options.secret)) then return loaded end
  if not (loaded:can_sign() or options.secret and loaded:private()) then
    return errors.fail("no_private_key", "%s: is a public key, a private one is needed", path)
  end
  if not owner_only(path) then
    return errors.fail("denied", "%s: others can read this private key, its mode has to be 0600", path)
  end
  return loaded
end

--- Whether the private key of a TLS server may be used: its group may read it, as Debian's ssl-cert does, all
-- the world may not. What else may be wrong with the file is told by whoever loads it.
-- @tparam string path
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code `denied`
function keys.check_tls(path)
  local mode <const> = lfs.attributes(path, "permissions")
  if not mode or mode:sub(7) == "---" then return true end
  return errors.fail("denied", "%s: everybody can read this private key, want mode 0600 or 0640", path)
end

--- Load several key files.
-- @tparam {string,...} paths
-- @tparam[opt] table options as for @{load}
-- @treturn[1] {key,...}
-- @treturn[2] nil, string, string message and code of the first that fails
function keys.load_all(paths, options)
  local list = {}
  for i, path in ipairs(paths) do
    local loaded, message, code = keys.load(path, options)
    if not loaded then return nil, message, code end
    list[i] = loaded
  end
  return list
end

return keys
