--- What can be told about an envelope without trusting it: which digests match, what is severed, who claims
-- to have signed it.
-- @module teep.cli.suit.verdicts
local authenticate <const> = require "teep.suit.authenticate"
local blocks <const> = require "teep.cli.suit.blocks"
local cbor <const> = require "teep.cbor"
local component_id <const> = require "teep.component_id"
local crypto <const> = require "teep.crypto"
local digest <const> = require "teep.suit.digest"
local envelope <const> = require "teep.suit.envelope"
local hex <const> = require "teep.hex"
local json <const> = require "teep.daemon.json"
local labels <const> = require "teep.suit.labels"
local limits <const> = require "teep.suit.limits"
local scan <const> = require "teep.suit.scan"
local schema <const> = require "teep.schema"
local suit <const> = require "teep.suit"

local verdicts = {}

local digest_codec <const> = schema.compile(digest.description)

-- A digest in place of the member, and what became of the member (section 8.4.12).
local function severed_one(opened, row, value)
  local stated <const>, message <const> = digest_codec:decode(cbor.encode(value))
  if not stated then return { name = row.name, ok = false, why = message } end
  local span <const> = opened.members[row.label]
  if not span then return { name = row.name, present = false } end
  local ok <const>, why <const> = digest.verify(stated, opened:encoded(row.label), row.name)
  return { name = row.name, present = true, offset = span.first - 1, ok = ok == true, why = why }
end

local function severed(opened)
  local list <const> = json.list{}
  local manifest <const> = cbor.decode(opened:content(labels.manifest))
  if cbor.type(manifest) ~= "map" then return list end
  for _, rows in ipairs{ labels.sections, labels.metadata } do
    for _, row in ipairs(rows) do
      local value <const> = manifest:get(row.label)
      if cbor.type(value) == "array" then
        list[#list + 1] = severed_one(opened, row, value)
      elseif opened.members[row.label] then
        list[#list + 1] = { name = row.name, present = true, ok = false, why = "the manifest announces none" }
      end
    end
  end
  return list
end

local function owner_of(view, sum)
  for _, target in ipairs(view and view.targets or {}) do
    if target.digest == sum then return component_id.format(target.component_id) end
  end
  return nil
end

-- A payload that is an envelope: it belongs here when the manifest states its manifest's digest
-- (draft-ietf-suit-trust-domains section 5.2.2).
local function dependency_of(opened, bytes)
  local inner <const> = suit.decode(bytes)
  if not inner then return nil end
  local name <const> = inner.manifest_component_id and component_id.format(inner.manifest_component_id)
  local stated <const> = opened:content(labels.manifest):find(inner.digest.bytes, 1, true) ~= nil
  return name or "without identifier", inner.digest_matches and stated
end

-- A payload is fetched by the name that a parameter uri states (section 7.5), in the manifest or in a severed
-- section.
local function is_asked_for(opened, name)
  for label in pairs(opened.members) do
    local found <const> = label ~= labels.authentication_wrapper and opened:content(label):find(name, 1, true)
    if found then return true end
  end
  return false
end

local function payloads(opened, view)
  local list <const>, names <const> = json.list{}, {}
  for name in pairs(opened.payloads) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    local size <const> = opened:payload_size(name)
    local bytes <const> = opened:payload(name, 0, size)
    local sum <const> = crypto.digest("SHA-256", bytes)
    local dependency <const>, ok <const> = dependency_of(opened, bytes)
    local owner <const> = owner_of(view, sum)
    list[i] = {
      name = name, size = size, digest = hex.encode(sum), offset = opened.payloads[name].first - 1,
      component = owner, dependency = dependency, asked_for = is_asked_for(opened, name),
      ok = (ok or owner ~= nil) and is_asked_for(opened, name),
    }
  end
  return list
end

-- What a processor would say that has never heard of the signers.
local function structure(bytes)
  local view <const>, message <const> = suit.decode(bytes)
  if not view then return nil, message end
  local ok <const>, why <const> = scan.check(view.manifest)
  return view, not ok and why or nil
end

--- Look at an envelope.
-- @tparam string bytes
-- @tparam {table,...} keys to try: `{ key, path }`
-- @tparam {string,...} algorithms that are accepted of them
-- @treturn[1] table `digest_ok`, `structure` (what a processor would refuse, nil when nothing), `severed`,
--   `payloads`, `blocks`, `manifest`, `sequence_number`
-- @treturn[2] nil, string, string what is no envelope at all
-- @usage local found = assert(verdicts.of(bytes, {}, {}))
function verdicts.of(bytes, keys, algorithms)
  local bound <const> = limits.with()
  local opened <const>, message <const>, code <const> = envelope.open(bytes, bound)
  if not opened then return opened, message, code end
  local wrapper <const>, why <const>, reason <const> = authenticate.open(opened, bound)
  if not wrapper then return wrapper, why, reason end
  local view <const>, refused <const> = structure(bytes)
  local id <const> = view and view.manifest_component_id
  return {
    digest_ok = authenticate.check_digest(opened, wrapper) == true, structure = refused,
    manifest = id and component_id.format(id),
    sequence_number = view and ("%u"):format(view.sequence_number), severed = severed(opened),
    payloads = payloads(opened, view), blocks = json.list(blocks.check(opened, keys, algorithms)),
  }
end

local function describe_payload(each)
  local verdict = "no component has this digest"
  if each.dependency then
    verdict = ("dependency %s, %s"):format(each.dependency,
      each.ok and "digest of its manifest ok" or "the manifest states another digest or none")
  elseif each.component then
    verdict = "digest ok, of component " .. each.component
  end
  if not each.asked_for then verdict = verdict .. ", but nobody asks for this name" end
  return ("payload %s: %d bytes, sha-256 %s, %s"):format(each.name, each.size, each.digest, verdict)
end

local function add_severed(lines, each)
  local state = "taken out, a device has to get it by other means"
  if each.present then
    state = each.ok and "present, digest ok" or "present, NOT ok: " .. each.why
  elseif each.why then
    state = "NOT ok: " .. each.why
  end
  lines[#lines + 1] = ("severed %s: %s"):format(each.name, state)
end

--- The same as lines for people.
-- @tparam table found of @{of}
-- @treturn {string,...}
function verdicts.lines(found)
  local lines <const> = {
    "digest of the manifest: " .. (found.digest_ok and "ok" or "NOT ok, it is of another manifest"),
    "structure: " .. (found.structure and "a processor would refuse it: " .. found.structure or "ok"),
  }
  for _, each in ipairs(found.severed) do add_severed(lines, each) end
  for _, each in ipairs(found.payloads) do
    lines[#lines + 1] = describe_payload(each)
  end
  for i, block in ipairs(found.blocks) do lines[#lines + 1] = blocks.describe(i, block) end
  if #found.blocks == 0 then lines[#lines + 1] = "not signed" end
  return lines
end

return verdicts
