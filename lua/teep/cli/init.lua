--- The `teep` command.
-- One file per verb in `teep.cli`: a table with `name`, `summary`, `define(command)` (argparse) and
-- `run(arguments)`. `run` returns true, an exit code, or a failure (`nil, message, code`), which
-- becomes one line on standard error and exit code 1, or 2 when the code is `usage`.
-- @module teep.cli
local argparse <const> = require "argparse"
local core <const> = require "teep.core"
local errors <const> = require "teep.errors"
local output <const> = require "teep.cli.output"
local providers <const> = require "teep.config.providers"
local version <const> = require("teep").version

local cli = {}

local groups <const> = {
  { "Daemons", "tam", "broker", transports = true },
  { "On a device (talk to the running broker)", "request", "unrequest", "status", transports = true },
  { "At the TAM (talk to the running TAM)", "manifest", "device", transports = true },
  { "Files, no daemon needed", "key", "suit", "inspect" },
}

local first_steps <const> = [[
First steps:
  teep key generate --algorithm ESP256 -o signer.key     make a key for signing components
  teep suit create --help                                describe a component as a SUIT manifest
  teep tam --config tam.lua                              run the server that holds the manifests
  teep broker --config device.lua                        run the device's side
  teep request ID                                        ask the TAM to install component ID

"teep VERB --help" explains a verb and shows an example.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.]]

local function add_verb(parser, verbs, name, transports)
  local verb = require("teep.cli." .. name)
  local command = parser:command(verb.name):summary(verb.summary)
    :description(verb.description or verb.summary .. "."):command_target("action")
  command:help_description_margin(28)
  command:epilog("Example:\n  " .. verb.example:gsub("\n", "\n  "))
  verb.define(command)
  verbs[verb.name] = { run = verb.run, transports = transports }
  return command
end

local function build()
  local parser = argparse("teep", "Trusted Execution Environment Provisioning (TEEP): TAM, device and tools.",
    first_steps):command_target("verb")
  parser:help_description_margin(16):help_max_width(100)
  parser:flag("--version", "Show the version and exit."):action(function()
    print("teep " .. version)
    os.exit(0)
  end)
  local verbs = {}
  for _, group in ipairs(groups) do
    local commands = {}
    for i = 2, #group do commands[#commands + 1] = add_verb(parser, verbs, group[i], group.transports) end
    parser:group(group[1], table.unpack(commands))
  end
  return parser, verbs
end

-- argparse hands the (sub)command at fault; its usage line begins with the full name.
local function usage_fault(command, message)
  local name = command:get_usage():match("^Usage: ([%w ]*%w)") or "teep"
  error({ usage = ('%s (see "%s --help")'):format(message, name) }, 0)
end

local function execute(arguments)
  local parser, verbs = build()
  parser.error = usage_fault
  local parsed = parser:parse(arguments)
  local ordered, message, code = providers.from_environment()
  if not ordered then return nil, message, code end
  local verb = verbs[parsed.verb]
  if verb.transports and not package.searchpath("teep.transport.lws", package.cpath) then
    return errors.fail("unsupported", "%s: this build has no transports; rebuild with -DWITH_LWS=ON "
      .. "(packages libwebsockets-dev, libwebsockets-evlib-ev and libev-dev)", parsed.verb)
  end
  return verb.run(parsed)
end

-- What a verb has done is not done for whoever cannot read the answer.
local function run(arguments)
  local result, message, code = execute(arguments)
  if result == nil then return nil, message, code end
  local told, why, reason = output.finish()
  if not told then return nil, why, reason end
  return result
end

local function trace(fault)
  if type(fault) == "table" then return fault end
  return { internal = debug.traceback(tostring(fault), 2) }
end

local function report_fault(fault)
  if fault.usage then
    output.complain(fault.usage)
    return 2
  end
  io.stderr:write("teep: internal error, please report it:\n", fault.internal or tostring(fault), "\n")
  return 1
end

--- Run the command.
-- @tparam {string,...} arguments as the interpreter's `arg`
-- @treturn integer exit code: 0 done, 1 refused or failed, 2 wrong usage
-- @usage os.exit(require("teep.cli").main(arg), true)
function cli.main(arguments)
  core.file.outlive_size_limit()
  local ok, result, message, code = xpcall(run, trace, arguments)
  if not ok then return report_fault(result) end
  if result == nil then
    output.complain(message)
    return code == "usage" and 2 or 1
  end
  return math.type(result) == "integer" and result or 0
end

return cli
