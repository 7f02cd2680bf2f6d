--- `teep manifest`: the SUIT manifests a TAM offers.
local client <const> = require "teep.cli.client"
local files <const> = require "teep.cli.files"
local output <const> = require "teep.cli.output"

local verb = {
  name = "manifest",
  summary = "add, list, show and remove the SUIT manifests of the TAM",
  description = "Manages the SUIT manifests that the running TAM offers to devices.",
  example = "teep manifest add hello.suit --config tam.lua\nteep manifest list --config tam.lua",
}

local actions = {}

local function action(command, name, summary, example)
  local sub = command:command(name):summary(summary):description(summary:gsub("^%l", string.upper) .. ".")
  sub:epilog("Example:\n  " .. example)
  client.define(sub, "TAM")
  sub:flag("--json", "Print JSON.")
  return sub
end

function verb.define(command)
  action(command, "add", "verify a signed SUIT envelope and offer it to devices",
    "teep manifest add hello.suit --config tam.lua"):argument("file", "SUIT envelope."):argname("FILE")
  action(command, "list", "list the manifests", "teep manifest list --config tam.lua")
  action(command, "show", "show one manifest", "teep manifest show hello/manifest --config tam.lua")
    :argument("id", "Manifest component identifier, as listed."):argname("ID")
  action(command, "remove", "stop offering a manifest; devices keep what they have",
    "teep manifest remove hello/manifest --config tam.lua")
    :argument("id", "Manifest component identifier, as listed."):argname("ID")
end

local function show(manifest)
  output.print("manifest: %s", manifest.id)
  output.print("sequence number: %s", manifest.sequence_number)
  output.print("components: %s", table.concat(manifest.components, ", "))
  output.print("digest: sha-256 %s", manifest.digest)
  output.print("signer: %s", manifest.signer or "-")
  output.print("size: %d bytes", manifest.size)
end

-- Call, then print as JSON or with `print_answer`.
local function call(arguments, request, print_answer)
  local answer, message, code = client.call(arguments, table.unpack(request, 1, 3))
  if not answer then return nil, message, code end
  if arguments.json then output.json(answer) else print_answer(answer) end
  return true
end

function actions.add(arguments)
  local envelope, message, code = files.read(arguments.file)
  if not envelope then return nil, message, code end
  return call(arguments, { "POST", "/manifests", envelope }, function(manifest)
    output.print("added %s, sequence number %s", manifest.id, manifest.sequence_number)
  end)
end

function actions.list(arguments)
  return call(arguments, { "GET", "/manifests" }, function(list)
    local rows = {}
    for i, item in ipairs(list) do
      rows[i] = { item.id, item.sequence_number, table.concat(item.components, ", ") }
    end
    output.columns({ "MANIFEST", "SEQUENCE", "COMPONENTS" }, rows)
  end)
end

function actions.show(arguments)
  return call(arguments, { "GET", "/manifests/" .. client.segment(arguments.id) }, show)
end

function actions.remove(arguments)
  return call(arguments, { "DELETE", "/manifests/" .. client.segment(arguments.id) }, function(manifest)
    output.print("removed %s", manifest.id)
  end)
end

function verb.run(arguments) return actions[arguments.action](arguments) end

return verb
