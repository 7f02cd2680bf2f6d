-- A TAM in this process: whole sessions, first messages, and what a stranger's message costs.
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local device <const> = require "bench.device"
local key <const> = require "teep.key"
local measure <const> = require "bench.measure"
local policy <const> = require "teep.policy"
local store <const> = require "teep.store"
local tam <const> = require "teep.tam"
local task <const> = require "teep.task"

local AT_A_TIME <const> = 64

local function private(algorithm) return assert(key.generate{ algorithm = algorithm }) end

local function server(context, name, agent, timer)
  local signer <const> = private "ESP256"
  local made <const> = assert(tam.new{
    keys = { private "ESP256", private "Ed25519" },
    trust = { agents = { assert(key.load(agent:public())) }, signers = { signer } },
    policy = assert(policy.open{ path = "install_on_request", isolation = "trusted" }),
    store = assert(store.open(("sqlite:%s/%s.db"):format(context.folder, name), { timer = timer })),
    clock = os.time, random = crypto.random,
  })
  assert(made:add_manifest(device.envelope(signer)))
  return made
end

-- What devices compute is taken off; their garbage is charged to the TAM, too.
local function session(made, one, watch)
  local state <const> = {}
  local update <const> = made:receive(state, watch(one.answer, one, made:connect(state)))
  local rest <const>, _, code = made:receive(state, watch(one.answer, one, update))
  assert(not rest and not code, code)
end

-- Many sessions at a time, so that their transactions share commits as those of a busy TAM do.
local function sessions(context)
  local one <const>, due <const> = device.new(), {}
  local made <const> = server(context, "session", one.key, function(_, fn) table.insert(due, fn) end)
  return function(seconds)
    local watch <const>, count, start = measure.stopwatch(), 0, os.clock()
    repeat
      for _ = 1, AT_A_TIME do
        task.run(function()
          session(made, one, watch)
          count = count + 1
        end)
      end
      while due[1] do table.remove(due, 1)() end
    until os.clock() - start - watch.spent >= seconds
    assert(count % AT_A_TIME == 0, "a session did not end")
    return count, os.clock() - start - watch.spent
  end
end

-- What the signatures of such a session cost by themselves: the QueryRequest has two, the Update one; two messages of
-- the device are verified.
local function crypto_only(context)
  return function(seconds)
    local spent = 0
    for _, step in ipairs{ { "sign", "ESP256", 2 }, { "sign", "Ed25519", 1 }, { "verify", "ESP256", 2 } } do
      local operations <const>, time <const> =
        measure.program(context.core_bench, "run", context.provider, step[2], step[1], seconds / 3)
      spent = spent + step[3] * time / operations
    end
    return 1, spent
  end
end

local function flip(bytes, position)
  return bytes:sub(1, position - 1) .. string.char(bytes:byte(position) ~ 1) .. bytes:sub(position + 1)
end

-- Messages of 1 KiB that end before any signature is checked.
local function strangers(context)
  local one <const>, other <const> = device.new(), device.new()
  local made <const> = server(context, "stranger", one.key)
  local function answered(who)
    local request <const> = assert(cose.parse(assert(made:connect{})))
    local asked <const> = assert(require("teep.message").decode(request.payload, { wire = "v26" }))
    local fields <const> = { type = "query-response", token = asked.token, attestation_payload = ("a"):rep(800) }
    return who:sign(fields), asked.token
  end
  local unknown <const> = answered(other)
  local forged, token = answered(one)
  forged = flip(forged, forged:find(token, 1, true) + #token - 1)
  local function dropped(bytes, wanted)
    return function(seconds)
      return measure.calls(function()
        local _, _, code <const> = made:receive({}, bytes)
        assert(code == wanted, code)
      end, seconds)
    end
  end
  return dropped(forged, "token_invalid"), dropped(unknown, "unknown_key")
end

return function(context)
  local first <const> = server(context, "first", device.new().key)
  local forged <const>, unknown <const> = strangers(context)
  return {
    { name = "session, crypto only", run = crypto_only(context) },
    { name = "session, in process, 64 at a time", baseline = "session, crypto only", run = sessions(context) },
    { name = "first message", baseline = "sign ESP256", run = function(seconds)
      return measure.calls(function() assert(first:connect{}) end, seconds)
    end },
    { name = "forged token dropped", baseline = "verify ESP256", run = forged },
    { name = "unknown key dropped", baseline = "verify ESP256", run = unknown },
  }
end
