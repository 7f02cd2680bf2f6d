local cbor = require "teep.cbor"
local providers = require "fixtures.providers"
local scene = require "agent.scene"

describe("teep.agent.receive", function()
  teardown(scene.clean)

  local function refused(answer, err_code, token)
    assert.equal("error", answer.type)
    assert.equal(err_code, answer.err_code)
    assert.equal(token, answer.token)
    assert.is_true(#answer.err_msg >= 1 and #answer.err_msg <= 128)
    return answer
  end

  local ours = { { { cose_type = 18, algorithm = -9 } } }

  describe("of a sender it cannot authenticate", function()
    for name, bytes in pairs {
      ["no bytes"] = "", ["no CBOR"] = "\xff", ["no COSE"] = "\x01", ["trailing bytes"] = "\x01\x01",
    } do
      it(("answers %s with permanent_error (T-006, T-007, T-008, T-093)"):format(name), function()
        refused(scene.new():receive(bytes), "permanent_error")
      end)
    end

    it("refuses an untrusted TAM key with bad_certificate and names it (T-053, T-066, T-001)", function()
      local answer = scene.new():tell(scene.query(), scene.key "stranger")
      refused(answer, "bad_certificate", "12345678")
      local kid = scene.key("stranger"):thumbprint():sub(1, 8):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
      assert.is_truthy(answer.err_msg:find("kid " .. kid .. "..: no accepted key has this key identifier", 1, true))
    end)

    it("refuses the key of a component signer as TAM key", function()
      refused(scene.new():tell(scene.query(), scene.key "signer"), "bad_certificate", "12345678")
    end)

    it("lists its suite when it does not have the one used (T-053, T-054, T-108)", function()
      local answer = scene.new():tell(scene.query(), scene.key("legacy", "ES256"))
      refused(answer, "unsupported_cipher_suites", "12345678")
      assert.same(ours, answer.supported_teep_cipher_suites)
    end)

    it("refuses a wrong signature with permanent_error (T-010)", function()
      local bytes = scene.message(scene.query())
      local altered = bytes:sub(1, -2) .. string.char(bytes:byte(-1) ~ 1)
      refused(scene.new():receive(altered), "permanent_error", "12345678")
    end)

    it("refuses an altered payload and does nothing of it (T-010)", function()
      local device = scene.new()
      local bytes = scene.message { type = "update", token = "12345678", manifest_list = { scene.envelope {} } }
      local before = device:snapshot { "app" }
      refused(device:receive((bytes:gsub("hello", "hallo"))), "permanent_error", "12345678")
      assert.same(before, device:snapshot { "app" })
    end)

    it("tells strangers nothing of what is installed or wanted (T-131)", function()
      local device = scene.new()
      device:update { scene.envelope {} }
      device.agent:request { "wanted" }
      local answer = device:tell(scene.query(), scene.key "stranger")
      answer.err_msg = nil
      assert.same({ type = "error", token = "12345678", err_code = "bad_certificate", err_lang = "en" }, answer)
    end)

    it("never answers a Success or an Error", function()
      local device = scene.new()
      for _, fields in ipairs {
        { type = "success", token = "12345678" },
        { type = "error", token = "12345678", err_code = "permanent_error" },
      } do
        assert.is_nil(device:tell(fields, scene.key "stranger"))
        assert.is_nil(device:tell(fields))
        assert.equal("wrong_direction", select(3, device:tell(fields)))
      end
      assert.equal("dropped", device.events[#device.events].event)
    end)

    it("answers ten and drops the eleventh; one more each second (T-128, A-12)", function()
      local device = scene.new()
      for _ = 1, 10 do refused(device:receive "\xff", "permanent_error") end
      local answer, _, code = device:receive "\xff"
      assert.is_nil(answer)
      assert.is_string(code)
      device.now = device.now + 1
      refused(device:receive "\xff", "permanent_error")
      assert.is_nil((device:receive "\xff"))
      assert.equal("query-response", device:tell(scene.query()).type)
    end)

    it("drops them all when told so (A-12)", function()
      local device = scene.new { on_unauthenticated = "drop" }
      local answer, _, code = device:tell(scene.query(), scene.key "stranger")
      assert.is_nil(answer)
      assert.equal("untrusted_tam", code)
      assert.equal("untrusted_tam", device:event("dropped").code)
    end)
  end)

  describe("of an authenticated TAM", function()
    local function raw(...) return scene.raw(cbor.array { ... }) end
    local function options(...) return cbor.map { ... } end
    local token = { 19, "12345678" }

    it("refuses an unknown message type with unsupported_extension (A-13)", function()
      refused(scene.new():receive(raw(9, options(token))), "unsupported_extension", "12345678")
    end)

    it("refuses a QueryResponse with permanent_error", function()
      refused(scene.new():tell { type = "query-response", token = "12345678" }, "permanent_error", "12345678")
    end)

    it("refuses a message of wrong length with permanent_error (T-011, A-23)", function()
      refused(scene.new():receive(raw(3, options(token), 1)), "permanent_error", "12345678")
    end)

    it("echoes no token it would not accept (T-013)", function()
      refused(scene.new():receive(raw(3, options { 19, "1234567" })), "permanent_error")
      refused(scene.new():receive(raw(3, options { 19, ("x"):rep(65) })), "permanent_error")
      refused(scene.new():receive(raw(3, options { 19, 5 })), "permanent_error")
    end)

    it("echoes tokens of 8 and 64 bytes (T-013, T-053)", function()
      for _, size in ipairs { 8, 64 } do
        local value = ("x"):rep(size)
        refused(scene.new():receive(raw(3, options { 19, value }, 1)), "permanent_error", value)
      end
    end)

    it("tells the reason of a permanent_error, in the language it names (T-047, T-064)", function()
      local answer = refused(scene.new():receive(raw(3, options(token), 1)), "permanent_error", "12345678")
      assert.equal("en", answer.err_lang)
      assert.is_truthy(answer.err_msg:find("^update: "))
    end)

    it("refuses a payload that is no TEEP message", function()
      refused(scene.new():receive(scene.signed "\xff"), "permanent_error")
      refused(scene.new():receive(scene.raw "text"), "permanent_error")
    end)

    it("is not limited by the bucket for strangers", function()
      local device = scene.new()
      for _ = 1, 12 do refused(device:receive(raw(9, options(token))), "unsupported_extension", "12345678") end
    end)

    it("skips unknown labels (T-072, A-13)", function()
      assert.equal("success", scene.new():receive(raw(3, options(token, { 200, "new" }))).type)
    end)

    it("reads Ed25519 as well when the providers have it", function()
      local lacking = providers.lack "Ed25519"
      if lacking then return pending(lacking) end
      local tam = scene.key("tam", "Ed25519")
      local device = scene.new { trust = { tams = { tam }, signers = {} } }
      assert.equal("query-response", device:tell(scene.query(), tam).type)
    end)

    it("takes a message of the size limit and refuses one byte more (T-129)", function()
      local bytes = scene.message(scene.query())
      assert.equal("query-response", scene.new({ limits = { message = #bytes } }):receive(bytes).type)
      local answer = scene.new({ limits = { message = #bytes - 1 } }):receive(bytes)
      refused(answer, "permanent_error")
      assert.is_truthy(answer.err_msg:find("limit"))
    end)

    it("observes what comes and what goes (T-126)", function()
      local device = scene.new()
      device:tell(scene.query())
      local came, went = device.events[1].details, device.events[2].details
      assert.same({ "in", "query-request", scene.key("tam"):thumbprint() }, { came.direction, came.type, came.kid })
      assert.same({ "out", "query-response", device.agent:key():thumbprint() }, { went.direction, went.type, went.kid })
    end)
  end)

  describe("misuse", function()
    local agent = require "teep.agent"
    local function given(changes)
      local options = {
        driver = {}, device = { vendor_identifier = ("v"):rep(16), class_identifier = ("c"):rep(16) },
        trust = { tams = {}, signers = {} }, clock = os.time,
      }
      for name, value in pairs(changes) do options[name] = value end
      return options
    end

    for name, changes in pairs {
      ["an unknown option"] = { tam_url = "x" },
      ["an unknown limit"] = { limits = { messages = 1 } },
      ["an unknown trust store"] = { trust = { tams = {}, signers = {}, agents = {} } },
      ["a short vendor identifier"] = { device = { vendor_identifier = ("v"):rep(15), class_identifier = ("c"):rep(16) } },
      ["an algorithm that is no TEEP suite"] = { algorithm = "ES256" },
      ["another way with strangers"] = { on_unauthenticated = "shout" },
    } do
      it("throws at " .. name, function() assert.has_error(function() agent.new(given(changes)) end) end)
    end

    it("throws at an identifier that is no list of byte strings", function()
      local device = scene.new()
      assert.has_error(function() device.agent:request "app" end)
      assert.has_error(function() device.agent:unrequest { 1 } end)
    end)
  end)
end)
