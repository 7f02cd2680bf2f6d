--- Target `sequence`: manifests of random structure, verified, processed, reported.
local back_end <const> = require "fuzz.suit.back_end"
local coverage <const> = require "fuzz.suit.coverage"
local covered <const> = require "fuzz.suit.covered"
local encode <const> = require "fuzz.suit.encode"
local generate <const> = require "suit.oracle.generate"
local host_of <const> = require "fuzz.suit.host"
local invariants <const> = require "fuzz.suit.invariants"
local mutate <const> = require "fuzz.suit.mutate"
local State <const> = require "teep.suit.state"
local suit <const> = require "teep.suit"

local sequence = {}

local SEEDS <const> = 40
local AGAIN <const> = 8 -- one of so many is run again

-- The state of the processor is seen as it is made.
local state
local new <const> = State.new
function State.new(...)
  state = new(...)
  return state
end

-- The other way round: what depends on the order in which `pairs` goes does not depend on the manifest alone.
local function reversed(t)
  local keys <const> = {}
  for key in next, t do keys[#keys + 1] = key end
  local i = #keys + 1
  return function()
    i = i - 1
    return keys[i], t[keys[i]]
  end
end

local function process(case, envelope)
  local given <const>, trust <const> = host_of(case)
  local place <const> = back_end.new(case.contents, (case.host or {}).fails_at)
  given.driver, given.txn = place.driver, place.txn
  local verified <const>, message <const>, code <const> = suit.verify(envelope, trust)
  if not verified then return nil, message, code end
  return { verified = verified, outcome = suit.process(verified, given), place = place }
end

local function describe(run, message, code)
  if not run then return code .. message end
  local outcome <const> = run.outcome
  return invariants.text{ outcome.ok, outcome.code or "", outcome.failure or "", outcome.records, outcome.installed,
    outcome.unlinked, outcome.warnings, outcome.invocations }
end

local function again(case, envelope, first)
  local forward <const> = pairs
  pairs = reversed -- luacheck: ignore 121
  local called <const>, run <const>, message <const>, code <const> = pcall(process, case, envelope)
  pairs = forward -- luacheck: ignore 121
  if not called then return "the second time it throws: " .. tostring(run) end
  local second <const> = describe(run, message, code)
  if first ~= second then return ("twice is not the same: %s, then %s"):format(first, second) end
end

local function judge(case, run)
  local verified <const>, outcome <const>, place <const> = run.verified, run.outcome, run.place
  local wrong = invariants.outcome(verified, outcome) or invariants.limits(state, place)
  if outcome.ok then
    if place.driver.stopped then return "a success although a change failed" end
    place.commit()
    wrong = wrong or invariants.contents(outcome, place)
  end
  if not wrong and covered.is(case) then
    coverage.covered = coverage.covered + 1
    wrong = covered.differs(case, outcome, place.world.contents)
  end
  return wrong
end

local function report(run)
  local called <const>, wrong <const> = coverage.measure(invariants.report, run.verified, run.outcome)
  return not called and "the report throws: " .. tostring(wrong) or wrong
end

coverage.covered = 0

-- Which reason for which command: outcomes are told apart even where the lines are the same.
local function note(outcome)
  local failure <const> = outcome.failure
  coverage.feature(("%s in %s"):format(outcome.code or "ok", failure and failure.section or "none"))
end

--- First inputs.
function sequence.seeds(first)
  local list <const> = {}
  for i = 1, SEEDS do list[i] = generate.case(first + i) end
  return list
end

--- A new input from one there is, and another.
function sequence.mutate(random, case, other) return mutate.case(random, mutate.copy(case), other) end

--- Run an input.
-- @treturn ?string what is wrong
-- @treturn string its bytes
function sequence.run(case, number)
  local envelope <const> = encode.case(case)
  local called <const>, run <const>, message <const>, code <const> = coverage.measure(process, case, envelope)
  if not called then return "throws: " .. tostring(run), envelope end
  local wrong
  if run then
    note(run.outcome)
    wrong = judge(case, run) or report(run)
  else
    coverage.feature(code)
    wrong = invariants.failure(message, code)
  end
  if not wrong and number % AGAIN == 0 then wrong = again(case, envelope, describe(run, message, code)) end
  return wrong, envelope
end

return sequence
