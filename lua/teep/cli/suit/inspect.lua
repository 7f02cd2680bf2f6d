--- `teep suit inspect`: what is in an envelope, and whether its parts belong together.
local blocks <const> = require "teep.cli.suit.blocks"
local files <const> = require "teep.cli.files"
local inspect <const> = require "teep.inspect"
local keys <const> = require "teep.config.keys"
local output <const> = require "teep.cli.output"
local verdicts <const> = require "teep.cli.suit.verdicts"

local verb = { name = "inspect", summary = "show an envelope with offsets, names and verdicts" }

function verb.define(command)
  command:description("Shows every value of an envelope with its offset in bytes and its name, and before " ..
    "that whether its digests match, what is severed, and what signatures there are. It trusts nothing: " ..
    "\"teep suit verify\" decides. Hexadecimal text is accepted too.")
  command:argument("file", "SUIT envelope, or - for standard input."):argname "FILE"
  command:option("--key", "Public key file to try; may be repeated."):argname "FILE":count "*":default {}
  command:flag("--full", "Show long byte strings whole.")
  command:flag("--json", "Print the verdicts as JSON.")
  command:epilog("Example:\n  teep suit inspect hello.suit --key signer.pub")
end

local function load_keys(paths)
  local loaded <const>, message <const>, code <const> = keys.load_all(paths)
  if not loaded then return loaded, message, code end
  local given <const> = {}
  for i, key in ipairs(loaded) do given[i] = { key = key, path = paths[i] } end
  return given
end

local function print_tree(bytes, full)
  local lines <const>, message <const>, code <const> =
    inspect.view(bytes, { full = full, offsets = true })
  if not lines then return lines, message, code end
  for i = 2, #lines do output.print("%s", lines[i]) end
  return true
end

function verb.run(arguments)
  local given <const>, message <const>, code <const> = load_keys(arguments.key)
  if not given then return nil, message, code end
  local input <const>, why <const>, reason <const> = files.read(arguments.file)
  if not input then return nil, why, reason end
  local bytes <const> = inspect.bytes(input)
  local found <const>, flaw <const>, kind <const> = verdicts.of(bytes, given, blocks.algorithms)
  if not found then return nil, ("%s: %s"):format(arguments.file, flaw), kind end
  if arguments.json then
    output.json(found)
    return true
  end
  output.print("%s: %d bytes; nothing here is trusted", arguments.file, #bytes)
  for _, line in ipairs(verdicts.lines(found)) do output.print("%s", line) end
  return print_tree(bytes, arguments.full)
end

return verb
