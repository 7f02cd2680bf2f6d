--- `teep key`: keys as COSE_Key files.
local hex <const> = require "teep.hex"
local files <const> = require "teep.cli.files"
local output <const> = require "teep.cli.output"

local verb = {
  name = "key",
  summary = "make key files, show public keys and key identifiers",
  description = "Keys are files that hold one COSE_Key (RFC 9052), PEM block or JWK. Private ones have " ..
    "mode 0600.",
  example = "teep key generate --algorithm ESP256 -o signer.key\n" ..
    "teep key public signer.key -o signer.pub\nteep key thumbprint signer.pub",
}

local actions = {}

-- To sign; to be encrypted for; to share.
local algorithms <const> = {
  "ESP256", "ESP384", "ESP512", "Ed25519", "ECDH-ES+A128KW", "A128KW", "A256KW", "HMAC-256",
}

local function add_format(command)
  command:option("--format", "How to write it; PEM holds no algorithm, JWK and COSE_Key do.")
    :choices{ "cose", "pem", "jwk" }:default "cose"
end

-- A Symmetric key is known by nothing of its own (RFC 9679 section 5.3): it is given a kid.
local function with_kid(key)
  local cbor <const> = require "teep.cbor"
  local map <const> = cbor.decode(key:private())
  map[#map + 1] = { 2, require("teep.crypto").random(16) }
  return require("teep.key").load(cbor.encode(map))
end

local function is_symmetric(key) return key:public() == nil end

local function kid_of(key)
  if not is_symmetric(key) then return key:thumbprint() end
  return require("teep.cbor").decode(key:private()):get(2) or ""
end

-- What one asks of a key, whoever made it.
local function facts(key, path)
  return { kid = hex.encode(kid_of(key)), algorithm = key:algorithm(), file = path }
end

function verb.define(command)
  local generate = command:command("generate"):summary("make a key"):description(
    "Makes a key pair, or a symmetric key (A128KW, A256KW, HMAC-256) with a random kid, and writes it to " ..
    "a new file with mode 0600. An existing file is never overwritten.")
  generate:option("--algorithm", "What the key does; with ECDH-ES+A128KW it receives.")
    :choices(algorithms):count(1)
  generate:option("-o --output", "File to make."):argname("FILE"):count(1)
  add_format(generate)
  generate:flag("--json", "Print JSON.")
  generate:epilog("Example:\n  teep key generate --algorithm Ed25519 -o tam-ed25519.key")

  local public = command:command("public"):summary("the public part of a key"):description(
    "Writes the public COSE_Key of a key file, or of a device's TEEP Agent, whose private key stays in " ..
    "its TEE.")
  public:mutex(
    public:argument("file", "Key file."):args("?"),
    public:option("--config", "Device configuration: a key of its TEEP Agent."):argname("FILE"))
  public:option("--use", "Which key of the TEEP Agent: that of its messages, that of its SUIT Reports, or " ..
    "that which payloads are encrypted to."):choices{ "messages", "reports", "encryption" }:default "messages"
  add_format(public)
  public:option("-o --output", "File to write; without it the key is printed, a COSE_Key in hexadecimal.")
    :argname("FILE")
  public:epilog("Example:\n  teep key public --config device.lua -o device.pub\n" ..
    "  teep key public --config device.lua --use encryption -o device-encryption.pub")

  local thumbprint = command:command("thumbprint"):summary("the key identifier of a key"):description(
    "Prints the COSE key thumbprint (RFC 9679, SHA-256): the kid that log lines and device lists show.")
  thumbprint:argument("file", "Key file, private or public.")
  thumbprint:flag("--json", "Print JSON.")
  thumbprint:epilog("Example:\n  teep key thumbprint signer.pub")
end

function actions.generate(arguments)
  local keys <const> = require "teep.key"
  local curve = arguments.algorithm:find "^ECDH" and "P-256" or nil
  local key, message, code = keys.generate{ algorithm = arguments.algorithm, curve = curve }
  if not key then return nil, message, code end
  if is_symmetric(key) then key = with_kid(key) end
  local bytes = keys.export(key, { format = arguments.format, private = true })
  local ok, why, reason = require("teep.core").file.create_private(arguments.output, bytes)
  if not ok then
    if reason == "exists" then why = arguments.output .. ": exists already; keys are never overwritten" end
    return nil, why, reason
  end
  local made = facts(key, arguments.output)
  if arguments.json then output.json(made) else output.print("%s %s", made.algorithm, made.kid) end
  return true
end

-- The broker has the device open: it tells the key as well.
local function running_key(settings, use)
  local client <const> = require "teep.cli.client"
  local status, message, code = client.call({ socket = settings.admin_socket }, "GET", "/status")
  if not status then return nil, message, code end
  local digits = status.public_keys[use]
  if not digits then
    return require("teep.errors").fail("unsupported", "the driver of the device has no key for %s", use)
  end
  local public = digits:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)
  return require("teep.key").load(public)
end

local function agent_key(path, use)
  local settings, message, code = require("teep.config").load(path, "device")
  if not settings then return nil, message, code end
  local key, why, reason = require("teep.daemon.device").key(settings, use)
  if reason ~= "busy" then return key, why, reason end
  return running_key(settings, use)
end

function actions.public(arguments)
  if not (arguments.file or arguments.config) then return nil, "give a key file or --config FILE", "usage" end
  local key, message, code
  if arguments.config then
    key, message, code = agent_key(arguments.config, arguments.use)
  else
    key, message, code = require("teep.config.keys").load(arguments.file)
  end
  if not key then return nil, message, code end
  local bytes, why, reason = require("teep.key").export(key, { format = arguments.format })
  if not bytes then return nil, why, reason end
  if arguments.output then return files.write(arguments.output, bytes, { arguments.file }) end
  output.print("%s", arguments.format == "cose" and hex.encode(bytes) or bytes:gsub("\n$", ""))
  return true
end

function actions.thumbprint(arguments)
  local key, message, code = require("teep.config.keys").load(arguments.file)
  if not key then return nil, message, code end
  local found = facts(key, arguments.file)
  if arguments.json then output.json(found) else output.print("%s", found.kid) end
  return true
end

function verb.run(arguments) return actions[arguments.action](arguments) end

return verb
