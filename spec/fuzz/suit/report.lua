--- Target `report`: bytes of SUIT Reports, plain and in a COSE_Mac0.
local bytes <const> = require "fuzz.suit.bytes"
local capabilities <const> = require "teep.suit.report.capabilities"
local coverage <const> = require "fuzz.suit.coverage"
local encode <const> = require "fuzz.suit.encode"
local errors <const> = require "teep.errors"
local generate <const> = require "suit.oracle.generate"
local invariants <const> = require "fuzz.suit.invariants"
local procedure <const> = require "fuzz.suit.procedure"
local protection <const> = require "teep.suit.report.protection"
local suit <const> = require "teep.suit"

local report = {}

local SEEDS <const>, MAP <const> = 60, 5

local names <const> = {}
for name, number in pairs(errors.numbers) do names[number] = name end

-- Policies that have everything recorded.
local function talkative(case)
  for _, manifest in ipairs{ case.root, case.child } do
    for _, list in pairs(manifest.sections) do
      for _, command in ipairs(list) do command[2] = command[2] == nil and 15 or command[2] end
    end
  end
  return case
end

local manifest <const> = talkative(generate.case(3))
local verified <const> = assert(suit.verify(encode.case(manifest), { keys = { encode.signer }, algorithms = { "HMAC-256" } }))

local function with_capabilities()
  return assert(suit.report({
    ok = true, records = {}, reference = { uri = "http://reference", digest = verified.digest },
  }, { nonce = "nonce", capabilities = capabilities.of{ algorithms = { "SHA-256" }, components = { { "a" } } } }))
end

--- First inputs.
function report.seeds(first)
  local list <const> = { { data = with_capabilities() } }
  for i = 1, SEEDS do
    local case <const> = talkative(generate.case(first + i))
    local wrong <const>, data <const> = procedure.run(case, encode.case(case), i)
    list[#list + 1] = { data = assert(data, wrong) }
    if i % 10 == 0 then list[#list + 1] = { data = assert(suit.protect_report(data, { key = encode.signer })) } end
  end
  return list
end

--- A new input from one there is, and another.
function report.mutate(random, input, other) return { data = bytes.mutate(random, input.data, other.data) } end

-- What was read, as an outcome.
local function written(read)
  local failure <const> = read.failure
  return suit.report({
    ok = read.ok, reference = read.reference, records = read.records, failure = failure and failure.record,
    reason = failure and failure.reason, code = failure and names[failure.code],
  }, { nonce = read.nonce, capabilities = read.capabilities })
end

local function explain(read)
  for _, known in ipairs{ verified, false } do
    local said <const> = suit.explain_report(read, known or nil)
    if not said:find "^[ -~]+$" then return ("an explanation that is not one printable line: %q"):format(said) end
  end
end

local function look(data)
  local read <const>, message <const>, code <const> = suit.read_report(data)
  if not read then return invariants.failure(message, code) end
  if not read.ok and not names[read.failure.code] then return explain(read) end
  local once <const>, why <const> = written(read)
  if not once then return "read, and not to be written: " .. why end
  local twice <const> = suit.read_report(once)
  if not twice or invariants.text(twice) ~= invariants.text(read) then
    return ("written, it is another: %s, it was %s"):format(invariants.text(twice), invariants.text(read))
  end
  return explain(read)
end

local profiles <const> = { { authentication = 5, encryption = 1, key_exchange = -3 } }

local function open(data)
  local opened <const>, message <const>, code <const> = suit.open_report(data, { keys = { encode.signer } })
  local wrong <const> = not opened and invariants.failure(message, code)
  if wrong then return wrong end
  local shape <const>, why <const>, fault <const> = protection.shape(data)
  if not shape then return opened and "opened, although it has no shape" or invariants.failure(why, fault) end
  protection.covered(data, profiles)
  local plain <const> = (data:byte() or 0) >> 5 == MAP
  if plain and invariants.text(opened) ~= invariants.text(suit.read_report(data)) then return "opened, it is another" end
  if opened and not plain and not opened.protection then return "protected, and nothing says so" end
end

--- Run an input.
-- @treturn ?string what is wrong
-- @treturn string its bytes
function report.run(input)
  for _, check in ipairs{ look, open } do
    local called <const>, wrong <const> = coverage.measure(check, input.data)
    if not called then return "throws: " .. tostring(wrong), input.data end
    if wrong then return wrong, input.data end
  end
  return nil, input.data
end

return report
