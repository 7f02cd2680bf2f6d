-- TEEP over HTTP at the server, when a message comes again because its answer was lost.
local cose <const> = require "teep.cose"
local http_binding <const> = require "teep.transport.http_binding"
local messages <const> = require "teep.message"
local service <const> = require "transport.service"
local support <const> = require "transport.support"
local task <const> = require "teep.task"
local world <const> = require "tam.world"

describe("TEEP over HTTP", function()
  local here
  before_each(function() here = service.new "http" end)
  after_each(function() here.loop:close() end)

  describe("at a message that comes again", function()
    -- Numbers its answers; "drop" is dropped, "end" needs no more, "busy" cannot be served, "slow" waits.
    local count, finish
    local counting = {
      connect = function()
        count = count + 1
        return "start " .. count
      end,
      receive = function(_, _, bytes)
        count = count + 1
        if bytes == "slow" then task.await(function(done) finish = done end) end
        if bytes == "drop" then return nil, "spent", "token_spent" end
        if bytes == "busy" then return nil, "locked", "busy" end
        return bytes ~= "end" and "answer " .. count or nil
      end,
    }

    before_each(function() count, finish = 0, nil end)

    it("never asks the TAM twice, and repeats the answer of the first", function()
      here:serve(counting)
      for _ = 1, 2 do
        assert.equal("answer 1", select(3, here:post "a"))
        assert.equal(204, (here:post "end"))
      end
      assert.equal(2, count)
      assert.equal("answer 3", select(3, here:post "b"))
    end)

    it("asks the TAM again about an empty one, one it dropped, and one it could not serve", function()
      here:serve(counting)
      assert.equal("start 1", select(3, here:post ""))
      assert.equal("start 2", select(3, here:post ""))
      assert.equal(204, (here:post "drop"))
      assert.equal(204, (here:post "drop"))
      assert.equal(503, (here:post "busy"))
      assert.equal(503, (here:post "busy"))
      assert.equal(6, count)
    end)

    it("lets it wait while the first is in work", function()
      here:serve(counting)
      local answers = {}
      for i = 1, 3 do
        task.run(function() answers[i] = assert(http_binding.connect(here.loop, here:uri())):exchange "slow" end)
      end
      support.wait(here.loop, function() return finish and #here.noted >= 3 end)
      assert.same({}, answers)
      finish()
      support.wait(here.loop, function() return answers[1] and answers[2] and answers[3] end)
      assert.same({ "answer 1", "answer 1", "answer 1" }, answers)
    end)

    it("answers the others when the first was given up, and when one that waits was", function()
      here:serve(counting, { response = 0.5 })
      local outcomes = {}
      for i = 1, 2 do
        task.run(function() outcomes[i] = select(2, assert(http_binding.connect(here.loop, here:uri())):exchange "slow") end)
      end
      support.wait(here.loop, function() return outcomes[1] and outcomes[2] end)
      assert.matches("503", outcomes[1])
      assert.matches("503", outcomes[2])
      task.run(function() outcomes[3] = assert(http_binding.connect(here.loop, here:uri())):exchange "slow" end)
      support.wait(here.loop, function() return #here.noted == 3 end)
      finish()
      support.wait(here.loop, function() return outcomes[3] end)
      assert.equal("answer 1", outcomes[3])
    end)

    it("holds as many answers as the limit says", function()
      here:serve(counting, { answers = 2 })
      for _, bytes in ipairs { "a", "b", "a", "c", "b", "a" } do here:post(bytes) end
      assert.equal(4, count)
    end)
  end)

  describe("with a TAM, at a message that comes again", function()
    local w
    before_each(function() w = world.new() end)
    after_each(world.clean)

    -- A QueryResponse that asks for a component there is a manifest for.
    local function response()
      assert(w.tam:add_manifest(world.envelope { sequence_number = 1 }))
      local token <const> = world.open(select(3, here:post "")).token
      return world.signed {
        type = "query-response", token = token, tc_list = {}, requested_tc_list = { { component_id = { "app" } } },
      }
    end

    it("sends the very same Update, and writes nothing (D7)", function()
      here:serve(w.tam)
      local bytes = response()
      local first = select(3, here:post(bytes))
      local before = w:dump()
      assert.equal("update", world.open(first).type)
      assert.is_true(first == select(3, here:post(bytes)))
      assert.same(before, w:dump())
    end)

    it("has nothing for the same token in other bytes, nor once the answer is forgotten (T-017, D7)", function()
      here:serve(w.tam)
      local bytes = response()
      assert.equal(200, (here:post(bytes)))
      local token = assert(messages.decode(cose.parse(bytes).payload, { wire = "v26" })).token
      assert.equal(204, (here:post(world.signed { type = "query-response", token = token, tc_list = {} })))
      here.server:close()
      here:serve(w.tam)
      assert.equal(204, (here:post(bytes)))
      assert.equal("token_spent", w:event("dropped").code)
    end)
  end)
end)
