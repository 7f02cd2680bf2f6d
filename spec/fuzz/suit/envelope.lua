--- Target `envelope`: bytes of envelopes, and of manifests that are signed once more after they were changed.
local bytes <const> = require "fuzz.suit.bytes"
local coverage <const> = require "fuzz.suit.coverage"
local crypto <const> = require "teep.crypto"
local encode <const> = require "fuzz.suit.encode"
local generate <const> = require "suit.oracle.generate"
local inspect <const> = require "teep.inspect"
local invariants <const> = require "fuzz.suit.invariants"
local procedure <const> = require "fuzz.suit.procedure"
local suit <const> = require "teep.suit"
local tree <const> = require "badin.tree"

local envelope = {}

local SEEDS <const>, TAG <const> = 20, 6

local host <const> = { procedure = "update", contents = { a = "x" }, held = {}, rules = {} }

-- What authors write, in full.
local function authored()
  local made <const> = assert(suit.create{
    manifest_component_id = { "a", "suit" }, sequence_number = 3, reference_uri = "http://reference",
    components = { { id = { "a" }, vendor_identifier = ("v"):rep(16), class_identifier = ("c"):rep(16), payload = "xy" } },
    text = { en = { manifest_description = ("an example "):rep(9) } }, severed = { "text" }, tagged = true,
  })
  return assert(suit.sign(made, { key = encode.signer }))
end

--- First inputs.
function envelope.seeds(first)
  local list <const> = { { data = authored() } }
  for i = 1, SEEDS do list[#list + 1] = { data = encode.case(generate.case(first + i)) } end
  return list
end

-- The authentication wrapper that the manifest wants now, in place of the old one.
local function sign(data)
  local root <const> = bytes.parse(data)
  local map <const> = root and (root.major == TAG and root.children[1] or root)
  local wrapper <const>, manifest <const> = map and bytes.member(map, "2"), map and bytes.member(map, "3")
  if not (wrapper and manifest and manifest.content) then return data end
  local content <const> = manifest.wrapped and tree.encode(manifest.wrapped) or manifest.content
  return tree.encode(root, wrapper, encode.wrapper(content))
end

--- A new input from one there is, and another.
function envelope.mutate(random, input, other)
  local data <const> = bytes.mutate(random, input.data, other.data)
  return { data = random.chance(70) and sign(data) or data }
end

local function look(data)
  local view <const>, message <const>, code <const> = suit.decode(data)
  if not view then return invariants.failure(message, code) end
  local size = 0
  for _, each in pairs(view.integrated) do size = size + each end
  if size > #data then return "payloads larger than the envelope" end
  if #view.targets ~= #view.components or #view.identity == 0 and not view.manifest_component_id then
    return "targets or identity that the manifest does not have"
  end
  if view.envelope:with{} ~= data then return "an envelope that is not written as it was read" end
  local stripped <const> = suit.strip(data)
  local left <const> = stripped and suit.decode(stripped)
  if left and not crypto.equal(left.digest.bytes, view.digest.bytes) then return "stripped, it is another manifest" end
end

-- What is verified is what is there.
local function trust(data)
  local verified <const>, message <const>, code <const> = suit.verify(data, {
    keys = { encode.signer }, algorithms = { "HMAC-256" },
  })
  if not verified then return invariants.failure(message, code) end
  local view <const> = suit.decode(data)
  if not (view and view.digest_matches) then return "verified, although its digest does not match" end
  local root <const> = bytes.parse(data)
  local manifest <const> = bytes.member(root.major == TAG and root.children[1] or root, "3")
  if crypto.digest(verified.digest.algorithm, encode.bytes(manifest.content)) ~= verified.digest.bytes then
    return "verified, although it is another manifest"
  end
end

local function show(data)
  for _, line in ipairs(inspect.view(data, { full = true, offsets = true }) or {}) do
    if not line:find "^[\x20-\x7e\x80-\xff]*$" then return ("shown by a line that does more: %q"):format(line) end
  end
end

local checks <const> = { look, trust, show }

--- Run an input.
-- @treturn ?string what is wrong
-- @treturn string its bytes
function envelope.run(input, number)
  for _, check in ipairs(checks) do
    local called <const>, wrong <const> = coverage.measure(check, input.data)
    if not called then return "throws: " .. tostring(wrong), input.data end
    if wrong then return wrong, input.data end
  end
  return procedure.run(host, input.data, number), input.data
end

return envelope
