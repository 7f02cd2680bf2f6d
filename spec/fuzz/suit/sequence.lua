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

--- First inputs.
function sequence.seeds(first)
  local list <const> = seeds()
  for i = 1, SEEDS do list[#list + 1] = generate.case(first + i) end
  return list
end

--- A new input from one there is, and another.
function sequence.mutate(random, case, other) return mutate.case(random, mutate.copy(case), other) end

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
