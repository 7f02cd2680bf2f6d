--- `teep suit verify`: which signature is by which key, and whether digests match.
local blocks <const> = require "teep.cli.suit.blocks"
local component_id <const> = require "teep.component_id"
local files <const> = require "teep.cli.files"
local hex <const> = require "teep.hex"
local json <const> = require "teep.daemon.json"
local keys <const> = require "teep.config.keys"
local output <const> = require "teep.cli.output"
local suit <const> = require "teep.suit"

local verb = { name = "verify", summary = "check the signatures and digests of an envelope" }

function verb.define(verify)
  verify:description("Checks that an envelope is signed by one of the keys, and that its digests match. " ..
    "Says of each authentication block which key verified it, or why none did.")
  verify:argument("file", "SUIT envelope."):argname "FILE"
  verify:option("--key", "Public key file of a signer; may be repeated."):argname "FILE":count "+"
  verify:option("--algorithm", "Algorithm to accept beside ESP256 and Ed25519, as ES256; may be repeated.")
    :argname "NAME":choices(blocks.algorithms):count "*":default {}
  verify:flag("--json", "Print JSON.")
  verify:epilog("Example:\n  teep suit verify hello.suit --key signer.pub")
end

local function describe(verified, checked)
  return {
    manifest = verified.manifest_component_id and component_id.format(verified.manifest_component_id)
      or json.null,
    sequence_number = ("%u"):format(verified.sequence_number),
    components = json.map(verified.components, component_id.format),
    signer = hex.encode(verified.kid), blocks = json.list(checked),
  }
end

local function print_verified(path, found)
  output.print("%s: verified, signed by %s", path, found.signer)
  output.print("manifest %s, sequence number %s, components %s",
    found.manifest == json.null and "without identifier" or found.manifest, found.sequence_number,
    #found.components > 0 and table.concat(found.components, ", ") or "none but those of its dependencies")
  for i, block in ipairs(found.blocks) do output.print("%s", blocks.describe(i, block)) end
end

-- With several blocks people want to know what is wrong with each.
local function complain(path, envelope, given, algorithms, message)
  local view <const> = suit.decode(envelope)
  local checked <const> = view and blocks.check(view.envelope, given, algorithms) or {}
  for i, block in ipairs(#checked > 1 and checked or {}) do output.complain(blocks.describe(i, block)) end
  for _, block in ipairs(checked) do
    if block.code == "algorithm_not_allowed" then
      return ("%s: %s (--algorithm %s accepts it)"):format(path, message, block.algorithm)
    end
  end
  return ("%s: %s"):format(path, message)
end

function verb.run(arguments)
  local anchors <const>, message <const>, code <const> = keys.load_all(arguments.key)
  if not anchors then return nil, message, code end
  local given <const> = {}
  for i, key in ipairs(anchors) do given[i] = { key = key, path = arguments.key[i] } end
  local algorithms <const> = { "ESP256", "Ed25519", table.unpack(arguments.algorithm) }
  local envelope <const>, why <const>, reason <const> = files.read(arguments.file)
  if not envelope then return nil, why, reason end
  local verified <const>, flaw <const>, kind <const> =
    suit.verify(envelope, { keys = anchors, algorithms = algorithms })
  if not verified then return nil, complain(arguments.file, envelope, given, algorithms, flaw), kind end
  local found <const> = describe(verified, blocks.check(verified.envelope, given, algorithms))
  if arguments.json then output.json(found) else print_verified(arguments.file, found) end
  return true
end

return verb
