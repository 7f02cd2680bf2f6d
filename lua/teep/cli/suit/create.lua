--- `teep suit create`: from a description to an unsigned envelope.
local component_id <const> = require "teep.component_id"
local convert <const> = require "teep.cli.suit.convert"
local description <const> = require "teep.cli.suit.description"
local fields <const> = require "teep.cli.suit.fields"
local files <const> = require "teep.cli.files"
local hex <const> = require "teep.hex"
local json <const> = require "teep.daemon.json"
local output <const> = require "teep.cli.output"
local suit <const> = require "teep.suit"

local verb = { name = "create", summary = "describe components in an unsigned envelope" }

local option_of_field <const> = {
  { "component", "--component" }, { "payload", "--payload" }, { "vendor", "--vendor" },
  { "class", "--class" }, { "sequence_number", "--sequence-number" },
}

function verb.define(create)
  create:description("Makes an unsigned SUIT envelope of a description (Lua, or JSON in a file *.json), " ..
    "or of flags that describe one component. The same description and payloads give the same bytes, " ..
    "unless something is encrypted for recipients. Devices accept it only with matching vendor and class, " ..
    "and never with a lower sequence number than they have.")
  create:argument("description", "Description, see docs/suit-author.md."):args "?":argname "DESCRIPTION"
  -- The flags name fields of a description; what they hold stays text, which its check reads again.
  local function option(name, text, read) return convert.option(create, name, text, convert.as_text(read)) end
  option("--component", "Identifier of the component.", fields.identifier):argname "ID"
  create:option("--payload", "File with the bytes of the component."):argname "FILE"
  option("--uri", "Where devices get the payload.", fields.location):argname "URI"
  option("--vendor", "Vendor identifier of the devices.", convert.uuid):argname "UUID"
  option("--class", "Class identifier of the devices.", convert.uuid):argname "UUID"
  convert.option(create, "--sequence-number",
    "Release number, higher for newer; goes before that of a description.", convert.number):argname "N"
  option("--manifest", "Identifier of the manifest (default: ID/manifest).", fields.identifier):argname "ID"
  create:option("-o --output", "File to write."):argname "FILE":count(1)
  create:flag("--json", "Print JSON about what was made.")
  create:epilog("Example:\n  teep suit create hello.lua -o hello.unsigned\n" ..
    "  teep suit create --component hello --payload hello.bin \\\n" ..
    "    --vendor fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe --class 1492af14-2569-5e48-bf42-9b2d51f2ab45 \\\n" ..
    "    --sequence-number 1 -o hello.unsigned")
end

local function misused(format, ...)
  return nil, format:format(...) .. ' (see "teep suit create --help")', "usage"
end

-- The flags as a description; their paths are relative to the working folder.
local function from_flags(arguments)
  for _, pair in ipairs(option_of_field) do
    if arguments[pair[1]] == nil then
      return misused("option '%s' is missing, or a description", pair[2])
    end
  end
  local component <const> = { id = arguments.component, payload = arguments.payload, uri = arguments.uri }
  return description.resolve({
    manifest = arguments.manifest or arguments.component .. "/manifest",
    sequence_number = arguments.sequence_number, vendor = arguments.vendor, class = arguments.class,
    components = { component },
  }, ".")
end

local function from_file(arguments)
  for _, name in ipairs{ "component", "payload", "uri", "vendor", "class", "manifest" } do
    if arguments[name] then return misused("option '--%s' goes without a description", name) end
  end
  return description.load(arguments.description, { sequence_number = arguments.sequence_number })
end

local function facts(path, envelope)
  local view <const> = suit.decode(envelope)
  return {
    file = path, size = #envelope, manifest = component_id.format(view.manifest_component_id),
    sequence_number = ("%u"):format(view.sequence_number), digest = hex.encode(view.digest.bytes),
    components = json.map(view.components, component_id.format),
  }
end

function verb.run(arguments)
  local from <const> = arguments.description and from_file or from_flags
  local given <const>, inputs <const>, code <const> = from(arguments)
  if not given then return nil, inputs, code end
  local envelope <const>, why <const>, reason <const> = suit.create(given)
  if not envelope then
    return nil, arguments.description and ("%s: %s"):format(arguments.description, why) or why, reason
  end
  inputs[#inputs + 1] = arguments.description
  local ok <const>, flaw <const>, kind <const> = files.write(arguments.output, envelope, inputs)
  if not ok then return ok, flaw, kind end
  if arguments.json then output.json(facts(arguments.output, envelope)) end
  return true
end

return verb
