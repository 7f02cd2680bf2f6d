--- Target `sequence`: manifests of random structure, verified, processed, reported.
local coverage <const> = require "fuzz.suit.coverage"
local covered <const> = require "fuzz.suit.covered"
local encode <const> = require "fuzz.suit.encode"
local generate <const> = require "suit.oracle.generate"
local mutate <const> = require "fuzz.suit.mutate"
local procedure <const> = require "fuzz.suit.procedure"
local seeds <const> = require "fuzz.suit.seeds"

local sequence = {}

local SEEDS <const> = 40
local TAME <const> = 35 -- per cent of the inputs are for the oracle
local CHANGES <const> = 6 -- tried on each of these

--- First inputs.
function sequence.seeds(first)
  local list <const> = seeds()
  for i = 1, SEEDS do list[#list + 1] = generate.case(first + i) end
  return list
end

-- A case that the oracle knows stays one: changes that take it out of its reach are left out.
local function tame(random, known, other)
  local case = random.chance(50) and covered.is(known) and known or generate.case(random.below(1 << 20))
  for _ = 1, random.below(CHANGES) do
    local changed <const> = mutate.sequence(random, mutate.copy(case), other)
    if covered.is(changed) then case = changed end
  end
  return case
end

--- A new input from one there is, and another.
function sequence.mutate(random, case, other)
  if random.chance(TAME) then return tame(random, case, other) end
  return mutate.case(random, mutate.copy(case), other)
end

coverage.covered = 0

--- Run an input.
-- @treturn ?string what is wrong
-- @treturn string its bytes
function sequence.run(case, number)
  local envelope <const> = encode.case(case)
  local wrong <const> = procedure.run(case, envelope, number, covered.is(case) and function(outcome, contents)
    coverage.covered = coverage.covered + 1
    return covered.differs(case, outcome, contents)
  end)
  return wrong, envelope
end

return sequence
