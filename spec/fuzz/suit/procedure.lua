--- An envelope verified, processed and reported by the host of a case; and what has to hold of that.
local back_end <const> = require "fuzz.suit.back_end"
local coverage <const> = require "fuzz.suit.coverage"
local host_of <const> = require "fuzz.suit.host"
local invariants <const> = require "fuzz.suit.invariants"
local order <const> = require "fuzz.suit.order"
local State <const> = require "teep.suit.state"
local suit <const> = require "teep.suit"

local AGAIN <const> = 8 -- one of so many is run again

local procedure = {}

-- The state of the processor is seen as it is made.
local state
local new <const> = State.new
function State.new(...)
  state = new(...)
  return state
end

local function process(case, envelope)
  local given <const>, trust <const> = host_of(case)
  local place <const> = back_end.new(case.contents, (case.host or {}).fails_at)
  given.driver, given.txn = place.driver, place.txn
  local verified <const>, message <const>, code <const>, refused <const> = suit.verify(envelope, trust)
  if not verified then return { message = message, code = code, outcome = refused } end
  return { verified = verified, outcome = suit.process(verified, given), place = place, keeps = given.keep }
end

local function describe(run)
  local outcome <const> = run.outcome
  if not outcome then return run.code .. run.message end
  return invariants.text{ outcome.ok, outcome.code or "", outcome.failure or "", outcome.records, outcome.installed,
    outcome.unlinked, outcome.warnings, outcome.invocations }
end

local function again(case, envelope, first)
  local called <const>, run <const> = order.call(order.descending, process, case, envelope)
  if not called then return "the second time it throws: " .. tostring(run) end
  local second <const> = describe(run)
  if first ~= second then return ("twice is not the same: %s, then %s"):format(first, second) end
end

local function judge(case, run, oracle)
  local outcome <const>, place <const> = run.outcome, run.place
  local wrong = invariants.outcome(run.verified, outcome) or invariants.limits(state, place, outcome)
    or invariants.rights(case, place, run.keeps)
  if outcome.ok then
    if place.driver.stopped then return "a success although a change failed" end
    place.commit()
    wrong = wrong or invariants.contents(outcome, place)
  end
  return wrong or oracle and oracle(outcome, place.world.contents)
end

-- Which reason for which section: outcomes are told apart even where the lines are the same.
local function note(run)
  local failure <const> = run.outcome and run.outcome.failure
  coverage.feature(("%s in %s"):format(run.code or run.outcome.code or "ok", failure and failure.section or "none"))
end

local function report(run)
  local called <const>, wrong <const>, bytes <const> = coverage.measure(invariants.report, run.verified, run.outcome)
  return not called and "the report throws: " .. tostring(wrong) or wrong, bytes
end

--- Run an envelope.
-- @tparam table case its host; encoded, where it is more
-- @tparam string envelope
-- @int number of the execution
-- @tparam[opt] function oracle `oracle(outcome, contents) -> what is wrong | nil`
-- @treturn ?string what is wrong
-- @treturn ?string the report
function procedure.run(case, envelope, number, oracle)
  local called <const>, run <const> = coverage.measure(process, case, envelope)
  if not called then return "throws: " .. tostring(run) end
  note(run)
  local wrong, bytes
  if run.verified then
    wrong = judge(case, run, oracle)
  else
    wrong = invariants.failure(run.message, run.code)
  end
  if not wrong and run.outcome then wrong, bytes = report(run) end
  if not wrong and number % AGAIN == 0 then wrong = again(case, envelope, describe(run)) end
  return wrong, bytes
end

return procedure
