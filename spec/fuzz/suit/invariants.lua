--- What has to hold of every outcome of `suit.process`. A check returns what is wrong, nil when nothing is.
local cbor <const> = require "teep.cbor"
local coverage <const> = require "fuzz.suit.coverage"
local component_id <const> = require "teep.component_id"
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local suit <const> = require "teep.suit"

local invariants = {}

--- A value as text, the same for equal values.
function invariants.text(value, depth)
  depth = depth or 0
  if type(value) == "string" then return ("%q"):format(value) end
  if type(value) ~= "table" or depth > 12 then return tostring(value) end
  local parts <const> = {}
  for key, each in pairs(value) do
    parts[#parts + 1] = invariants.text(key, depth + 1) .. "=" .. invariants.text(each, depth + 1)
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

--- A failure is one line of printable ASCII, with a code that exists (D24).
function invariants.failure(message, code)
  if type(message) ~= "string" or not message:find "^[ -~]+$" then
    return ("a message that is not one printable line: %q"):format(message)
  end
  if not errors.sentences[code] then return "a code that does not exist: " .. tostring(code) end
  coverage.refusal(message, code)
end

local function has_offset(commands, offset)
  for _, command in ipairs(commands or {}) do
    if command.offset == offset then return true end
    for _, branch in ipairs(command.branches or {}) do
      if branch ~= cbor.null and has_offset(branch, offset) then return true end
    end
  end
  return false
end

local function sequences_at(manifest, section)
  if section == labels.common then return {}, manifest.shared end
  for _, row in ipairs(labels.sections) do
    if row.label == section then return manifest.sections[row.name], manifest.shared end
  end
end

-- The place of a failure is one where a command is.
local function place(verified, failure)
  if #failure.manifest_id > 0 then return nil end
  local own <const>, shared <const> = sequences_at(verified.manifest, failure.section)
  if not own then return "a failure in a section that is not there: " .. failure.section end
  if not (has_offset(own, failure.offset) or has_offset(shared, failure.offset)) then
    return ("a failure at byte %d of section %d, where no command is"):format(failure.offset, failure.section)
  end
  local index <const> = failure.component_index -- 0 also where nothing was chosen yet
  if index ~= 0 and not verified.manifest.positions[index] then return "a failure at a component that is not there" end
end

local function changed(outcome) return #outcome.installed + #outcome.unlinked + #outcome.invocations + #outcome.dependencies end

--- One reason, with its place.
function invariants.outcome(verified, outcome)
  if outcome.ok then
    return (outcome.code or outcome.failure or outcome.reason) and "a success that tells of a failure" or nil
  end
  if not labels.reasons[outcome.reason] or outcome.reason == 0 then return "a failure without a reason" end
  if changed(outcome) > 0 then return "a failure that changed something" end
  return invariants.failure(outcome.message, outcome.code) or outcome.failure and place(verified, outcome.failure)
end

--- Limits were kept; of the state of the processor.
function invariants.limits(state, back_end, outcome)
  local limits <const> = state.limits
  if state.steps > limits.steps + limits.components then return "more steps than the limit" end
  if outcome.ok and state.worked > limits.work_bytes then return "more bytes handled than the limit" end
  if #state.records > limits.records then return "more records than the limit" end
  if state.frames > limits.dependencies then return "more dependencies than the limit" end
  if back_end.driver.calls > (state.steps + 1) * 200 then return "more calls of the driver than steps account for" end
end

local function installed(contents, list)
  for _, each in ipairs(list) do
    local bytes <const> = contents[component_id.format(each.component_id)]
    if not bytes then return "said to be installed, and absent: " .. component_id.format(each.component_id) end
    if #bytes ~= each.size or crypto.digest("SHA-256", bytes) ~= each.digest then
      return "installed, and measured otherwise: " .. component_id.format(each.component_id)
    end
  end
end

--- After the commit, contents are what the outcome says.
function invariants.contents(outcome, back_end)
  if back_end.txn.open > 0 then return "a success that left a payload unfinished" end
  local contents <const> = back_end.world.contents
  local wrong = installed(contents, outcome.installed)
  for _, each in ipairs(outcome.dependencies) do wrong = wrong or installed(contents, each.installed) end
  return wrong
end

-- Independent of teep.suit.rights.
local function below(prefixes, id)
  for _, prefix in ipairs(prefixes or {}) do
    local fits = true
    for i, segment in ipairs(prefix) do fits = fits and id[i] == segment end
    if fits then return true end
  end
  return false
end

--- What others hold and what the signer has no right to was not touched.
-- @tparam table case its host
-- @tparam table back_end
-- @tparam boolean keeps whether the processor was told what others hold
function invariants.rights(case, back_end, keeps)
  local rights <const> = case.host and case.host.rights
  for _, id in ipairs(back_end.txn.changed) do
    local name <const> = component_id.format(id)
    if rights and not below(rights.modify, id) then return "changed without a right to it: " .. name end
    if keeps and case.held[name] then return "changed although another manifest holds it: " .. name end
  end
end

local function same(outcome, read)
  local failure <const> = outcome.failure
  local found <const> = read.failure and read.failure.record
  return read.ok == outcome.ok and invariants.text(read.records) == invariants.text(outcome.records)
    and invariants.text(read.reference) == invariants.text(outcome.reference)
    and (not failure or invariants.text(found) == invariants.text(failure))
    and (outcome.ok or read.failure.reason == outcome.reason and read.failure.code == errors.numbers[outcome.code])
end

--- The report of an outcome reads as the outcome, and can be explained.
-- @treturn[1] nil
-- @treturn[1] string the report
-- @treturn[2] string what is wrong
function invariants.report(verified, outcome)
  local bytes <const>, message = suit.report(outcome, { nonce = "nonce" })
  if not bytes then return "no report: " .. message end
  local read
  read, message = suit.read_report(bytes)
  if not read then return "the report cannot be read: " .. message end
  if not same(outcome, read) then
    return ("the report says otherwise: %s, the outcome %s"):format(invariants.text(read), invariants.text(outcome))
  end
  for _, known in ipairs{ verified, false } do
    local said <const> = suit.explain_report(read, known or nil)
    if not said:find "^[ -~]+$" then return ("an explanation that is not one printable line: %q"):format(said) end
  end
  return nil, bytes
end

return invariants
