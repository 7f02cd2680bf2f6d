local component_id <const> = require "teep.component_id"
local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local seq <const>, map <const> = raw.sequence, raw.map
local two <const>, one <const> = { { "a" }, { "b" } }, { { "a" } }
local SET <const>, OVERRIDE <const>, WRITE <const>, FETCH <const>, COPY <const>, SWAP <const> = 12, 20, 18, 21, 22, 31
local CHECK <const>, NOT_MATCH <const>, UNLINK <const> = 6, 25, 33

local function content(text) return map{ [18] = text } end
local function from(index) return map{ [22] = index } end
local function from_uri(uri, payload) return map{ [21] = require("teep.cbor").text(uri), [14] = #payload } end

describe("storage of a manifest:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  local function process(components, install, given)
    return sim:process(raw.make{
      components = components, shared = false, fields = { [20] = install, [24] = false },
      envelope = { members = { ["#0"] = false, ["#p"] = raw.payload } },
    }, given)
  end

  local function contents(components)
    local list <const> = {}
    for i, id in ipairs(components) do list[i] = sim:content(id) or false end
    return list
  end

  local function installs(wanted, components, install, given)
    local outcome <const> = process(components, install, given)
    assert.is_true(outcome.ok, outcome.message)
    assert.same(wanted, contents(components))
    return outcome
  end

  local function refuses(code, reason, components, install, given)
    local before <const> = contents(components)
    local outcome <const> = process(components, install, given)
    assert.is_false(outcome.ok)
    assert.same({ code, reason }, { outcome.code, outcome.reason }, outcome.message)
    assert.same(before, contents(components))
    return outcome
  end

  describe("write", function()
    it("stores what the parameter content holds, the empty string, too", function()
      installs({ "x" }, one, seq(OVERRIDE, content "x", WRITE, 2))
      installs({ "" }, one, seq(OVERRIDE, content "", WRITE, 2))
    end)

    it("fails without content (S-022)", function()
      refuses("parameter_unset", 8, one, seq(WRITE, 2))
    end)

    it("stores no more than image-size (P-28, D19)", function()
      installs({ "xx" }, one, seq(OVERRIDE, map{ [18] = "xx", [14] = 2 }, WRITE, 2))
      refuses("operation_failed", 11, one, seq(OVERRIDE, map{ [18] = "xxx", [14] = 2 }, WRITE, 2))
    end)
  end)

  describe("copy", function()
    it("copies what this manifest has stored", function()
      installs({ "x", "x" }, two, seq(SET, 0, OVERRIDE, content "x", WRITE, 2, SET, 1, OVERRIDE, from(0), COPY, 2))
      installs({ raw.payload, raw.payload }, two, seq(SET, 0, OVERRIDE, raw.uri "#p", FETCH, 2, OVERRIDE,
        map{ [3] = require("teep.cbor").encode(raw.digest(raw.payload)) }, 3, 15, SET, 1, OVERRIDE, from(0), COPY, 2))
    end)

    it("copies what was there before, of every size", function()
      for _, size in ipairs{ 0, 1, 65535, 65536, 65537 } do
        local payload <const> = ("p"):rep(size)
        installs({ payload, sim:content{ "b" } or false }, two, seq(SET, 0, OVERRIDE, raw.uri "x:y", FETCH, 2,
          raw.compared(payload)), {
          fetch = function(_, _, sink) return sink(payload) end,
        })
        installs({ payload, payload }, two, seq(SET, 1, OVERRIDE, from(0), COPY, 2))
      end
    end)

    it("fails without a source, set or there (S-048)", function()
      refuses("parameter_unset", 8, two, seq(SET, 1, COPY, 2))
      local outcome <const> = refuses("operation_failed", 11, two, seq(SET, 1, OVERRIDE, from(0), COPY, 2))
      assert.matches("the source a is absent", outcome.message, 1, true)
      installs({ "x", false }, two, seq(SET, 0, OVERRIDE, content "x", WRITE, 2))
      refuses("operation_failed", 11, two, seq(SET, 0, UNLINK, 2, SET, 1, OVERRIDE, from(0), COPY, 2))
    end)

    it("stops at the size that is stated (P-28, D19)", function()
      installs({ "abc", false }, two, seq(SET, 0, OVERRIDE, content "abc", WRITE, 2))
      refuses("operation_failed", 11, two, seq(SET, 1, OVERRIDE, map{ [22] = 0, [14] = 2 }, COPY, 2))
      installs({ "abc", "abc" }, two, seq(SET, 1, OVERRIDE, map{ [22] = 0, [14] = 3 }, COPY, 2))
    end)

    it("keeps no more in memory than it may (D19)", function()
      local install <const> = seq(SET, 0, OVERRIDE, content "abc", WRITE, 2, SET, 1, OVERRIDE, from(0), COPY, 2)
      refuses("limit_reached", 1, two, install, { limits = { buffered_bytes = 2 } })
      installs({ "abc", "abc" }, two, install, { limits = { buffered_bytes = 3 } })
    end)
  end)

  describe("swap", function()
    local install <const> = seq(SET, 0, OVERRIDE, from(1), SWAP, 2)

    it("exchanges what is installed", function()
      installs({ "1", "2" }, two, seq(SET, 0, OVERRIDE, content "1", WRITE, 2, SET, 1, OVERRIDE, content "2", WRITE, 2))
      local outcome <const> = installs({ "2", "1" }, two, install)
      assert.equal(2, #outcome.installed)
    end)

    it("exchanges what this manifest has stored, and again", function()
      installs({ "2", "1" }, two, seq(SET, 0, OVERRIDE, content "1", WRITE, 2, SET, 1, OVERRIDE, content "2", WRITE, 2,
        SET, 0, OVERRIDE, from(1), SWAP, 2, SWAP, 2, SWAP, 2))
    end)

    it("fails without a source, set or there (S-048)", function()
      refuses("parameter_unset", 8, two, seq(SET, 0, SWAP, 2))
      refuses("operation_failed", 11, two, install)
      installs({ "1", false }, two, seq(SET, 0, OVERRIDE, content "1", WRITE, 2))
      refuses("operation_failed", 11, two, install)
      refuses("operation_failed", 11, two, seq(SET, 1, OVERRIDE, from(0), SWAP, 2))
    end)
  end)

  describe("fetch", function()
    it("takes integrated payloads by whatever name they have (S-031, P-21)", function()
      installs({ raw.payload }, one, seq(OVERRIDE, raw.uri "#p", FETCH, 2, raw.compared(raw.payload)))
      refuses("payload_not_found", 11, one, seq(OVERRIDE, raw.uri "p", FETCH, 2))
    end)

    it("may be bounded by the size stated (P-28, D19)", function()
      installs({ raw.payload }, one, seq(OVERRIDE, from_uri("#p", raw.payload), FETCH, 2, raw.compared(raw.payload)))
      refuses("operation_failed", 11, one, seq(OVERRIDE, from_uri("#p", raw.payload:sub(2)), FETCH, 2))
    end)
  end)

  describe("what was fetched", function()
    local function digest(text) return map{ [3] = require("teep.cbor").encode(raw.digest(text)) } end
    local fetch <const> = { OVERRIDE, raw.uri "#p", FETCH, 2 }
    local function fetched(...)
      local commands <const> = { table.unpack(fetch) }
      for _, each in ipairs{ ... } do commands[#commands + 1] = each end
      return seq(table.unpack(commands))
    end

    it("is refused where nothing in the manifest was compared with it, integrated or not (S-019)", function()
      local outcome <const> = refuses("payload_unconfirmed", 4, one, fetched())
      assert.matches("a: neither image-match nor check-content", outcome.message, 1, true)
      assert.same({ 20, #fetched() - 2, 0 }, { outcome.failure.section, outcome.failure.offset, outcome.failure.component_index })
      refuses("payload_unconfirmed", 4, one, fetched(OVERRIDE, digest(raw.payload)))
      refuses("payload_unconfirmed", 4, one, fetched(OVERRIDE, digest "other", NOT_MATCH, 15))
      refuses("payload_unconfirmed", 4, one, seq(OVERRIDE, raw.uri "x:y", FETCH, 2), {
        fetch = function(_, _, sink) return sink(raw.payload) end,
      })
    end)

    it("is refused where it was compared before it was fetched, or before it was fetched again (S-019)", function()
      installs({ raw.payload }, one, fetched(raw.compared(raw.payload)))
      refuses("payload_unconfirmed", 4, one, seq(OVERRIDE, digest(raw.payload), 3, 15, OVERRIDE, raw.uri "#p", FETCH, 2))
      refuses("payload_unconfirmed", 4, one, fetched(OVERRIDE, digest(raw.payload), 3, 15, FETCH, 2))
    end)

    it("counts once image-match or check-content has held for it, in whatever section (S-019)", function()
      installs({ raw.payload }, one, fetched(raw.compared(raw.payload)))
      installs({ raw.payload }, one, fetched(OVERRIDE, content(raw.payload), CHECK, 15))
      local outcome <const> = sim:process(raw.make{ shared = false, fields = {
        [16] = fetched(), [20] = false, [7] = seq(raw.compared(raw.payload)),
      }, envelope = { members = { ["#p"] = raw.payload } } })
      assert.is_true(outcome.ok, outcome.message)
    end)

    it("needs not be compared where nothing of it is left", function()
      installs({ false }, one, fetched(UNLINK, 2))
      installs({ "x" }, one, fetched(OVERRIDE, content "x", WRITE, 2))
    end)

    it("is no better for being copied or swapped (S-019)", function()
      local first <const>, second <const> = { SET, 0, OVERRIDE, raw.uri "#p", FETCH, 2 }, { SET, 1, OVERRIDE, from(0) }
      local function copied(...)
        local commands <const> = {}
        for _, list in ipairs{ first, ... } do
          for _, each in ipairs(list) do commands[#commands + 1] = each end
        end
        return seq(table.unpack(commands))
      end
      local compared <const>, at <const> = { raw.compared(raw.payload) }, { SET, 0 }
      refuses("payload_unconfirmed", 4, two, copied(second, { COPY, 2 }))
      refuses("payload_unconfirmed", 4, two, copied(second, { COPY, 2 }, at, compared))
      refuses("payload_unconfirmed", 4, two, copied(second, { COPY, 2 }, compared))
      installs({ raw.payload, raw.payload }, two, copied(compared, second, { COPY, 2 }))
      refuses("payload_unconfirmed", 4, two, copied(second, { SWAP, 2 }))
      -- Back again, by a command that runs on the other component.
      local outcome <const> = refuses("payload_unconfirmed", 4, two, copied(second, { SWAP, 2, SWAP, 2 }))
      assert.equal(1, outcome.failure.component_index)
      installs({ raw.payload, raw.payload }, two, copied(compared, second, { SWAP, 2 }))
    end)
  end)

  describe("work", function()
    local limit <const> = { limits = { work_bytes = 10 } }
    local over <const>, within <const> = ("x"):rep(11), ("x"):rep(10)

    it("ends where more bytes are stored than the limit of all of them (D19)", function()
      installs({ within }, one, seq(OVERRIDE, content(within), WRITE, 2), limit)
      local outcome <const> = refuses("limit_reached", 1, one, seq(OVERRIDE, content(over), WRITE, 2), limit)
      assert.matches("more than 10 bytes handled", outcome.message, 1, true)
      installs({ "12345", "12345" }, two, seq(SET, true, OVERRIDE, content "12345", WRITE, 2), limit)
      refuses("limit_reached", 1, two, seq(SET, true, OVERRIDE, content "123456", WRITE, 2), limit)
    end)

    it("counts what is fetched, whatever becomes of it (D19)", function()
      local function fetch(_, _, sink) return sink "12345" end
      local function times(count)
        local branches <const> = require("teep.cbor").array{}
        for i = 1, count do branches[i] = seq(OVERRIDE, raw.uri "x:y", FETCH, 2, 14, 15) end
        branches[count + 1] = require("teep.cbor").null
        return seq(15, branches)
      end
      local before <const> = contents(one)
      installs(before, one, times(2), { fetch = fetch, limits = limit.limits })
      refuses("limit_reached", 1, one, times(3), { fetch = fetch, limits = limit.limits })
    end)

    it("counts what conditions measure and compare (D19)", function()
      installs({ "12345" }, one, seq(OVERRIDE, content "12345", WRITE, 2))
      local function matches(...) return seq(OVERRIDE, map{ [3] = require("teep.cbor").encode(raw.digest "12345") }, ...) end
      installs({ "12345" }, one, matches(3, 15, 3, 15), limit)
      refuses("limit_reached", 1, one, matches(3, 15, 3, 15, 3, 15), limit)
      installs({ "12345" }, one, seq(OVERRIDE, content "12345", CHECK, 15), limit)
      refuses("limit_reached", 1, one, seq(OVERRIDE, content "12345", CHECK, 15), { limits = { work_bytes = 9 } })
    end)

    it("counts what is copied: measured, then stored (D19)", function()
      installs({ "12345", false }, two, seq(SET, 0, OVERRIDE, content "12345", WRITE, 2))
      local install <const> = seq(SET, 1, OVERRIDE, from(0), COPY, 2)
      refuses("limit_reached", 1, two, install, { limits = { work_bytes = 9 } })
      installs({ "12345", "12345" }, two, install, limit)
    end)

    it("counts what is decrypted, before and after (D19)", function()
      local function decrypt(_, sink)
        return { update = function(_, bytes) return sink(bytes) end, finish = function() return true end }
      end
      local install <const> = seq(OVERRIDE, map{ [18] = "12345", [19] = "info" }, WRITE, 2)
      refuses("limit_reached", 1, one, install, { decrypt = decrypt, limits = { work_bytes = 9 } })
      installs({ "12345" }, one, install, { decrypt = decrypt, limits = limit.limits })
    end)
  end)

  describe("a component that another manifest holds", function()
    local function holding(id)
      return { keep = function(other) return component_id.equal(id, other) end }
    end

    before_each(function()
      installs({ "1", "2" }, two, seq(SET, 0, OVERRIDE, content "1", WRITE, 2, SET, 1, OVERRIDE, content "2", WRITE, 2))
    end)

    it("is written, copied to and swapped by none (S-067, S-075)", function()
      for _, install in ipairs{
        seq(SET, 0, OVERRIDE, content "new", WRITE, 2), seq(SET, 0, OVERRIDE, from(1), COPY, 2),
        seq(SET, 0, OVERRIDE, from(1), SWAP, 2), seq(SET, 1, OVERRIDE, from(0), SWAP, 2),
        seq(SET, 0, OVERRIDE, raw.uri "#p", FETCH, 2),
      } do
        refuses("component_in_use", 11, two, install, holding{ "a" })
      end
    end)

    it("is shared where it would be the same (S-067)", function()
      local outcome <const> = installs({ "1", "2" }, two, seq(SET, 0, OVERRIDE, content "1", WRITE, 2), holding{ "a" })
      assert.same({}, outcome.installed)
      installs({ "1", "1" }, two, seq(SET, 1, OVERRIDE, from(0), COPY, 2))
      installs({ "1", "1" }, two, seq(SET, 0, OVERRIDE, from(1), COPY, 2), holding{ "a" })
    end)

    it("may be copied from", function()
      installs({ "1", "1" }, two, seq(SET, 1, OVERRIDE, from(0), COPY, 2), holding{ "a" })
    end)
  end)

  describe("conditions on what is stored:", function()
    it("check-content wants the very bytes (S-045)", function()
      installs({ "abc" }, one, seq(OVERRIDE, content "abc", WRITE, 2, CHECK, 15))
      installs({ "abc" }, one, seq(OVERRIDE, content "abc", CHECK, 15))
      for _, other in ipairs{ "abd", "ab", "abcd", "" } do
        refuses("condition_failed", 10, one, seq(OVERRIDE, content(other), CHECK, 15))
      end
    end)

    it("check-content fails without content, set or there (S-042, S-045)", function()
      refuses("condition_failed", 10, one, seq(CHECK, 15))
      refuses("condition_failed", 10, one, seq(OVERRIDE, content "abc", CHECK, 15))
    end)

    it("check-content that fails stops what comes after it (S-042, e3)", function()
      local install <const> = seq(OVERRIDE, content "x", CHECK, 15, WRITE, 2)
      local outcome <const> = refuses("condition_failed", 10, one, install)
      assert.same({ 20, #install - 4 }, { outcome.failure.section, outcome.failure.offset })
    end)

    it("image-not-match is the opposite of image-match, and wants a component, too (S-042)", function()
      local function digest(text) return map{ [3] = require("teep.cbor").encode(raw.digest(text)) } end
      refuses("condition_failed", 10, one, seq(OVERRIDE, digest "abc", NOT_MATCH, 15))
      refuses("condition_failed", 10, one, seq(NOT_MATCH, 15))
      installs({ "abc" }, one, seq(OVERRIDE, content "abc", WRITE, 2, OVERRIDE, digest "abd", NOT_MATCH, 15))
      local outcome <const> = refuses("condition_failed", 10, one, seq(OVERRIDE, digest "abc", NOT_MATCH, 15))
      assert.equal(crypto.digest("SHA-256", "abc"), outcome.failure.parameters.image_digest.bytes)
    end)
  end)

  it("bytes that are encrypted go through what decrypts (S-090)", function()
    local seen <const> = {}
    -- Turns every byte around; `finish` is where an AEAD would find a wrong tag.
    local function decrypt(info, sink)
      seen[#seen + 1] = info
      return {
        update = function(_, bytes) return sink(bytes:gsub(".", { a = "A", b = "B" })) end,
        finish = function()
          if info == "bad" then return nil, "the tag does not match", "bad_signature" end
          return true
        end,
      }
    end
    local given <const> = { decrypt = decrypt }
    installs({ "AB" }, one, seq(OVERRIDE, map{ [18] = "ab", [19] = "info" }, WRITE, 2), given)
    installs({ "ab", "AB" }, two, seq(SET, 0, OVERRIDE, content "ab", WRITE, 2, SET, 1,
      19, map{ [22] = 0, [19] = "info" }, 20, map{ [3] = require("teep.cbor").encode(raw.digest "AB") }, COPY, 2), given)
    assert.same({ "info", "info" }, seen)
    local outcome <const> = process(one, seq(OVERRIDE, map{ [18] = "ab", [19] = "bad" }, WRITE, 2), given)
    assert.same({ "bad_signature", 11 }, { outcome.code, outcome.reason })
    refuses("parameter_unsupported", 8, one, seq(OVERRIDE, map{ [18] = "ab", [19] = "info" }, WRITE, 2))
  end)

  it("fetch does not decrypt (P-17)", function()
    installs({ raw.payload }, one, seq(OVERRIDE, map{ [19] = "info" }, OVERRIDE, raw.uri "#p", FETCH, 2,
      raw.compared(raw.payload)), {
      decrypt = function() error "asked" end,
    })
  end)
end)
