--- Ask the policy and tell the host what it said.
-- @module teep.tam.decide
--- Decide at one point.
-- The policy may suspend the running task with the `await` of the TAM.
-- @tparam Tam tam
-- @tparam string point
-- @tparam table facts
-- @treturn[1] table decision, see `teep.policy`
-- @treturn[2] nil, string, string message and code `policy_failed`
return function(tam, point, facts)
  local decision <const>, message, code = tam.policy:decide(point, facts, tam.await)
  if not decision then return nil, message, code end
  tam.observe("decision", {
    point = point, verb = decision.verb, policy = decision.policy, reason = decision.reason,
    after = decision.after, stranger = not facts.agent or nil,
  })
  return decision
end
