--- `teep suit sign`: signatures, and MACs, over the digest of a manifest.
local files <const> = require "teep.cli.files"
local keys <const> = require "teep.config.keys"
local suit <const> = require "teep.suit"

local verb = { name = "sign", summary = "sign an envelope, with one key or several" }

function verb.define(sign)
  sign:description("Adds an authentication block over the manifest's digest to an envelope for each key: " ..
    "a COSE_Sign1, or a COSE_Mac0 for a symmetric key. A block of the same key is replaced, others stay. " ..
    "ECDSA signatures (ESP256, ...) differ each time, those of Ed25519 and MACs do not.")
  sign:argument("file", "SUIT envelope."):argname "FILE"
  sign:option("--key", "Private key file of a signer; may be repeated."):argname "FILE":count "+"
  sign:option("-o --output", "File to write."):argname "FILE":count(1)
  sign:epilog("Example:\n  teep suit sign hello.unsigned --key signer.key -o hello.suit")
end

-- What is wrong with a key is told by its file.
local function blame(arguments, position, flaw, code)
  return ("%s: %s"):format(code == "wrong_key" and arguments.key[position] or arguments.file, flaw)
end

function verb.run(arguments)
  local signers <const>, message <const>, code <const> = keys.load_all(arguments.key, { secret = true })
  if not signers then return nil, message, code end
  local envelope <const>, why <const>, reason <const> = files.read(arguments.file)
  if not envelope then return nil, why, reason end
  local signed = envelope
  for i, signer in ipairs(signers) do
    local flaw, kind
    signed, flaw, kind = suit.sign(signed, { key = signer })
    if not signed then return nil, blame(arguments, i, flaw, kind), kind end
  end
  return files.write(arguments.output, signed, arguments.key)
end

return verb
