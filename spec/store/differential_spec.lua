-- The same random verbs on every engine: the same results, in and out of transactions.
local child = require "child"
local records = require "store.records"
local store = require "teep.store"

local steps = 1500

local keys = { "", "a", "a\0", "b", "\255", "\xC3\x28" }
local numbers = { 0, 1, 7, math.maxinteger, math.mininteger, -1 }

local function one_of(list) return list[math.random(#list)] end

local function key() return one_of(keys) end

local function number() return one_of(numbers) end

local function list(make)
  local made = {}
  for i = 1, math.random(0, 3) do made[i] = make() end
  return made
end

local function tc() return { component_id = key(), digest = math.random(2) == 1 and key() or nil, size = number() } end

-- Verb -> its arguments.
local verbs = {
  spend = function() return key(), number() end,
  expire = function() return number() end,
  agent_put = function() return records.agent { kid = key(), status = key(), last_seen = number() } end,
  agent = key,
  agents = function() end,
  tc_list_put = function() return key(), list(tc) end,
  tc_list = key,
  manifest_put = function()
    return records.manifest { id = key(), sequence_number = number(), digest = one_of { "d", "e" }, components = list(tc),
      envelope = key() }
  end,
  manifest = function() return key(), math.random(2) == 1 and number() or nil end,
  manifests = function() end,
  manifest_remove = key,
  update_put = function()
    return records.update { token_hash = key(), expires = number(), remove = list(key),
      manifests = list(function() return { id = key(), sequence_number = number() } end) }
  end,
  update_take = key,
  secret = function()
    local value = key()
    return key(), function() return value end
  end,
}

local names = {}
for name in pairs(verbs) do names[#names + 1] = name end
table.sort(names)

local function random_call()
  local verb = one_of(names)
  return { verb = verb, table.unpack((table.pack(verbs[verb]()))) }
end

-- What a call gave; failures by their code.
local function outcome(db, call)
  local result, message, code = db[call.verb](db, table.unpack(call, 1, 2))
  if code then return { code = code } end
  return { result = result, message = message }
end

local function whole_transaction(db, calls, fails)
  local outcomes = {}
  local _, _, code = db:transaction(function()
    for i, call in ipairs(calls) do outcomes[i] = outcome(db, call) end
    if fails then return nil, "undo", "policy_denied" end
  end)
  outcomes.code = code
  return outcomes
end

describe("every engine of the store", function()
  local folder, one, other

  before_each(function()
    folder = child.folder()
    one, other = assert(store.open("memory:")), assert(store.open("sqlite:" .. folder .. "/db"))
    assert(other.writer.database:exec("PRAGMA synchronous = OFF"))
  end)

  after_each(function()
    one:close()
    other:close()
    child.remove(folder)
  end)

  it("answers the same to the same", function()
    local seen = {}
    for step = 1, steps do
      local call = random_call()
      local expected, got = outcome(one, call), outcome(other, call)
      assert.are.same(expected, got, ("step %d: %s"):format(step, call.verb))
      seen[expected.code or call.verb] = true
    end
    for _, what in ipairs { "token_spent", "conflict", "rollback", "not_found", "update_take", "manifest" } do
      assert.is_true(seen[what], what)
    end
  end)

  it("answers the same in transactions, and undoes the same", function()
    for step = 1, steps // 10 do
      local calls, fails = {}, math.random(2) == 1
      for i = 1, math.random(1, 10) do calls[i] = random_call() end
      local text = ("transaction %d"):format(step)
      assert.are.same(whole_transaction(one, calls, fails), whole_transaction(other, calls, fails), text)
      for _, verb in ipairs { "agents", "manifests" } do assert.are.same(one[verb](one), other[verb](other), text) end
    end
  end)
end)
