--- SUIT envelope (draft-ietf-suit-manifest section 8.2): which member lies where.
-- The envelope is a map whose values are all byte strings. Its members are found as positions in the
-- original bytes: digests and signatures are taken over those, and payloads of megabytes stay where they are.
-- @module teep.suit.envelope
local cbor <const> = require "teep.cbor"
local core <const> = require("teep.core").suit
local digest <const> = require "teep.suit.digest"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"

local envelope = {}

local Envelope <const> = {}
Envelope.__index = Envelope

local severed <const> = {}
for _, rows in ipairs{ labels.sections, labels.metadata } do
  for _, row in ipairs(rows) do severed[row.label] = row.severable and row.name or nil end
end

-- draft-ietf-suit-manifest section 11.1 keeps label 1 for delegation, which no current draft defines.
local function check_label(label)
  if label == labels.delegation then
    return errors.fail("unknown_field", "envelope.1: delegation is not supported")
  end
  local known <const> = label == labels.authentication_wrapper or label == labels.manifest or severed[label]
  if not known then return errors.fail("unknown_field", "envelope.%u: no member of an envelope", label) end
  return true
end

local function add_payload(self, name, span, limits)
  self.payload_count = self.payload_count + 1
  if self.payload_count > limits.integrated_payloads then
    return errors.fail("limit_reached", "envelope: more than %d integrated payloads",
      limits.integrated_payloads)
  end
  self.payloads[name] = span
  return true
end

local function add_member(self, span, limits)
  local key <const> = span.key
  if not key then
    return errors.fail("unknown_field", "envelope: a key that is neither an unsigned integer nor text")
  end
  if not span.content then
    return errors.fail("wrong_type", "envelope.%s: want a byte string", labels.shown(key))
  end
  if type(key) == "string" then return add_payload(self, key, span, limits) end
  self.members[key] = span
  return check_label(key)
end

local required <const> = { "authentication_wrapper", "manifest" }

local function check_required(members)
  for i = 1, #required do
    if not members[labels[required[i]]] then
      return errors.fail("missing_field", "envelope.%s: absent", required[i])
    end
  end
  return true
end

--- Find the members of an envelope.
-- @tparam string bytes tagged 107 or untagged, keys in deterministic order (section 8.1)
-- @tparam table limits of teep.suit.limits
-- @treturn[1] Envelope `.members` (label to position), `.payloads` (name to position), `.tagged`
-- @treturn[2] nil, string, string `not_suit`, `too_large`, `unknown_field`, `wrong_type`, `missing_field`,
--   `limit_reached` and the codes of the CBOR scanner
function envelope.open(bytes, limits)
  local tagged <const>, list <const>, code = core.envelope(bytes, limits.envelope_bytes, labels.envelope_tag)
  if code then return tagged, list, code end
  if not list then return errors.fail("not_suit", "envelope: want a map, tagged 107 or untagged") end
  local self <const> = setmetatable({
    bytes = bytes, tagged = tagged, members = {}, payloads = {}, payload_count = 0,
  }, Envelope)
  local ok, message
  for i = 1, #list do
    ok, message, code = add_member(self, list[i], limits)
    if not ok then return ok, message, code end
  end
  ok, message, code = check_required(self.members)
  if not ok then return ok, message, code end
  return self
end

--- Decode the content of a member that is there.
-- @tparam integer label
-- @tparam Schema codec
-- @tparam[opt] table limits of teep.cbor.scan
-- @return as Schema:decode
function Envelope:decode(label, codec, limits)
  local span <const> = self.members[label]
  return codec:decode(self.bytes, limits, span.content, span.last)
end

--- Content of a member, without the head of its byte string; nil when absent.
function Envelope:content(label)
  local span <const> = self.members[label]
  return span and self.bytes:sub(span.content, span.last)
end

--- Check a member as it was encoded, head included, against the digest stated for it (section 10).
-- @tparam integer label
-- @tparam table stated
-- @tparam string path
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string the codes of @{digest.verify}
function Envelope:check_digest(label, stated, path)
  local span <const> = self.members[label]
  return digest.verify(stated, self.bytes, path, span.first, span.last)
end

--- A member as it was encoded, head included: what digests are taken over (section 10).
function Envelope:encoded(label)
  local span <const> = self.members[label]
  return self.bytes:sub(span.first, span.last)
end

--- Size in bytes of an integrated payload; nil when there is none of this name.
function Envelope:payload_size(name)
  local span <const> = self.payloads[name]
  return span and span.last - span.content + 1
end

--- Bytes of an integrated payload.
-- @tparam string name the URI of section 7.5, `#` included
-- @tparam integer offset 0-based
-- @tparam integer size in bytes; fewer are returned at the end
function Envelope:payload(name, offset, size)
  local span <const> = self.payloads[name]
  local first <const> = span.content + offset
  return self.bytes:sub(first, math.min(first + size - 1, span.last))
end

--- Encode an envelope, keys in deterministic order.
-- @tparam table members label (integer) or payload name (string) to content of the byte string
-- @tparam[opt=false] boolean tagged with tag 107; the TEEP protocol asks for the untagged form
-- @treturn string bytes
function envelope.encode(members, tagged)
  local map <const> = cbor.map()
  for key, content in pairs(members) do
    map[#map + 1] = { type(key) == "string" and cbor.text(key) or key, content }
  end
  return cbor.encode(tagged and cbor.tag(labels.envelope_tag, map) or map)
end

--- The same envelope with some members replaced.
-- @tparam {[integer|string]=string|boolean,...} changes false takes a member out
-- @treturn string bytes
function Envelope:with(changes)
  local members <const> = {}
  for label in pairs(self.members) do members[label] = self:content(label) end
  for name in pairs(self.payloads) do members[name] = self:payload(name, 0, self:payload_size(name)) end
  for key, content in pairs(changes) do members[key] = content or nil end
  return envelope.encode(members, self.tagged)
end

return envelope
