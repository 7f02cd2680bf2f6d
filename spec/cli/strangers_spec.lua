local command = require "cli.command"
local lfs = require "lfs"
local log = require "teep.log"
local observer = require "teep.daemon.observer"
local site = require "cli.site"
local strangers = require "teep.daemon.strangers"
local transport = require "teep.transport"

describe("log lines about peers that are not authenticated", function()
  local path, logger, due, limited
  before_each(function()
    path = os.tmpname()
    logger, due = assert(log.new{ file = path }), {}
    limited = strangers.new{ rate = 3, logger = logger, timer = function(seconds, fn)
      assert.equal(1, seconds)
      table.insert(due, fn)
    end }
  end)
  after_each(function() os.remove(path) end)

  local function lines()
    local list = {}
    for line in command.read(path):gmatch "[^\n]+" do list[#list + 1] = line:gsub("^%S+ ", "") end
    return list
  end

  local function second() table.remove(due)() end

  local function admitted(count, level)
    local yes = 0
    for _ = 1, count do yes = yes + (limited:admit(level or "info") and 1 or 0) end
    return yes
  end

  it("are as many in a second as the limit says and no more, the others are counted (D3)", function()
    assert.equal(3, admitted(3))
    assert.equal(0, admitted(5))
    assert.equal(1, #due)
    second()
    assert.same({ "info more about peers that are not authenticated lines=5" }, lines())
    assert.equal(3, admitted(4))
    second()
    assert.equal("info more about peers that are not authenticated lines=1", lines()[2])
  end)

  it("need no line of their own when none was left out", function()
    admitted(3)
    second()
    assert.same({}, lines())
    assert.same({}, due)
  end)

  it("hide none of another level (D3)", function()
    assert.equal(3, admitted(100))
    assert.equal(3, admitted(4, "warning"))
    second()
    assert.same({ "info more about peers that are not authenticated lines=97",
      "warning more about peers that are not authenticated lines=1" }, lines())
  end)

  it("are told of at the end as well", function()
    admitted(4)
    limited:flush()
    second()
    assert.same({ "info more about peers that are not authenticated lines=1" }, lines())
  end)

  it("are those of events that say so, others are not limited", function()
    local observe = observer.new(logger, { dropped = { "warning", "code" }, decision = { "debug", "verb" } }, limited)
    for _ = 1, 9 do observe("decision", { verb = "ask", stranger = true }) end -- not shown, so not counted
    for _ = 1, 9 do observe("dropped", { code = "not_cose", stranger = true }) end
    for _ = 1, 9 do observe("dropped", { code = "token_spent" }) end
    local text = table.concat(lines(), "\n")
    assert.equal(3, select(2, text:gsub("not_cose", "")))
    assert.equal(9, select(2, text:gsub("token_spent", "")))
  end)

  it("of a TAM do not grow with what strangers send, nor does its folder of messages; devices are seen (D3)", function()
    local here = site.new()
    here:write("tam.lua", (here:read("tam.lua"):gsub("messages =", "log = { strangers = 1 }, messages =")))
    local tam = here:start_tam()
    here:must("manifest", "add", here:component("app", "payload"), "--config", "tam.lua")
    local loop, answered = assert(transport.loop{}), 0
    local function post(number, body)
      if number == 0 then return loop:stop() end
      loop:request{
        address = "127.0.0.1", port = tonumber(here.port), method = "POST", path = "/teep", body = body,
        headers = { Accept = "application/teep+cbor", ["Content-Type"] = body and "application/teep+cbor" },
        on_response = function()
          answered = answered + 1
          post(number - 1, body)
        end,
      }
    end
    for _, body in ipairs{ false, "no COSE" } do
      post(100, body or nil)
      loop:run()
    end
    loop:close()
    assert.equal(200, answered)
    here:start_device()
    here:must("request", "app", "--config", "device.lua")
    assert(tam:signal "TERM")
    local text = tam:log()
    local told, shown, files = 0, 0, 0
    for count in text:gmatch "more about peers that are not authenticated lines=(%d+)" do told = told + count end
    for line in text:gmatch "[^\n]+" do
      if line:find "tam %-> query%-request" or line:find "point=query" or line:find "unreadable" or line:find "dropped"
        or line:find "query%-response" then shown = shown + 1 end
    end
    for name in lfs.dir(here:path "messages-tam") do files = files + (name:find "^%d" and 1 or 0) end
    assert.equal(100 * 2 + 100 * 2 + 3, shown + told)
    assert.is_true(told > 100, text)
    assert.is_true(files < shown + 10)
    assert.matches("info tam %-> update", text)
    assert.matches("info tam <%- success", text)
    here:remove()
  end)
end)
