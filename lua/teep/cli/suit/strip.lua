--- `teep suit strip`: an envelope without what travels by other ways.
local files <const> = require "teep.cli.files"
local suit <const> = require "teep.suit"

local verb = { name = "strip", summary = "take payloads and severed sections out of an envelope" }

function verb.define(strip)
  strip:description("Takes the integrated payloads out of an envelope, or with --severed those sections " ..
    "outside of its manifest. Signatures stay valid: the manifest is not changed. A device needs a " ..
    "severed section to run it.")
  strip:argument("file", "SUIT envelope."):argname "FILE"
  strip:option("--severed", "Severed section to take out in place of the payloads; may be repeated.")
    :choices{ "dependency_resolution", "payload_fetch", "install", "text" }:count "*":default {}
  strip:option("-o --output", "File to write."):argname "FILE":count(1)
  strip:epilog("Example:\n  teep suit strip hello.suit --severed text -o hello.small")
end

function verb.run(arguments)
  local envelope <const>, message <const>, code <const> = files.read(arguments.file)
  if not envelope then return nil, message, code end
  local severed <const> = #arguments.severed > 0 and arguments.severed or nil
  local stripped <const>, why <const>, reason <const> = suit.strip(envelope, { severed = severed })
  if not stripped then return nil, ("%s: %s"):format(arguments.file, why), reason end
  return files.write(arguments.output, stripped)
end

return verb
