--- The processor against the oracle, case by case.
local build <const> = require "suit.oracle.build"
local component_id <const> = require "teep.component_id"
local generate <const> = require "suit.oracle.generate"
local interpret <const> = require "suit.oracle.interpret"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"
local world <const> = require "fixtures.suit_world"

local compare = {}

local slots <const> = { a = 0, b = 1, c = 2 }
local device <const> = {
  vendor_identifier = raw.device.vendor_identifier, class_identifier = raw.device.class_identifier,
  slot = function(id) return slots[id[1]] end,
}

local function fetch(uri, _, sink)
  if generate.network[uri] then return sink(generate.network[uri]) end
  return nil, "no such file", "not_found"
end

local function process(case, envelope)
  local back_end <const> = world.new(case.contents)
  local txn <const> = back_end:txn()
  local verified <const> = assert(suit.verify(envelope, { keys = raw.trusted }))
  local outcome <const> = suit.process(verified, {
    procedure = case.procedure, driver = back_end, txn = txn, device = device, fetch = fetch, rules = case.rules,
    keep = function(id) return case.held[component_id.format(id)] or false end,
  })
  if outcome.ok then txn:commit() end
  local failure <const> = outcome.failure
  return {
    ok = outcome.ok, reason = outcome.reason, contents = back_end.contents, message = outcome.message,
    place = failure and { failure.section, failure.offset, failure.component_index },
  }
end

local function text(result)
  local parts <const> = { result.ok and "ok" or "reason " .. result.reason }
  if result.place then parts[2] = ("at %d:%d component %d"):format(table.unpack(result.place)) end
  local names <const> = {}
  for name in pairs(result.contents) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do parts[#parts + 1] = ("%s=%q"):format(name, result.contents[name]) end
  return table.concat(parts, " ")
end

--- Compare both on one case.
-- @int seed
-- @treturn[1] table what both say
-- @treturn[2] nil
-- @treturn[2] string how they differ
function compare.case(seed)
  local case <const> = generate.case(seed)
  local envelope <const> = build.envelope(case)
  local wanted <const>, found <const> = interpret.run(case), process(case, envelope)
  if text(wanted) == text(found) then return wanted end
  return nil, ("seed %d: the oracle says %s, the processor %s (%s)"):format(seed, text(wanted), text(found),
    found.message or "")
end

return compare
