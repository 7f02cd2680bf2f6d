--- `teep suit process --dry-run`: what a manifest would do on a device.
local blocks <const> = require "teep.cli.suit.blocks"
local component_id <const> = require "teep.component_id"
local convert <const> = require "teep.cli.suit.convert"
local crypto <const> = require "teep.crypto"
local device <const> = require "teep.cli.suit.device"
local errors <const> = require "teep.errors"
local expected <const> = require "teep.suit.report.expected"
local fields <const> = require "teep.cli.suit.fields"
local files <const> = require "teep.cli.files"
local hex <const> = require "teep.hex"
local json <const> = require "teep.daemon.json"
local keys <const> = require "teep.config.keys"
local lfs <const> = require "lfs"
local output <const> = require "teep.cli.output"
local recorder <const> = require "teep.cli.suit.recorder"
local rules <const> = require "teep.suit.rules"
local suit <const> = require "teep.suit"

local verb = { name = "process", summary = "show what an envelope would do on a device" }

local function define_device(process)
  local function option(...) return convert.option(process, ...) end
  option("--vendor", "Vendor identifier of the device.", convert.uuid):argname "UUID":count(1)
  option("--class", "Class identifier of the device.", convert.uuid):argname "UUID":count(1)
  option("--device", "Device identifier.", convert.uuid):argname "UUID"
  option("--slot", "Slot that the device would write now.", convert.number):argname "N"
  option("--installed-version", "Version of what is installed.", fields.version):argname "VERSION"
  option("--battery", "What is left, in mWh.", convert.number):argname "N"
  option("--time", "What its clock says (default: now).", convert.number):argname "SECONDS"
  process:flag("--authorized", "The user has agreed.")
  process:option("--decrypt-key", "Key file the device decrypts with; may be repeated."):argname "FILE"
    :count "*":default {}
end

function verb.define(process)
  process:description("Runs a manifest on a device in memory, with the processor that devices have, and " ..
    "says which components it would write, from where, how large and with which digest. An update begins " ..
    "with an empty device; for other procedures all components are there as the manifest states them. " ..
    "Payloads by URI are taken from a folder, by the last part of their path; those that are not there " ..
    "are skipped, and taken for what the manifest states. Nothing is changed: devices get manifests from " ..
    "their TAM.")
  process:argument("file", "SUIT envelope."):argname "FILE"
  process:flag("--dry-run", "Has to be given: there is no other way."):count(1)
  process:option("--key", "Public key file of a trusted signer; may be repeated."):argname "FILE":count "+"
  define_device(process)
  process:option("--procedure", "What to run."):default "update"
    :choices{ "update", "invocation", "uninstall" }
  process:option("--payloads", "Folder with payloads."):argname "FOLDER"
  process:flag("--lenient", "Let dependencies pass as the examples of the drafts have them.")
  process:option("--algorithm", "Algorithm to accept beside ESP256 and Ed25519, as ES256; may be repeated.")
    :argname "NAME":choices(blocks.algorithms):count "*":default {}
  process:flag("--json", "Print JSON.")
  process:epilog("Example:\n  teep suit process hello.suit --dry-run --key signer.pub \\\n" ..
    "    --vendor fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe --class 1492af14-2569-5e48-bf42-9b2d51f2ab45")
end

-- The integrated payload that a manifest names for a component, when it has these bytes.
local function integrated(view, entry)
  for position, id in pairs(view.manifest.positions) do
    local stated <const> = id == entry.id and expected.finally(view.manifest)[position] or {}
    for _, uri in ipairs(stated.uri or {}) do
      local size <const> = view.integrated[uri]
      local found <const> = size and crypto.digest("SHA-256", view.envelope:payload(uri, 0, size))
      if found == entry.digest then return uri end
    end
  end
  return nil
end

local function from_envelope(entry, verified, outcome)
  local name = integrated(verified, entry)
  if name then return name .. " in the envelope" end
  for _, each in ipairs(outcome.dependencies) do
    name = integrated(each.verified, entry)
    if name then return ("%s in dependency %s"):format(name, component_id.format(each.component_id)) end
  end
  return nil
end

-- Bytes that came neither by a URI nor in the envelope are those of another component, or stand in the
-- manifest.
local function add_origins(entries, verified, outcome)
  local written <const> = {}
  for _, entry in ipairs(entries) do
    if entry.what == "write" and entry.digest then
      entry.from = entry.from or from_envelope(entry, verified, outcome) or written[entry.digest]
        or "the manifest"
      written[entry.digest] = written[entry.digest] or "component " .. entry.id
    end
  end
end

local function installed(outcome)
  local list <const> = json.list{}
  local function add(of)
    for _, item in ipairs(of.installed) do
      list[#list + 1] =
        { id = component_id.format(item.component_id), size = item.size, digest = hex.encode(item.digest) }
    end
  end
  for _, each in ipairs(outcome.dependencies) do add(each) end
  add(outcome)
  return list
end

local function actors_text(list)
  local parts <const> = {}
  for i, each in ipairs(list) do parts[i] = ("%s=%d"):format(each.key, each.value) end
  return table.concat(parts, ",")
end

-- Names and values in the order of the names.
local function metadata_text(metadata)
  local parts <const> = {}
  for name, value in pairs(metadata) do
    local text <const> = type(value) == "table" and actors_text(value) or tostring(value)
    parts[#parts + 1] = name .. " " .. text
  end
  table.sort(parts)
  return table.concat(parts, ", ")
end

local function describe(path, outcome, record)
  local changes <const> = json.list{}
  for i, entry in ipairs(record.entries) do
    changes[i] = {
      what = entry.what, id = entry.id, size = entry.digest and entry.size, from = entry.from,
      digest = entry.digest and hex.encode(entry.digest), skipped = entry.skipped,
      metadata = entry.metadata and metadata_text(entry.metadata),
    }
  end
  return {
    file = path, ok = outcome.ok, message = outcome.message, code = outcome.code, changes = changes,
    installed = installed(outcome), given_up = json.map(outcome.unlinked, component_id.format),
    dependencies = json.map(outcome.dependencies, function(each)
      return component_id.format(each.component_id)
    end),
    invocations = json.map(outcome.invocations, function(each)
      return { id = component_id.format(each.component_id), arguments = each.arguments }
    end),
  }
end

local function print_change(change)
  if change.what == "remove" then return output.print("  would remove %s", change.id) end
  if not change.digest then
    local from <const> = change.from and ", from " .. change.from or ""
    return output.print("  would begin to write %s%s", change.id, from)
  end
  output.print("  would write %s, from %s", output.component(change), change.from)
  if change.metadata then output.print("    with %s", change.metadata) end
  if change.skipped then
    output.print("    skipped: %s; size and digest are those of the manifest", change.skipped)
  end
end

local function print_outcome(found)
  output.print("%s: dry run, nothing is changed", found.file)
  for _, change in ipairs(found.changes) do print_change(change) end
  if not found.ok then return end
  for _, id in ipairs(found.dependencies) do output.print("  dependency %s", id) end
  for _, each in ipairs(found.invocations) do
    output.print("  would start %s%s", each.id, each.arguments and " with " .. each.arguments or "")
  end
  for _, item in ipairs(found.installed) do
    output.print("  installed in the end: %s", output.component(item))
  end
  for _, id in ipairs(found.given_up) do output.print("  given up: %s", id) end
end

local function run(arguments, verified, secrets)
  local record <const> = recorder(arguments.procedure ~= "update")
  record:learn(verified)
  local outcome <const> = suit.process(verified, {
    procedure = arguments.procedure, driver = record, txn = record:txn(),
    device = device.facts(arguments, record), fetch = device.fetch(record, arguments.payloads),
    decrypt = device.decrypt(record, secrets),
    dependency = device.dependency(verified, record), rules = arguments.lenient and rules.lenient or nil,
  })
  add_origins(record.entries, verified, outcome)
  return outcome, record
end

local function load_verified(arguments)
  local anchors <const>, message <const>, code <const> = keys.load_all(arguments.key)
  if not anchors then return nil, message, code end
  local envelope <const>, why <const>, reason <const> = files.read(arguments.file)
  if not envelope then return nil, why, reason end
  local algorithms <const> = { "ESP256", "Ed25519", table.unpack(arguments.algorithm) }
  local verified <const>, flaw <const>, kind <const> =
    suit.verify(envelope, { keys = anchors, algorithms = algorithms })
  if not verified then return nil, ("%s: %s"):format(arguments.file, flaw), kind end
  return verified
end

local function is_folder(path)
  if not path or lfs.attributes(path, "mode") == "directory" then return true end
  return errors.fail("not_found", "--payloads %s: no such folder", path)
end

function verb.run(arguments)
  local there <const>, absent <const>, fault <const> = is_folder(arguments.payloads)
  if not there then return there, absent, fault end
  local verified <const>, message <const>, code <const> = load_verified(arguments)
  if not verified then return nil, message, code end
  local secrets <const>, why <const>, reason <const> = keys.load_all(arguments.decrypt_key, { secret = true })
  if not secrets then return nil, why, reason end
  local outcome <const>, record <const> = run(arguments, verified, secrets)
  local found <const> = describe(arguments.file, outcome, record)
  if arguments.json then output.json(found) else print_outcome(found) end
  if outcome.ok then return true end
  return nil, ("%s: would fail: %s"):format(arguments.file, outcome.message), outcome.code
end

return verb
