--- State of one procedure (draft-ietf-suit-manifest section 6.6), shared by a manifest and its dependencies:
-- parameters and contents by component identifier, what is reported, how far soft failures reach.
-- @module teep.suit.state
local errors <const> = require "teep.errors"
local Transaction <const> = require "teep.suit.transaction"

local State = {}
State.__index = State

local none <const> = {}

--- A state with cleared parameters.
-- @tparam table given options of teep.suit.processor
-- @tparam table limits
-- @tparam table rules
-- @treturn State
function State.new(given, limits, rules)
  return setmetatable({
    procedure = given.procedure, txn = given.txn, driver = given.driver, device = given.device,
    changes = Transaction.new(given.txn),
    fetch = given.fetch, decrypt = given.decrypt, current = given.current, dependency = given.dependency,
    keep = given.keep, rights = given.rights, limits = limits, rules = rules,
    values = {}, contents = {}, given_up = {}, unconfirmed = {}, retained = {}, buffered = 0, refused = {},
    steps = 0, worked = 0, soft = {}, frames = 0, manifests = {}, strict = true,
    records = {}, claimed = {}, warnings = {}, invocations = {},
  }, State)
end

--- Count a command that is about to run.
-- @tparam table command
-- @tparam integer count of the components it is run for
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string `limit_reached`
function State:step(command, count)
  self.steps, self.command = self.steps + count, command
  if self.steps > self.limits.steps then
    return errors.fail("limit_reached", "more than %d commands run", self.limits.steps)
  end
  return true
end

--- Count bytes that are stored, read back, hashed or decrypted: a small manifest must not cause work without
-- end.
-- @tparam integer size bytes
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string `limit_reached`
function State:work(size)
  self.worked = self.worked + size
  if self.worked > self.limits.work_bytes then
    return errors.fail("limit_reached", "more than %d bytes handled", self.limits.work_bytes)
  end
  return true
end

--- Set a field of what belongs to the procedure; it is taken back with the sequence that does so.
function State:set(where, key, value) self.changes:set(where, key, value) end

--- A SUIT_Record (draft-ietf-suit-report section 4).
local function record(frame, section, offset, index, measured)
  return {
    manifest_id = frame.path, section = section, offset = offset, component_index = index,
    parameters = measured,
  }
end

--- Remember the content that the command at hand has staged.
-- @tparam Frame frame
-- @tparam integer index
-- @tparam table content `size`, `digest`, `digest_algorithm`; `pieces` when it is kept in memory
-- @tparam table given of @{teep.suit.content.put}: `confirmed`, `frame`, `index`
function State:stage(frame, index, content, given)
  local key <const>, changes <const> = frame:key(index), self.changes
  changes:set(self.contents, key, content)
  changes:set(self.given_up, key, nil)
  local place
  if not given.confirmed then
    local by <const> = given.frame or frame
    place = record(by, by.section, self.command.offset, given.index or index, none)
  end
  changes:set(self.unconfirmed, key, place)
end

--- A condition has compared the bytes of a component with what the manifest states of them.
function State:confirm(frame, index)
  if frame.dependencies[index] then return end -- only its manifest was
  self.changes:set(self.unconfirmed, frame:key(index), nil)
end

--- Bytes from outside of the signed manifests are of use only once something in these was compared with them.
-- Envelopes of dependencies are checked by their signatures instead; their keys begin with a space.
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string `payload_unconfirmed`
function State:check_confirmed()
  local first
  for key in pairs(self.unconfirmed) do
    if key:sub(1, 1) ~= " " and (not first or key < first) then first = key end
  end
  if not first then return true end
  self.failure = self.unconfirmed[first]
  return errors.fail("payload_unconfirmed", "%s: neither image-match nor check-content has held for what was "
    .. "stored", first)
end

--- Remember that a manifest gives a component up.
-- @tparam string name
-- @tparam boolean removed whether its data goes with it
function State:unlink(name, removed)
  self:set(self.given_up, name, true)
  if not removed then return end
  self:set(self.contents, name, false)
  self:set(self.unconfirmed, name, nil)
end

--- Size and digest of a component of the back end, which reads all of it for that.
-- @tparam {string,...} id
-- @treturn[1] table `size`, `digest`, `digest_algorithm`
-- @treturn[2] nil, string, string `not_found` and other codes of the driver, `limit_reached`
function State:probe(id)
  local found <const>, message <const>, code <const> = self.driver:probe(id)
  if not found then return found, message, code end
  local ok <const>, why <const>, fault <const> = self:work(found.size)
  if not ok then return ok, why, fault end
  return found
end

--- Size and digest of a component: as changed in this transaction, else as the back end finds it.
-- @treturn[1] table `size`, `digest`, `digest_algorithm`
-- @treturn[2] nil, string, string as @{probe}
function State:measure(frame, index)
  local content <const> = self.contents[frame:key(index)]
  if content then return content end
  if content == false or frame.dependencies[index] then return errors.fail "not_found" end
  return self:probe(frame:id(index))
end

--- Whether a manifest other than those at work holds a component, or depends on a manifest: then it is not
-- changed.
function State:held(frame, id) return self.keep and self.keep(id, frame:lineage()) end

--- Without strict order a component must not be both written and read in one sequence (section 6.7).
-- @tparam string name
-- @tparam string access `written` or `read`
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string `command_forbidden`
function State:touch(name, access)
  if self.strict then return true end
  self.touched[access][name] = true
  if self.touched.written[name] and self.touched.read[name] then
    return errors.fail("command_forbidden", "%s is written and read without strict order", name)
  end
  return true
end

--- Set strict order; leaving it begins to watch what is written and read.
function State:order(strict)
  if self.strict and not strict then self.touched = { written = {}, read = {} } end
  self.strict = strict
end

-- A report has room for so many records; the failure that ended a procedure is kept apart from them.
local function add(self, entry)
  if #self.records < self.limits.records then self.records[#self.records + 1] = entry end
end

-- What was measured becomes claims about a component, once for each command: sections repeat the shared
-- sequence. Codes are below 64: one bit for each.
local function claim(self, frame, command, index, measured)
  local name <const>, bit <const> = frame:name(index), 1 << command.code
  local claimed <const> = self.claimed[name] or 0
  if claimed & bit ~= 0 or not next(measured) then return end
  self.claimed[name] = claimed | bit
  measured.component_id = frame:id(index)
  add(self, measured)
end

local function copy(measured)
  local claims <const> = {}
  for name, value in pairs(measured) do claims[name] = value end
  return claims
end

--- Report that a command succeeded, as far as its policy asks for it.
function State:succeeded(frame, command, index, measured)
  local policy <const> = command.argument
  if policy.record_success or policy.system_success then claim(self, frame, command, index, measured) end
end

--- Report that a command failed. The record of the failure is always kept; the innermost one counts.
-- @tparam table policy of the command; empty for one that has none
function State:failed(frame, command, index, measured, policy)
  local entry <const> = record(frame, frame.section, command.offset, index, measured)
  self.failure = self.failure or entry
  if policy.record_failure then add(self, entry) end
  if policy.system_failure then claim(self, frame, command, index, copy(measured)) end
end

--- Note the place of a failure before any command ran.
function State:misplaced(frame, where)
  self.failure = self.failure or record(frame, where.section, where.offset, 0, none)
end

--- A failed condition has been made up for by another sequence.
function State:recovered() self.failure = nil end

--- Something that is lenient by request, for the host to show.
function State:warn(...)
  self.warnings[#self.warnings + 1] = string.format(...)
end

return State
