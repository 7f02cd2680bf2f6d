--- `teep suit`: SUIT envelopes for component developers.
local verbs <const> = {}
local order <const> = { "create", "sign", "encrypt", "inspect", "verify", "process", "strip" }
for i, name in ipairs(order) do verbs[i] = require("teep.cli.suit." .. name) end

local verb = {
  name = "suit",
  summary = "create, sign, encrypt, verify and try SUIT envelopes",
  description = "Makes the SUIT manifests (draft-ietf-suit-manifest) that TAMs offer and devices install, " ..
    "and shows what they would do.",
  example = "teep suit create hello.lua -o hello.unsigned\n" ..
    "teep suit sign hello.unsigned --key signer.key -o hello.suit\n" ..
    "teep suit verify hello.suit --key signer.pub\n" ..
    "teep suit process hello.suit --dry-run --key signer.pub --vendor UUID --class UUID",
}

function verb.define(command)
  for _, each in ipairs(verbs) do each.define(command:command(each.name):summary(each.summary)) end
end

function verb.run(arguments)
  for _, each in ipairs(verbs) do
    if each.name == arguments.action then return each.run(arguments) end
  end
end

return verb
