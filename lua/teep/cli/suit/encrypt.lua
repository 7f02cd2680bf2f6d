--- `teep suit encrypt`: a payload for recipients.
local content <const> = require "teep.cli.suit.content"
local files <const> = require "teep.cli.files"

local verb = { name = "encrypt", summary = "encrypt a payload for recipients" }

function verb.define(encrypt)
  encrypt:description("Encrypts a payload under a fresh content key, and that for each recipient: with " ..
    "ECDH-ES+A128KW for a P-256 key, with A128KW for a symmetric key. Writes the ciphertext, and the " ..
    "encryption-info that a description names beside it. Run it anew for every payload.")
  encrypt:argument("payload", "File with the bytes of the component."):argname "PAYLOAD"
  encrypt:option("--recipient", "Key file of a recipient, public where there is one; may be repeated.")
    :argname "FILE":count "+"
  encrypt:option("--algorithm", "Content encryption."):default "A128GCM"
    :choices(require("teep.suit.encryption").algorithms)
  encrypt:option("--info", "File to write the encryption-info to."):argname "FILE":count(1)
  encrypt:option("-o --output", "File to write the ciphertext to."):argname "FILE":count(1)
  encrypt:epilog("Example:\n" ..
    "  teep suit encrypt hello.bin --recipient device.pub -o hello.enc --info hello.info")
end

local function inputs(arguments)
  return { arguments.payload, table.unpack(arguments.recipient) }
end

function verb.run(arguments)
  if arguments.info == arguments.output then
    return nil, "-o and --info are the same file: ciphertext and encryption-info are two", "usage"
  end
  local payload <const>, why <const>, reason <const> = files.read(arguments.payload)
  if not payload then return nil, why, reason end
  local made <const>, flaw <const>, kind <const> =
    content.encrypt(payload, arguments.recipient, arguments.algorithm)
  if not made then return nil, flaw, kind end
  local ok <const>, full <const>, cause <const> =
    files.write(arguments.output, made.ciphertext, inputs(arguments))
  if not ok then return ok, full, cause end
  local both <const>, lost <const>, reason_of <const> =
    files.write(arguments.info, made.info, { arguments.output, table.unpack(inputs(arguments)) })
  if both then return true end
  return nil, ("%s; %s is new and of no use without it"):format(lost, arguments.output), reason_of
end

return verb
