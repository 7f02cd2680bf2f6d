-- What a TAM makes of the answer to an Update: whose it has to be, and what the inventory is then.
local suit <const> = require "teep.suit"
local world <const> = require "tam.world"

describe("after an Update", function()
  after_each(world.clean)

  local function kid() return world.key("device"):thumbprint() end

  local function inventory(w)
    local list <const> = {}
    for i, entry in ipairs(w.store:tc_list(kid())) do list[i] = entry.component_id .. "=" .. (entry.manifest or "") end
    return list
  end

  local function refused(w, expected, bytes)
    local before <const> = w:dump()
    local answer <const>, reason, code = w:receive(bytes)
    assert.is_nil(answer)
    assert.equal(expected, code, reason)
    assert.equal(expected, w:event("dropped").code)
    assert.same(before, w:dump())
  end

  it("another agent's answer is refused and the token stays good (D9)", function()
    local w <const>, update <const> = world.updated()
    for _, fields in ipairs {
      { type = "success", token = update.token }, { type = "error", token = update.token, err_code = "permanent_error" },
    } do
      refused(w, "token_invalid", world.signed(fields, world.key "other"))
    end
    assert.same({}, { w:receive(world.signed { type = "success", token = update.token }) })
  end)

  it("a second answer is refused, also after a restart (T-017, D7)", function()
    local w <const>, update <const> = world.updated()
    local success <const> = world.signed { type = "success", token = update.token }
    assert.same({}, { w:receive(success) })
    refused(w, "token_spent", success)
    refused(w, "token_spent", world.signed { type = "error", token = update.token, err_code = "permanent_error" })
    w:stop()
    w:start()
    refused(w, "token_spent", success)
  end)

  it("an answer in time is accepted, one second later not (T-016)", function()
    local w <const>, update <const> = world.updated()
    local success <const> = world.signed { type = "success", token = update.token }
    w.now = w.now + 4 * 3600 + 1
    refused(w, "token_expired", success)
    w.now = w.now - 1
    assert.same({}, { w:receive(success) })
  end)

  it("what was never answered is forgotten once its time is over, not before (T-018, T-122)", function()
    local w <const> = world.updated()
    w.now = w.now + 4 * 3600
    assert.same({ spent = 0, updates = 0 }, w.tam:expire())
    w.now = w.now + 1
    assert.same({ spent = 1, updates = 1 }, w.tam:expire())
    assert.same({ 0, 0, 0 }, { #w:dump().spent, #w:dump().update_sent, #w:dump().update_item })
  end)

  it("an answer arrives on another connection or at another process just as well", function()
    local w <const>, update <const> = world.updated()
    w:stop()
    w:start()
    w.session = {}
    assert.same({}, { w:receive(world.signed { type = "success", token = update.token }) })
    assert.same({ "kept=other", "app=app.suit", "lib=app.suit" }, inventory(w))
  end)

  for _, kind in ipairs { "success", "error" } do
    it("reports with a wrong nonce make a TAM drop an " .. kind .. " (T-087, T-079)", function()
      for _, nonce in ipairs { ("x"):rep(43), false } do
        local w <const>, update <const>, settled <const> = world.updated()
        local before <const> = inventory(w)
        local _, _, code <const> = w:tell { type = kind, token = update.token,
          err_code = kind == "error" and "permanent_error" or nil,
          suit_reports = { world.report(update.token), world.report(nonce or nil) } }
        assert.equal("report_nonce", code)
        assert.equal("report_nonce", w:event("dropped").code)
        assert.same(before, inventory(w))
        assert.equal(0, #settled)
      end
    end)
  end

  it("a Success makes the inventory what the Update made of it", function()
    local w <const>, update <const> = world.updated()
    assert.same({ "app=", "gone=old", "kept=other" }, inventory(w))
    assert.same({}, { w:receive(world.signed { type = "success", token = update.token }) })
    assert.same({ "kept=other", "app=app.suit", "lib=app.suit" }, inventory(w))
    assert.equal(0, #w:dump().update_sent)
  end)

  it("a Success counts although the manifest has left the catalogue meanwhile", function()
    local w <const>, update <const> = world.updated()
    assert(w.store:manifest_remove "app.suit")
    assert.same({}, { w:receive(world.signed { type = "success", token = update.token }) })
    assert.same({ "app=", "kept=other" }, inventory(w))
  end)

  it("an Error leaves the inventory and is never answered with an error notice (D33)", function()
    local w <const>, update <const> = world.updated()
    local before <const> = inventory(w)
    assert.same({}, { w:receive(world.signed {
      type = "error", token = update.token, err_code = "manifest_processing_failed", err_msg = "disk full",
    }) })
    assert.same(before, inventory(w))
  end)

  describe("an Error whose reports", function()
    -- The inventory after an Error with one report: about the manifest sent or another, with these fields.
    local function reported(given)
      local w <const>, update <const> = world.updated()
      local verified <const> = suit.decode(update.manifest_list[1])
      local outcome <const> = { ok = not given.failed, code = given.failed, reason = 10, records = {},
        reference = { uri = "", digest = given.digest or verified.digest } }
      w:tell { type = "error", token = update.token, err_code = "manifest_processing_failed",
        suit_reports = { suit.report(outcome, { nonce = given.nonce or update.token }) } }
      return inventory(w)
    end
    local before <const> = { "app=", "gone=old", "kept=other" }

    it("say that a manifest failed does not change the inventory", function()
      assert.same(before, reported { failed = "condition_failed" })
    end)

    it("are of another manifest does not change the inventory", function()
      assert.same(before, reported { digest = { algorithm = "SHA-256", bytes = ("x"):rep(32) } })
    end)

    it("have a wrong nonce does not change the inventory (T-079)", function()
      assert.same(before, reported { nonce = ("x"):rep(43) })
    end)

    it("say that a manifest is installed counts for that one, and for no removal (A-26)", function()
      assert.same({ "gone=old", "kept=other", "app=app.suit", "lib=app.suit" }, reported {})
    end)
  end)
end)
