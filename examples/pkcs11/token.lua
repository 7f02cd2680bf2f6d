--- An ESP256 key in a PKCS#11 token (a smart card, an HSM, SoftHSM), through OpenSC's pkcs11-tool.
-- The private key never leaves the token. The PIN comes from the environment, so that no process list shows
-- it.
--
--     local token = dofile "examples/pkcs11/token.lua"
--     local signer = assert(token.key{ module = "/usr/lib/softhsm/libsofthsm2.so", token = "tam",
--       id = "01", pin_variable = "TOKEN_PIN" })
--     local message = require("teep.cose").sign1{ key = signer, payload = "hello" }
local crypto <const> = require "teep.crypto"
local key <const> = require "teep.key"

local token = {}

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function read(path)
  local file <const> = assert(io.open(path, "rb"))
  local bytes <const> = file:read "a"
  file:close()
  return bytes
end

-- Run pkcs11-tool with `input` as its input file; returns its output file.
local function run(given, options, input)
  local from <const>, to <const> = os.tmpname(), os.tmpname()
  local file <const> = assert(io.open(from, "wb"))
  file:write(input or "")
  file:close()
  local command <const> = "pkcs11-tool --module %s --token-label %s --id %s %s -i %s -o %s >/dev/null 2>&1"
  local module <const>, label <const>, id <const> = quote(given.module), quote(given.token), quote(given.id)
  local done <const> = os.execute(command:format(module, label, id, options, from, to))
  local output <const> = done and read(to)
  os.remove(from)
  os.remove(to)
  return output or error("pkcs11-tool failed", 0)
end

--- A key handle for a key pair in the token.
-- @tparam table given `module` (path of the PKCS#11 library), `token` (its label), `id` (of the key pair,
--   hexadecimal: pkcs11-tool finds private keys by nothing else), `pin_variable` (name of the environment
--   variable with the PIN)
-- @treturn[1] key
-- @treturn[2] nil, string, string message and code
function token.key(given)
  local ok <const>, public <const> = pcall(run, given, "--read-object --type pubkey")
  if not ok then return nil, public, "not_found" end
  return key.external{ public = public, algorithm = "ESP256", sign = function(to_be_signed)
    local hash <const> = assert(crypto.digest("SHA-256", to_be_signed)) -- tokens sign hashes
    return run(given, "--login --pin env:" .. given.pin_variable .. " --sign --mechanism ECDSA", hash)
  end }
end

return token
