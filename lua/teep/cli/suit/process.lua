--- `teep suit process --dry-run`: what a manifest would do on a device.
local check <const> = require "teep.config.check"
local component_id <const> = require "teep.component_id"
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"
local files <const> = require "teep.cli.files"
local hex <const> = require "teep.hex"
local json <const> = require "teep.daemon.json"
local keys <const> = require "teep.config.keys"
local output <const> = require "teep.cli.output"
local recorder <const> = require "teep.cli.suit.recorder"
local suit <const> = require "teep.suit"

local verb = { name = "process", summary = "show what an envelope would do on a device" }

local function uuid(text) return check.uuid(text), "want " .. check.uuid_hint end

function verb.define(process)
  process:description("Runs a manifest on an empty device in memory, with the processor that devices " ..
    "have, and says which components it would write, from where, how large and with which digest. " ..
    "Payloads by URI are taken from a folder, by the last part of their path; those that are not there " ..
    "are skipped, and taken for what the manifest states. Nothing is changed: devices get manifests from " ..
    "their TAM.")
  process:argument("file", "SUIT envelope."):argname "FILE"
  process:flag("--dry-run", "Has to be given: there is no other way yet."):count(1)
  process:option("--key", "Public key file of a trusted signer; may be repeated."):argname "FILE":count "+"
  process:option("--vendor", "Vendor identifier of the device."):argname "UUID":convert(uuid):count(1)
  process:option("--class", "Class identifier of the device."):argname "UUID":convert(uuid):count(1)
  process:option("--procedure", "What to run."):choices{ "update", "uninstall" }:default "update"
  process:option("--payloads", "Folder with payloads."):argname "FOLDER"
  process:flag("--json", "Print JSON.")
  process:epilog("Example:\n  teep suit process hello.suit --dry-run --key signer.pub \\\n" ..
    "    --vendor fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe --class 1492af14-2569-5e48-bf42-9b2d51f2ab45")
end

-- The last part of the path, which leads nowhere else.
local function local_name(uri)
  local name <const> = uri:gsub("[?#].*$", ""):match "([^/]+)$"
  return name ~= "." and name ~= ".." and name or nil
end

local function skip(record, uri, why)
  if record:skip() then return true end
  return errors.fail("payload_not_found", "%s: %s, and it cannot be skipped", uri, why)
end

-- Payloads come from the folder, whole: this is for a developer's files.
local function fetcher(record, folder)
  return function(uri, offset, sink)
    record:from(uri)
    if not folder then return skip(record, uri, "no --payloads given") end
    local bytes <const>, message <const> = files.read(("%s/%s"):format(folder, local_name(uri) or ""))
    if not bytes then return skip(record, uri, message) end
    return sink(bytes:sub(offset + 1))
  end
end

-- Bytes that did not come by a URI have the digest of an integrated payload, or stand in the manifest.
local function add_origins(entries, view)
  local origins <const> = {}
  for name, size in pairs(view.integrated) do
    origins[crypto.digest("SHA-256", view.envelope:payload(name, 0, size))] = name .. " in the envelope"
  end
  for _, entry in ipairs(entries) do
    if entry.what == "write" then
      entry.from = entry.from or origins[entry.digest] or "the manifest, or decrypted"
      if entry.digest then origins[entry.digest] = origins[entry.digest] or "component " .. entry.id end
    end
  end
end

local function describe(path, outcome, record)
  local changes <const> = json.list{}
  for i, entry in ipairs(record.entries) do
    changes[i] = {
      what = entry.what, id = entry.id, size = entry.digest and entry.size, from = entry.from,
      digest = entry.digest and hex.encode(entry.digest), skipped = entry.skipped,
    }
  end
  return {
    file = path, ok = outcome.ok, message = outcome.message, code = outcome.code, changes = changes,
    installed = json.map(outcome.installed, function(item)
      local id <const> = component_id.format(item.component_id)
      return { id = id, size = item.size, digest = hex.encode(item.digest) }
    end),
    removed = json.map(outcome.unlinked, component_id.format),
  }
end

local function print_change(change)
  if change.what == "remove" then return output.print("  would remove %s", change.id) end
  if not change.digest then
    return output.print("  would begin to write %s, from %s", change.id, change.from)
  end
  output.print("  would write %s, from %s", output.component(change), change.from)
  if change.skipped then
    output.print("    skipped: the payload is not in --payloads, size and digest are those of the manifest")
  end
end

local function print_outcome(found)
  output.print("%s: dry run, nothing is changed", found.file)
  for _, change in ipairs(found.changes) do print_change(change) end
  if not found.ok then return end
  for _, item in ipairs(found.installed) do
    output.print("  installed in the end: %s", output.component(item))
  end
  for _, id in ipairs(found.removed) do output.print("  given up: %s", id) end
end

local function run(arguments, verified)
  local record <const> = recorder(verified)
  local outcome <const> = suit.process(verified, {
    procedure = arguments.procedure, driver = record, txn = record:txn(),
    device = { vendor_identifier = arguments.vendor, class_identifier = arguments.class },
    fetch = fetcher(record, arguments.payloads),
  })
  add_origins(record.entries, verified)
  return outcome, record
end

function verb.run(arguments)
  local anchors <const>, message <const>, code <const> = keys.load_all(arguments.key)
  if not anchors then return nil, message, code end
  local envelope <const>, why <const>, reason <const> = files.read(arguments.file)
  if not envelope then return nil, why, reason end
  local verified <const>, flaw <const>, kind <const> = suit.verify(envelope, { keys = anchors })
  if not verified then return nil, ("%s: %s"):format(arguments.file, flaw), kind end
  local outcome <const>, record <const> = run(arguments, verified)
  local found <const> = describe(arguments.file, outcome, record)
  if arguments.json then output.json(found) else print_outcome(found) end
  if outcome.ok then return true end
  return nil, ("%s: would fail: %s"):format(arguments.file, outcome.message), outcome.code
end

return verb
