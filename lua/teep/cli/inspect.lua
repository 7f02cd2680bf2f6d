--- `teep inspect`: annotated view of bytes.
local files <const> = require "teep.cli.files"
local output <const> = require "teep.cli.output"
local wire <const> = require "teep.wire"

local verb = {
  name = "inspect",
  summary = "show TEEP, SUIT, COSE or any CBOR bytes, annotated",
  description = "Shows the structure of the bytes, with names beside the numbers of " ..
    "draft-ietf-teep-protocol-26, or of draft 25 with --wire v25. It checks no signature and trusts " ..
    "nothing: \"teep suit verify\" checks. Hexadecimal text is accepted too.",
  example = "teep inspect hello.suit\necho 8204a11348a0a1a2a3a4a5a6a7 | teep inspect -",
}

function verb.define(command)
  command:argument("file", "File, or - for standard input."):argname("FILE")
  command:flag("--full", "Show long byte strings whole.")
  command:flag("--offsets", "Show where each value begins, in bytes.")
  command:option("--wire", "Numbers of TEEP messages: v26 or v25.", "v26"):choices(wire.dialects)
end

function verb.run(arguments)
  local bytes, message, code = files.read(arguments.file)
  if not bytes then return nil, message, code end
  local lines, why, reason = require("teep.inspect").view(bytes, {
    full = arguments.full, offsets = arguments.offsets, wire = arguments.wire,
  })
  if not lines then return nil, ("%s: %s"):format(arguments.file, why), reason end
  for _, line in ipairs(lines) do output.print("%s", line) end
  return true
end

return verb
