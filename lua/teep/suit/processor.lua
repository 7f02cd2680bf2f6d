--- Manifest processor (draft-ietf-suit-manifest section 6): runs a verified manifest inside a transaction.
-- @module teep.suit.processor
local completeness <const> = require "teep.suit.completeness"
local dependency <const> = require "teep.suit.dependency"
local Frame <const> = require "teep.suit.frame"
local interpreter <const> = require "teep.suit.interpreter"
local labels <const> = require "teep.suit.labels"
local limits <const> = require "teep.suit.limits"
local options <const> = require "teep.options"
local reasons <const> = require "teep.suit.reasons"
local rules <const> = require "teep.suit.rules"
local setup <const> = require "teep.suit.setup"
local State <const> = require "teep.suit.state"
local verify <const> = require "teep.suit.verify"

local processor = {}

local function run_procedure(state, frame, procedure)
  local depends <const> = #frame.manifest.dependency_list > 0
  local names <const> = labels.procedures[procedure]
  for i = 1, #names do
    local name <const> = names[i]
    local ok, message, code = interpreter.run_section(state, frame, name)
    if ok and depends then ok, message, code = completeness.check_ran(state, frame, name) end
    if not ok then return ok, message, code end
  end
  if depends then return dependency.complete(state, frame) end
  return true
end

local known_options <const> = {
  procedure = "string", txn = "any", driver = "any", device = "table",
  fetch = "function?", decrypt = "function?", current = "function?", keep = "function?",
  dependency = "function?", rights = "table?", rules = "table?", limits = "table?",
}

local identifiers <const> = { "vendor_identifier", "class_identifier" }

local function check_device(device)
  for i = 1, #identifiers do
    local name <const> = identifiers[i]
    if type(device[name]) ~= "string" or #device[name] == 0 or #device[name] > 16 then
      error(("suit.process: device.%s has to be 16 bytes"):format(name), 4)
    end
  end
end

local function check_misuse(verified, given)
  if not verify.is_verified(verified) then error("suit.process: want what suit.verify returned", 3) end
  if not labels.procedures[given.procedure] then
    error("suit.process: procedure has to be update, invocation or uninstall", 3)
  end
  check_device(given.device)
end

-- What was staged and not removed again, in the manifest's order; and the identifiers given up.
local function changes(state, frame)
  local installed <const>, unlinked <const> = {}, {}
  local ids <const> = frame.manifest.components
  for i = 1, #ids do
    local id <const> = ids[i]
    local name <const> = frame:name(i - 1)
    local found <const> = not frame.dependencies[i - 1] and state.contents[name]
    if found then
      installed[#installed + 1] = {
        component_id = id, size = found.size, digest = found.digest,
        digest_algorithm = found.digest_algorithm,
      }
    end
    if state.given_up[name] then unlinked[#unlinked + 1] = id end
  end
  return installed, unlinked
end

-- Every dependency of the tree, dependents before their dependencies.
local function add_dependencies(state, frame, list)
  for _, index in ipairs(frame.manifest.dependency_list) do
    local child <const> = frame.children[index]
    if child then
      local installed <const>, unlinked <const> = changes(state, child)
      list[#list + 1] = {
        component_id = frame:id(index), dependent = frame.verified.identity, verified = child.verified,
        removed = child.removed or false, unlinked_by_dependent = (frame.unlinked or {})[index] or false,
        installed = installed, unlinked = unlinked,
      }
      add_dependencies(state, child, list)
    end
  end
  return list
end

local function outcome_of(state, frame)
  local installed <const>, unlinked <const> = changes(state, frame)
  return {
    installed = installed, unlinked = unlinked, dependencies = add_dependencies(state, frame, {}),
    invocations = state.invocations,
  }
end

--- Run a procedure. Changes are staged in the transaction; commit it when the outcome is ok, else abort it.
-- @tparam Verified verified what @{verify.verify} returned
-- @tparam table given
--
-- * `procedure`: `update`, `invocation` or `uninstall`
-- * `driver`, `txn`: TEE driver and the open transaction
-- * `device`: `vendor_identifier`, `class_identifier` (16 bytes each; a vendor by private enterprise number
--   has fewer). What else the device can tell, absent where it cannot: `device_identifier` (16 bytes),
--   `clock() -> seconds`, `slot(component_id) -> number | nil`, `battery() -> mWh`,
--   `authorized(priority) -> boolean`, `version(component_id) -> { numbers } | nil`,
--   `wait = { event = function(argument, limit in seconds) -> true | nil, message, code }`,
--   `metadata(txn, component_id, metadata) -> true | nil, message, code`
-- * `fetch`: `fetch(uri, offset, sink) -> true | nil, message, code` gives the payload at a URI, from a byte
--   offset on, in pieces to `sink(bytes) -> true | nil, message, code`; when the sink fails it stops and
--   returns what the sink returned
-- * `decrypt`: `decrypt(encryption_info, sink) -> filter | nil, message, code`; `filter:update(bytes)` passes
--   plaintext on to the sink, `filter:finish()` checks what there is to check; both return as the sink does
-- * `current`: `current(identity) -> sequence number | nil`, the one installed
-- * `keep`: `keep(id, identities) -> boolean`, whether a manifest other than these holds the component, or
--   depends on the manifest: then it is not overwritten, and unlink leaves its data
-- * `dependency`: `dependency(component_id, identity) -> envelope, digest | nil`, the dependency that is
--   installed for the manifest of this identity
-- * `rights`: see @{teep.suit.rights}; every trusted signer may do everything without them
-- * `rules`: see @{teep.suit.rules}
-- * `limits`: by the names of teep.suit.limits
-- @treturn table outcome: `ok`, `installed` (`{ component_id, size, digest, digest_algorithm }`),
--   `unlinked` (identifiers), `dependencies` (`{ component_id, dependent (its identity), verified, installed,
--   unlinked, unlinked_by_dependent, removed }`), `invocations` (`{ component_id, arguments }`), `warnings`,
--   `records`, `reference` (`uri`, `digest`); after a failure `message`, `code`, `reason` (of a SUIT Report)
--   and, when a command was at fault, `failure` (its record)
function processor.run(verified, given)
  options.check(given, known_options)
  check_misuse(verified, given)
  local state <const> = State.new(given, limits.with(given.limits), rules.with(given.rules))
  local frame <const> = Frame.new(state, verified)
  local ok, message, code = setup.check(state, frame, given.procedure)
  if ok then ok, message, code = run_procedure(state, frame, given.procedure) end
  if ok then ok, message, code = state:check_confirmed() end
  local outcome <const> = ok and outcome_of(state, frame)
    or { installed = {}, unlinked = {}, dependencies = {}, invocations = {} }
  outcome.ok, outcome.message, outcome.code = ok == true, message, code
  outcome.reason, outcome.failure = code and reasons.of(code), not ok and state.failure or nil
  outcome.records, outcome.warnings = state.records, state.warnings
  outcome.reference = { uri = verified.reference_uri or "", digest = verified.digest }
  return outcome
end

return processor
