--- Choices that the SUIT drafts leave open or contradict themselves on; a host may make some of them
-- otherwise.
-- @module teep.suit.rules
local rules = {}

--- Each is false unless the host says otherwise: strict.
rules.names = {
  -- Dependents need not have and run every section of their dependencies, nor fetch all dependencies before
  -- the first payload (draft-ietf-suit-trust-domains section 5.1): its own examples do not.
  lenient_completeness = true,
  -- process-dependency checks the integrity itself where no dependency-integrity came before: examples of
  -- draft-ietf-suit-trust-domains and of the TEEP protocol leave it out.
  lenient_integrity = true,
  -- Unknown commands and parameters within try-each are found out when they are run, not before.
  lenient_unknown = true,
  -- A try-each of which no sequence succeeds ends the procedure, also inside of another try-each.
  exhausted_aborts = true,
  -- The shared sequence has to check vendor and class (draft-ietf-suit-manifest section 6.2, a SHOULD).
  identity_checks = true,
  -- fetch decrypts where encryption-info is set: large payloads need not be kept in memory for copy.
  -- Without, it decrypts dependencies alone (draft-ietf-suit-firmware-encryption section 4 has it for write
  -- and copy).
  decrypt_on_fetch = true,
  -- A dependency runs with the rights of its dependent's signers as well as of its own.
  merge_rights = true,
}

--- What the published examples of the drafts need.
rules.lenient = { lenient_completeness = true, lenient_integrity = true }

local none <const> = {}

--- Rules with unknown names refused.
-- @tparam[opt] table given name to boolean; unknown names throw
-- @treturn table
-- @usage suit.process(verified, { rules = { lenient_integrity = true }, ... })
function rules.with(given)
  if not given then return none end
  for name in pairs(given) do
    if not rules.names[name] then error("no such SUIT rule: " .. tostring(name), 3) end
  end
  return given
end

return rules
