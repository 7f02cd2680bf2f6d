--- State of one procedure (draft-ietf-suit-manifest section 6.6), shared by a manifest and its dependencies:
-- parameters and contents by component identifier, what is reported, how far soft failures reach.
-- @module teep.suit.state
local errors <const> = require "teep.errors"

local State = {}
State.__index = State

local function nobody() return false end

--- A state with cleared parameters.
-- @tparam table given options of teep.suit.processor
-- @tparam table limits
-- @tparam table rules
-- @treturn State
function State.new(given, limits, rules)
  return setmetatable({
    procedure = given.procedure, txn = given.txn, driver = given.driver, device = given.device,
    fetch = given.fetch, decrypt = given.decrypt, current = given.current, dependency = given.dependency,
    keep = given.keep or nobody, rights = given.rights, limits = limits, rules = rules,
    values = {}, contents = {}, given_up = {}, retained = {}, buffered = 0, refused = {},
    steps = 0, soft = {}, frames = 0, manifests = {}, strict = true,
    records = {}, claimed = {}, warnings = {}, invocations = {},
  }, State)
end

--- Count a command that is about to run.
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string `limit_reached`
function State:step()
  self.steps = self.steps + 1
  if self.steps > self.limits.steps then
    return errors.fail("limit_reached", "more than %d commands run", self.limits.steps)
  end
  return true
end

--- Remember the content that a directive has staged.
-- @tparam string name of @{Frame:key}
-- @tparam table content `size`, `digest`, `digest_algorithm`; `pieces` when it is kept in memory
function State:stage(name, content)
  self.contents[name], self.given_up[name] = content, nil
end

--- Remember that a manifest gives a component up.
-- @tparam string name
-- @tparam boolean removed whether its data goes with it
function State:unlink(name, removed)
  self.given_up[name] = true
  if removed then self.contents[name] = false end
end

--- Size and digest of a component: as changed in this transaction, else as the back end finds it.
-- @treturn[1] table `size`, `digest`, `digest_algorithm`
-- @treturn[2] nil, string, string `not_found` and other codes of the driver
function State:measure(frame, index)
  local content <const> = self.contents[frame:key(index)]
  if content then return content end
  if content == false or frame.dependencies[index] then return errors.fail "not_found" end
  return self.driver:probe(frame:id(index))
end

--- Whether a manifest other than those at work holds a component, or depends on a manifest: then it is not
-- changed.
function State:held(frame, id) return self.keep(id, frame:lineage()) end

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

--- A SUIT_Record (draft-ietf-suit-report section 4).
local function record(frame, section, offset, index, measured)
  return {
    manifest_id = frame.path, section = section, offset = offset, component_index = index,
    parameters = measured,
  }
end

-- Claims about a component, once for each command: sections repeat the shared sequence.
local function claim(self, frame, command, index, measured)
  local key <const> = command.code .. ":" .. frame:name(index)
  if self.claimed[key] or not next(measured) then return end
  self.claimed[key] = true
  local claims <const> = { component_id = frame:id(index) }
  for name, value in pairs(measured) do claims[name] = value end
  add(self, claims)
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
  if policy.system_failure then claim(self, frame, command, index, measured) end
end

--- Note the place of a failure before any command ran.
function State:misplaced(frame, where)
  self.failure = self.failure or record(frame, where.section, where.offset, 0, {})
end

--- A failed condition has been made up for by another sequence.
function State:recovered() self.failure = nil end

--- Something that is lenient by request, for the host to show.
function State:warn(...)
  self.warnings[#self.warnings + 1] = string.format(...)
end

return State
