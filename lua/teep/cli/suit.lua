--- `teep suit`: SUIT envelopes for component developers.
local hex <const> = require "teep.hex"
local check <const> = require "teep.config.check"
local component_id <const> = require "teep.component_id"
local files <const> = require "teep.cli.files"
local json <const> = require "teep.daemon.json"
local keys <const> = require "teep.config.keys"
local output <const> = require "teep.cli.output"

local verb = {
  name = "suit",
  summary = "create, sign and verify SUIT envelopes",
  description = "Makes the SUIT manifests (draft-ietf-suit-manifest) that TAMs offer and devices install.",
  example = "teep suit create --component hello --payload hello.bin --vendor UUID --class UUID \\\n" ..
    "  --sequence-number 1 -o hello.unsigned\n" ..
    "teep suit sign hello.unsigned --key signer.key -o hello.suit\n" ..
    "teep suit verify hello.suit --key signer.pub",
}

local actions = {}

local function uuid(text) return check.uuid(text), "want " .. check.uuid_hint end

local function number(text)
  local value = text:find("^%d+$") and math.tointeger(tonumber(text))
  return value or nil, "want a whole number"
end

local function identifier(text)
  local id, message = component_id.parse(text)
  return id, message
end

-- Everybody may read a manifest.
local function location(text)
  local authority = text:match "^%a[%w+.-]*://([^/?#]+)[!-~]*$"
  if not authority then return nil, "want a URI like https://files.example/hello.bin" end
  if text:find("#", 1, true) then return nil, "a URI of a payload has no fragment" end
  if authority:find("@", 1, true) then return nil, "a URI in a manifest must not have a user or password" end
  return text
end

local function define_create(create)
  create:description("Makes an unsigned SUIT envelope that installs a payload as one component. It holds " ..
    "the payload, or with --uri its digest and size only. Devices accept it only with matching vendor and " ..
    "class, and never with a lower sequence number than they have.")
  create:option("--component", "Identifier of the component."):argname("ID"):convert(identifier):count(1)
  create:option("--payload", "File with the bytes of the component."):argname("FILE"):count(1)
  create:option("--uri", "Where devices get the payload."):argname("URI"):convert(location)
  create:option("--vendor", "Vendor identifier of the devices."):argname("UUID"):convert(uuid):count(1)
  create:option("--class", "Class identifier of the devices."):argname("UUID"):convert(uuid):count(1)
  create:option("--sequence-number", "Release number, higher for newer."):argname("N")
    :convert(number):count(1)
  create:option("--manifest", "Identifier of the manifest (default: ID/manifest)."):argname("ID")
    :convert(identifier)
  create:option("-o --output", "File to write."):argname("FILE"):count(1)
  create:epilog("Example:\n  teep suit create --component hello --payload hello.bin \\\n" ..
    "    --vendor fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe --class 1492af14-2569-5e48-bf42-9b2d51f2ab45 \\\n" ..
    "    --sequence-number 1 -o hello.unsigned")
end

function verb.define(command)
  define_create(command:command("create"):summary("describe a component in an unsigned envelope"))

  local sign = command:command("sign"):summary("sign an envelope")
    :description("Adds a signature (COSE_Sign1 over the manifest's digest) to an envelope.")
  sign:argument("file", "SUIT envelope."):argname("FILE")
  sign:option("--key", "Private key file of the signer."):argname("FILE"):count(1)
  sign:option("-o --output", "File to write."):argname("FILE"):count(1)
  sign:epilog("Example:\n  teep suit sign hello.unsigned --key signer.key -o hello.suit")

  local verify = command:command("verify"):summary("check the signature and digests of an envelope")
    :description("Checks that the envelope is signed by the key, and that its digests match.")
  verify:argument("file", "SUIT envelope."):argname("FILE")
  verify:option("--key", "Public key file of the signer; may be repeated."):argname("FILE"):count("+")
  verify:flag("--json", "Print JSON.")
  verify:epilog("Example:\n  teep suit verify hello.suit --key signer.pub")
end

local function default_manifest(id)
  local copy = table.move(id, 1, #id, 1, {})
  copy[#copy + 1] = "manifest"
  return copy
end

-- The payload itself, or where it is and how to know it.
local function content(arguments)
  if arguments.uri then
    local measured, message, code = files.measure(arguments.payload)
    if not measured then return nil, message, code end
    return { uri = arguments.uri, digest = measured.digest, size = measured.size }
  end
  local payload, message, code = files.read(arguments.payload)
  if not payload then return nil, message, code end
  return { payload = payload }
end

function actions.create(arguments)
  local component, message, code = content(arguments)
  if not component then return nil, message, code end
  component.id = arguments.component
  component.vendor_identifier, component.class_identifier = arguments.vendor, arguments.class
  local envelope, why, reason = require("teep.suit").create{
    manifest_component_id = arguments.manifest or default_manifest(arguments.component),
    sequence_number = arguments.sequence_number,
    components = { component },
  }
  if not envelope then return nil, why, reason end
  return files.write(arguments.output, envelope)
end

function actions.sign(arguments)
  local key, message, code = keys.load(arguments.key, { private = true })
  if not key then return nil, message, code end
  local envelope, why, reason = files.read(arguments.file)
  if not envelope then return nil, why, reason end
  local signed, flaw, kind = require("teep.suit").sign(envelope, { key = key })
  if not signed then return nil, ("%s: %s"):format(arguments.file, flaw), kind end
  return files.write(arguments.output, signed)
end

local function describe(verified)
  local components = json.list{}
  for i, id in ipairs(verified.components) do components[i] = component_id.format(id) end
  return {
    manifest = component_id.format(verified.manifest_component_id),
    sequence_number = ("%u"):format(verified.sequence_number),
    components = components, signer = hex.encode(verified.kid),
  }
end

local function print_verified(path, found)
  output.print("%s: verified, signed by %s", path, found.signer)
  output.print("manifest %s, sequence number %s, components %s", found.manifest, found.sequence_number,
    table.concat(found.components, ", "))
end

function actions.verify(arguments)
  local anchors, message, code = keys.load_all(arguments.key)
  if not anchors then return nil, message, code end
  local envelope, why, reason = files.read(arguments.file)
  if not envelope then return nil, why, reason end
  local verified, flaw, kind = require("teep.suit").verify(envelope, { keys = anchors })
  if not verified then return nil, ("%s: %s"):format(arguments.file, flaw), kind end
  local found = describe(verified)
  if arguments.json then output.json(found) else print_verified(arguments.file, found) end
  return true
end

function verb.run(arguments) return actions[arguments.action](arguments) end

return verb
