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
local expected <const> = require "teep.suit.report.expected"
local hex <const> = require "teep.hex"
local json <const> = require "teep.daemon.json"
local labels <const> = require "teep.suit.labels"
local limits <const> = require "teep.suit.limits"
local scan <const> = require "teep.suit.scan"
local schema <const> = require "teep.schema"
local secrets <const> = require "teep.cli.suit.secrets"
local suit <const> = require "teep.suit"

local verdicts = {}
local look

local digest_codec <const> = schema.compile(digest.description)

-- A digest in place of the member, and what became of the member (section 8.4.12).
local function severed_one(opened, row, value, base)
  local stated <const>, message <const> = digest_codec:decode(cbor.encode(value))
  if not stated then return { name = row.name, ok = false, why = message } end
  local span <const> = opened.members[row.label]
  if not span then return { name = row.name, present = false } end
  local ok <const>, why <const> = digest.verify(stated, opened:encoded(row.label), row.name)
  return { name = row.name, present = true, offset = base + span.first - 1, ok = ok == true, why = why }
end

local function severed(opened, base)
  local list <const> = json.list{}
  local manifest <const> = cbor.decode(opened:content(labels.manifest))
  if cbor.type(manifest) ~= "map" then return list end
  for _, rows in ipairs{ labels.sections, labels.metadata } do
    for _, row in ipairs(rows) do
      local value <const> = manifest:get(row.label)
      if cbor.type(value) == "array" then
        list[#list + 1] = severed_one(opened, row, value, base)
      elseif opened.members[row.label] then
        list[#list + 1] = {
          name = row.name, present = true, offset = base + opened.members[row.label].first - 1,
          ok = false, why = "the manifest announces none",
        }
      end
    end
  end
  return list
end

-- Digests that are stated, and the component of each; of slots each has its own.
local function owners_in(view)
  local owners <const>, stated <const> = {}, view and expected.finally(view.manifest) or {}
  for i, id in ipairs(view and view.components or {}) do
    for _, each in ipairs((stated[i - 1] or {}).image_digest or {}) do
      owners[each.bytes] = owners[each.bytes] or component_id.format(id)
    end
  end
  return owners
end

-- A payload that is an envelope, however broken: it belongs here when the manifest states its manifest's
-- digest (draft-ietf-suit-trust-domains section 5.2.2).
local function dependency_of(opened, bytes)
  local bound <const> = limits.with()
  local inner <const> = envelope.open(bytes, bound)
  local wrapper <const> = inner and authenticate.open(inner, bound)
  if not wrapper then return nil end
  local view <const> = suit.decode(bytes)
  local id <const> = view and view.manifest_component_id
  local stated <const> = opened:content(labels.manifest):find(wrapper.digest.bytes, 1, true) ~= nil
  local name <const> = id and component_id.format(id) or view and "without identifier" or "that is broken"
  return name, authenticate.check_digest(inner, wrapper) == true and stated
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

local function payload_at(opened, owners, name, where)
  local size <const>, offset <const> = opened:payload_size(name), where.base + opened.payloads[name].first - 1
  local bytes <const> = opened:payload(name, 0, size)
  local sum <const> = crypto.digest("SHA-256", bytes)
  local dependency <const>, ok <const> = dependency_of(opened, bytes)
  local owner <const> = owners[sum]
  local inside <const> = dependency and where.depth < limits.defaults.dependency_depth
    and look(bytes, where, where.base + opened.payloads[name].content - 1, where.depth + 1) or nil
  return {
    name = name, size = size, digest = hex.encode(sum), offset = offset, component = owner,
    dependency = dependency, asked_for = is_asked_for(opened, name), inside = inside,
    ok = (ok or owner ~= nil) and is_asked_for(opened, name),
  }
end

local function payloads(opened, view, where)
  local list <const>, names <const> = json.list{}, {}
  for name in pairs(opened.payloads) do names[#names + 1] = name end
  table.sort(names)
  local owners <const> = owners_in(view)
  for i, name in ipairs(names) do list[i] = payload_at(opened, owners, name, where) end
  return list
end

-- What a processor would say that has never heard of the signers.
local function structure(bytes)
  local view <const>, message <const> = suit.decode(bytes)
  if not view then return nil, message end
  local ok <const>, why <const> = scan.check(view.manifest)
  return view, not ok and why or nil
end

-- The digest is the first element of the authentication wrapper.
local function digest_offset(opened, base)
  local span <const> = opened.members[labels.authentication_wrapper]
  local items <const> = cbor.items(opened:content(labels.authentication_wrapper))
  return items and base + span.content - 1 + items[1].offset
end

local function blocks_of(opened, where)
  local span <const> = opened.members[labels.authentication_wrapper]
  local items <const> = cbor.items(opened:content(labels.authentication_wrapper)) or {}
  local list <const> = json.list(blocks.check(opened, where.keys, where.algorithms))
  for i, block in ipairs(list) do block.offset = where.base + span.content - 1 + items[i + 1].offset end
  return list
end

function look(bytes, given, base, depth)
  local where <const> = { keys = given.keys, algorithms = given.algorithms, base = base, depth = depth }
  local bound <const> = limits.with()
  local opened <const>, message <const>, code <const> = envelope.open(bytes, bound)
  if not opened then return opened, message, code end
  local wrapper <const>, why <const>, reason <const> = authenticate.open(opened, bound)
  if not wrapper then return wrapper, why, reason end
  local view <const>, refused <const> = structure(bytes)
  local id <const> = view and view.manifest_component_id
  return {
    digest_ok = authenticate.check_digest(opened, wrapper) == true,
    digest_offset = digest_offset(opened, base),
    structure = refused, manifest = id and component_id.format(id),
    sequence_number = view and ("%u"):format(view.sequence_number), severed = severed(opened, base),
    encryption = view and secrets.of(view, base) or json.list{}, payloads = payloads(opened, view, where),
    blocks = blocks_of(opened, where),
  }
end

--- Look at an envelope, and at those of dependencies in it.
-- @tparam string bytes
-- @tparam {table,...} keys to try: `{ key, path }`
-- @tparam {string,...} algorithms that are accepted of them
-- @treturn[1] table `digest_ok`, `structure` (what a processor would refuse, nil when nothing), `severed`,
--   `encryption`, `payloads` (of a dependency with `inside`, the same again), `blocks`, `manifest`,
--   `sequence_number`; each with the `offset` in bytes of what it is about
-- @treturn[2] nil, string, string what is no envelope at all
-- @usage local found = assert(verdicts.of(bytes, {}, {}))
function verdicts.of(bytes, keys, algorithms)
  return look(bytes, { keys = keys, algorithms = algorithms }, 0, 0)
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
  return ("payload %s at byte %d: %d bytes, sha-256 %s, %s"):format(each.name, each.offset, each.size,
    each.digest, verdict)
end

local function add_severed(lines, each)
  local state = "taken out, a device has to get it by other means"
  if each.present then
    state = each.ok and "present, digest ok" or "present, NOT ok: " .. each.why
  elseif each.why then
    state = "NOT ok: " .. each.why
  end
  local place <const> = each.offset and (" at byte %d"):format(each.offset) or ""
  lines[#lines + 1] = ("severed %s%s: %s"):format(each.name, place, state)
end

local add

-- What is inside of a dependency stands below it, further to the right.
local function add_payload(lines, each)
  lines[#lines + 1] = describe_payload(each)
  if not each.inside then return end
  local inner <const> = {}
  add(inner, each.inside)
  for _, line in ipairs(inner) do lines[#lines + 1] = "  " .. line end
end

function add(lines, found)
  lines[#lines + 1] = ("digest of the manifest at byte %d: %s"):format(found.digest_offset,
    found.digest_ok and "ok" or "NOT ok, it is of another manifest")
  lines[#lines + 1] = "structure: "
    .. (found.structure and "a processor would refuse it: " .. found.structure or "ok")
  for _, each in ipairs(found.severed) do add_severed(lines, each) end
  for _, each in ipairs(found.encryption) do lines[#lines + 1] = secrets.describe(each) end
  for i, block in ipairs(found.blocks) do lines[#lines + 1] = blocks.describe(i, block) end
  if #found.blocks == 0 then lines[#lines + 1] = "not signed" end
  for _, each in ipairs(found.payloads) do add_payload(lines, each) end
end

--- The same as lines for people.
-- @tparam table found of @{of}
-- @treturn {string,...}
function verdicts.lines(found)
  local lines <const> = {}
  add(lines, found)
  return lines
end

return verdicts
