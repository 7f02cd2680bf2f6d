local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

describe("teep.suit.process", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("fetch", function()
    it("fails when no uri is set (S-022)", function()
      local outcome <const> = sim:refuses("parameter_unset", 8, raw.make{ fields = { [20] = raw.sequence(21, 2) } })
      assert.equal(1, outcome.failure.offset)
    end)

    it("fails for a payload that is not there", function()
      local function from(uri) return raw.make{ fields = { [20] = raw.sequence(20, raw.uri(uri), 21, 2) } } end
      sim:refuses("payload_not_found", 11, from "#1")
      sim:refuses("payload_not_found", 11, from "https://example.org/hello")
      local outcome <const> = sim:refuses("not_connected", 11, from "https://example.org/hello", {
        fetch = function() return nil, "https://example.org: no route", "not_connected" end,
      })
      assert.equal("install: hello/app: fetch: https://example.org: no route", outcome.message)
    end)

    it("does not ask the network for a fragment (P-21)", function()
      sim:refuses("payload_not_found", 11, raw.make{ envelope = { members = { ["#0"] = false } } }, {
        fetch = function() error "asked" end,
      })
    end)

    it("stops at the size that is stated, or at the limit (P-28, D19)", function()
      local limits <const> = { payload_bytes = #raw.payload }
      local function unsized(payload, stated)
        return raw.make{
          shared = raw.sequence(20, raw.map{ [3] = cbor.encode(raw.digest(payload)), [14] = stated }),
          envelope = { members = { ["#0"] = payload } },
        }
      end
      sim:refuses("limit_reached", 1, unsized(raw.payload .. "!"), { limits = limits })
      sim:refuses("operation_failed", 11, unsized(raw.payload .. "!", #raw.payload), { limits = { payload_bytes = 100 } })
      sim:installs(unsized(raw.payload), { limits = limits })
    end)

    it("stops at the limit of the device whatever size is stated; one above it is not even fetched (P-28, D19)", function()
      local function stated(size)
        return raw.make{
          shared = raw.sequence(20, raw.image(raw.payload, { [14] = size })),
          fields = { [20] = raw.sequence(20, raw.uri "x:y", 21, 2, 3, 15) },
        }
      end
      local limits <const> = { payload_bytes = #raw.payload }
      local function never() error "asked" end
      for _, size in ipairs{ #raw.payload + 1, 1 << 32, math.maxinteger } do
        local outcome <const> = sim:refuses("limit_reached", 1, stated(size), { limits = limits, fetch = never })
        assert.matches(("image-size is %d bytes, the limit 13"):format(size), outcome.message, 1, true)
      end
      local function fetch(_, _, sink) return sink(raw.payload) end
      sim:installs(stated(#raw.payload), { limits = limits, fetch = fetch })
    end)

    it("stops a fetch function that delivers too much (D19)", function()
      local delivered = 0
      local function fetch(_, _, sink)
        for _ = 1, 1000 do
          local ok, message, code = sink "0123456789"
          if not ok then return ok, message, code end
          delivered = delivered + 10
        end
        return true
      end
      local fields <const> = { [20] = raw.sequence(20, raw.uri "x:y", 21, 2) }
      sim:refuses("operation_failed", 11, raw.make{ fields = fields }, { fetch = fetch })
      assert.is_true(delivered <= #raw.payload)
    end)

    it("does not overwrite what another manifest holds (S-067, S-075)", function()
      local options <const> = { keep = function() return true end }
      sim:refuses("component_in_use", 11, raw.make(), options)
      sim:installs(raw.make())
      local outcome <const> = sim:process(raw.make{ shared = raw.sequence(20, raw.image "new") }, options)
      assert.equal("component_in_use", outcome.code)
      assert.equal("component_in_use", sim:process(raw.make{ shared = false }, options).code)
    end)

    it("shares with another manifest a component that has the very bytes already", function()
      sim:installs(raw.make())
      local outcome <const> = sim:installs(raw.make(), { keep = function() return true end })
      assert.same({}, outcome.installed)
    end)

    it("takes the payload from a URI", function()
      local asked
      local function fetch(uri, offset, sink)
        asked = { uri, offset }
        assert(sink(raw.payload:sub(1, 5)))
        return sink(raw.payload:sub(6))
      end
      sim:installs(raw.make{
        fields = { [20] = raw.sequence(20, raw.uri "https://example.org/hello", 21, 2, 3, 15) },
      }, { fetch = fetch })
      assert.same({ "https://example.org/hello", 0 }, asked)
      assert.equal(raw.payload, sim:content(raw.component))
    end)

    it("prefers the envelope, whatever the URI looks like (S-031, P-21)", function()
      sim:installs(raw.make{
        fields = { [20] = raw.sequence(20, raw.uri "https://example.org/hello", 21, 2, 3, 15) },
        envelope = { members = { ["https://example.org/hello"] = raw.payload } },
      }, { fetch = function() error "asked" end })
    end)

    it("stages payloads of every size", function()
      for _, size in ipairs{ 0, 1, 65535, 65536, 65537, 200000 } do
        local payload <const> = ("p"):rep(size)
        sim:installs(raw.make{
          shared = raw.sequence(20, raw.image(payload)), envelope = { members = { ["#0"] = payload } },
        })
        assert.equal(payload, sim:content(raw.component))
      end
    end)
  end)
end)
