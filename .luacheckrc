std = "lua54"
max_line_length = 110
codes = true
self = false
exclude_files = { "build/", "build.luarocks/" }
files["spec/"] = { std = "+busted", max_line_length = 130 }
files["rockspec/"] = { ignore = { "111" } }
-- Verbs of the policy and flow contracts: the only globals such a script sees.
local policy_verbs = { "ask", "vector", "update", "attest", "retry", "deny", "nothing", "accept", "quarantine" }
local flow_verbs = { "connect", "exchange", "fetch", "retry", "wait", "choose_tam" }
files["policies/"] = { std = "lua54", read_globals = policy_verbs }
files["policies/default_flow.lua"] = { read_globals = flow_verbs }
