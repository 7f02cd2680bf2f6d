local errors = require "teep.errors"
local json = require "teep.daemon.json"
local router = require "teep.daemon.router"

describe("the router of an admin socket", function()
  local routes = router.new("a TAM", {
    ["GET /status"] = function() return { role = "tam" } end,
    ["POST /manifests"] = function(body) return { size = #body } end,
    ["GET /devices/*"] = function(_, kid) return { kid = kid } end,
    ["DELETE /devices/*"] = function() return errors.fail("not_found", "no device") end,
    ["POST /check"] = function() return errors.fail("config_invalid") end,
  })

  local function answer(method, path, body)
    local status, text = routes:answer{ method = method, path = path, body = body }
    return status, json.decode(text)
  end

  it("answers 404 for a path it does not have", function()
    for _, path in ipairs{ "/", "", "/statu", "/status/", "/devices", "/devices/", "//status", "/../status" } do
      local status, value = answer("GET", path)
      assert.equal(404, status)
      assert.equal("not_found", value.code)
      assert.equal(("a TAM answers here, and has nothing for GET %s: is it the right --config or --socket?"):format(path),
        value.message)
    end
  end)

  it("answers 405 for a method that the path does not have", function()
    for _, method in ipairs{ "POST", "DELETE", "PUT", "get" } do
      assert.equal(405, (answer(method, "/status")))
    end
  end)

  it("answers a failure with its code and message", function()
    local status, value = answer("DELETE", "/devices/1")
    assert.equal(404, status)
    assert.same({ code = "not_found", message = "no device" }, value)
    assert.equal(422, (answer("POST", "/check")))
  end)

  it("hands body and last segment to the route", function()
    assert.same({ role = "tam" }, select(2, answer("GET", "/status")))
    assert.same({ size = 3 }, select(2, answer("POST", "/manifests", "\0\1\2")))
    assert.same({ kid = "a/b" }, select(2, answer("GET", "/devices/a/b")))
    assert.same({ kid = "a/b%" }, select(2, answer("GET", "/devices/a%2Fb%25")))
  end)
end)
