local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

-- A sequence; lists of commands stand for the commands in them.
local function seq(...)
  local commands <const> = {}
  for i = 1, select("#", ...) do
    local item <const> = select(i, ...)
    local plain <const> = type(item) == "table" and getmetatable(item) == nil
    table.move(plain and item or { item }, 1, plain and #item or 1, #commands + 1, commands)
  end
  return raw.sequence(table.unpack(commands))
end

local three <const> = { { "a" }, { "b" }, { "c" } }
local two <const> = { { "a" }, { "b" } }

-- Parameters as a map, and the commands that go with them.
local map <const> = raw.map
local function content(text) return map{ [18] = text } end
local function flag(label, value) return cbor.map{ { label, value } } end
local soft <const>, hard <const> = flag(13, true), flag(13, false)
local unordered <const>, ordered <const> = flag(12, false), flag(12, true)

local SET <const>, IF_UNSET <const>, OVERRIDE <const> = 12, 19, 20
local TRY <const>, RUN <const>, WRITE <const>, CHECK <const>, ABORT <const> = 15, 32, 18, 6, 14
local COPY <const>, SWAP <const>, MULTIPLE <const>, COPY_PARAMS <const> = 22, 31, 34, 35

local function try(...) return { TRY, cbor.array{ ... } } end

describe("control flow of a manifest:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  local function process(components, install, options)
    return sim:process(raw.make{
      components = components, shared = options and options.shared or false,
      fields = { [20] = install, [24] = false }, envelope = { members = { ["#0"] = false } },
    }, options and options.given)
  end

  local function contents(components)
    local list <const> = {}
    for i, id in ipairs(components) do list[i] = sim:content(id) or false end
    return list
  end

  -- Install by `install`; then the components hold `wanted`.
  local function installs(wanted, components, install, options)
    local outcome <const> = process(components, install, options)
    assert.is_true(outcome.ok, outcome.message)
    assert.same(wanted, contents(components))
    return outcome
  end

  local function refuses(code, reason, components, install, options)
    local outcome <const> = process(components, install, options)
    assert.is_false(outcome.ok)
    assert.same({ code, reason }, { outcome.code, outcome.reason }, outcome.message)
    for _, found in ipairs(contents(components)) do assert.is_false(found) end
    return outcome
  end

  local one <const> = { { "a" } }

  describe("try-each", function()
    it("runs the first sequence that succeeds, and no further one (e2)", function()
      installs({ "first" }, one, seq(try(
        seq(OVERRIDE, content "first", WRITE, 2), seq(OVERRIDE, content "second", WRITE, 2))))
    end)

    it("goes on after a failed condition", function()
      installs({ "second" }, one, seq(try(
        seq(ABORT, 15, OVERRIDE, content "first", WRITE, 2), seq(OVERRIDE, content "second", WRITE, 2))))
    end)

    it("ends with the condition of its last sequence when none succeeds (S-042)", function()
      local install <const> = seq(try(seq(ABORT, 15), seq(OVERRIDE, content "x", CHECK, 15)))
      local outcome <const> = refuses("condition_failed", 10, one, install)
      local start <const> = install:find(seq(OVERRIDE, content "x", CHECK, 15), 1, true)
      assert.equal(start - 1 + #seq(OVERRIDE, content "x", CHECK, 15) - 2, outcome.failure.offset)
      assert.matches("no sequence succeeds", outcome.message, 1, true)
    end)

    it("does nothing, successfully, where null is what is left (P-09)", function()
      installs({ false }, one, seq(try(seq(ABORT, 15), cbor.null)))
      installs({ "then" }, one, seq(try(seq(ABORT, 15), cbor.null), OVERRIDE, content "then", WRITE, 2))
    end)

    it("wants two entries at least, null as the last of them only (P-09)", function()
      local function malformed(...)
        local verified <const>, _, code = suit.verify(raw.make{ fields = { [20] = seq(try(...)) } }, { keys = raw.trusted })
        assert.is_nil(verified)
        return code
      end
      assert.equal("size_out_of_range", malformed())
      assert.equal("size_out_of_range", malformed(seq(ABORT, 15)))
      assert.equal("wrong_type", malformed(cbor.null, seq(ABORT, 15)))
      assert.equal("wrong_type", malformed(seq(ABORT, 15), 1))
      assert.equal("size_out_of_range", malformed(seq(ABORT, 15), "\x80"))
    end)

    it("is ended by a directive that fails, whatever soft-failure says (S-022)", function()
      refuses("parameter_unset", 8, one, seq(try(seq(OVERRIDE, soft, WRITE, 2), cbor.null)))
    end)

    it("goes on to no other sequence when this one is not to fail softly (S-040)", function()
      refuses("condition_failed", 10, one, seq(try(seq(OVERRIDE, hard, ABORT, 15), cbor.null)))
    end)

    it("keeps the parameters a failed sequence has set", function()
      installs({ "left" }, one, seq(try(seq(OVERRIDE, content "left", ABORT, 15), cbor.null), WRITE, 2))
    end)

    it("lets each component choose for itself, with its own index (S-024, e6)", function()
      installs({ "1", "2" }, two, seq(SET, true, try(
        seq(OVERRIDE, map{ [5] = 7 }, 5, 15, OVERRIDE, content "1", WRITE, 2),
        seq(OVERRIDE, content "2", WRITE, 2))), {
        given = { device = {
          vendor_identifier = raw.device.vendor_identifier, class_identifier = raw.device.class_identifier,
          slot = function(id) return id[1] == "a" and 7 or 8 end,
        } },
      })
    end)

    it("does not inherit soft-failure, nor passes it on (S-040)", function()
      -- The inner run-sequence starts hard although the sequence around it is soft.
      installs({ "second" }, one, seq(try(
        seq(RUN, seq(ABORT, 15), OVERRIDE, content "first", WRITE, 2), seq(OVERRIDE, content "second", WRITE, 2))))
      -- What the inner one sets is gone when it ends.
      refuses("condition_failed", 10, { { "n" } }, seq(RUN, seq(RUN, seq(OVERRIDE, soft), ABORT, 15)))
    end)

    it("may fail within another one, which goes on; a rule makes that final (P-26)", function()
      local install <const> = seq(try(
        seq(try(seq(ABORT, 15), seq(ABORT, 15))), seq(OVERRIDE, content "outer", WRITE, 2)))
      installs({ "outer" }, one, install)
      local outcome <const> = process(one, install, { given = { rules = { exhausted_aborts = true } } })
      assert.same({ "condition_failed", 10 }, { outcome.code, outcome.reason })
    end)

    it("reports the failures of sequences that were made up for, and succeeds (S-036)", function()
      local outcome <const> = installs({ false }, one, seq(try(seq(ABORT, 2), cbor.null)))
      assert.equal(1, #outcome.records)
      assert.is_nil(outcome.failure)
    end)

    it("restores the component index when it ends", function()
      installs({ "x", "y" }, two, seq(SET, 0, try(seq(SET, 1, OVERRIDE, content "y", WRITE, 2), cbor.null),
        OVERRIDE, content "x", WRITE, 2))
    end)
  end)

  describe("run-sequence", function()
    it("fails as its sequence does (S-024)", function()
      refuses("condition_failed", 10, one, seq(RUN, seq(ABORT, 15), OVERRIDE, content "x", WRITE, 2))
    end)

    it("is left by a soft failure, and what follows is run (P-26, S-040)", function()
      installs({ "x" }, one, seq(
        RUN, seq(OVERRIDE, soft, ABORT, 15, OVERRIDE, content "never", WRITE, 2), OVERRIDE, content "x", WRITE, 2))
    end)

    it("is ended by a directive, whatever soft-failure says (S-022)", function()
      refuses("parameter_unset", 8, one, seq(RUN, seq(OVERRIDE, soft, WRITE, 2)))
    end)

    it("runs once for each component with its own index (S-024, S-023)", function()
      installs({ "a", "x", "x" }, three, seq(SET, 0, OVERRIDE, content "a", WRITE, 2,
        SET, cbor.array{ 2, 1 }, RUN, seq(OVERRIDE, content "x", WRITE, 2, CHECK, 2)))
    end)

    it("reports where it failed, counted in the section as a whole", function()
      local inner <const> = seq(3, 15)
      local install <const> = seq(RUN, seq(RUN, inner))
      local outcome <const> = refuses("condition_failed", 10, one, install)
      assert.same({ 20, (install:find(inner, 1, true)) }, { outcome.failure.section, outcome.failure.offset })
    end)
  end)

  describe("soft-failure", function()
    it("is refused outside of nested sequences, in every section (S-040, e8)", function()
      refuses("command_forbidden", 5, one, seq(OVERRIDE, soft, OVERRIDE, content "x", WRITE, 2))
      refuses("command_forbidden", 5, one, seq(OVERRIDE, hard))
      refuses("command_forbidden", 5, one, seq(IF_UNSET, soft))
      refuses("command_forbidden", 5, one, seq(OVERRIDE, content "x", WRITE, 2), { shared = seq(OVERRIDE, soft) })
    end)
  end)

  describe("strict order", function()
    local function from(index) return map{ [22] = index } end

    it("may be left for what can be done in any order (S-025)", function()
      installs({ "x", "y" }, two, seq(SET, 0, OVERRIDE, unordered, OVERRIDE, content "x", WRITE, 2, SET, 1,
        OVERRIDE, content "y", WRITE, 2))
    end)

    it("refuses without it what is both written and read (S-025)", function()
      local function copy(order)
        return seq(SET, 0, OVERRIDE, order, OVERRIDE, content "x", WRITE, 2, SET, 1, OVERRIDE, from(0), COPY, 2)
      end
      refuses("command_forbidden", 5, two, copy(unordered))
      installs({ "x", "x" }, two, copy(ordered))
    end)

    it("is a barrier when it is set again (S-025, S-027)", function()
      installs({ "x", "x" }, two, seq(SET, 0, OVERRIDE, unordered, OVERRIDE, content "x", WRITE, 2,
        OVERRIDE, ordered, SET, 1, OVERRIDE, from(0), COPY, 2))
    end)

    it("wants run-sequence to name its component first, and once (S-027)", function()
      local write <const> = seq(SET, 0, OVERRIDE, content "x", WRITE, 2)
      installs({ "x", false }, two, seq(SET, 1, OVERRIDE, unordered, RUN, write))
      refuses("command_forbidden", 5, { { "n" }, { "m" } }, seq(SET, 0, OVERRIDE, unordered,
        RUN, seq(OVERRIDE, content "x", WRITE, 2)))
      refuses("command_forbidden", 5, { { "n" }, { "m" } }, seq(SET, 0, OVERRIDE, unordered,
        RUN, seq(SET, 0, OVERRIDE, content "x", WRITE, 2, SET, 1)))
      refuses("command_forbidden", 5, { { "n" }, { "m" } }, seq(SET, 0, OVERRIDE, unordered,
        RUN, seq(SET, 0, RUN, seq(SET, 1, ABORT, 0))))
    end)

    it("lets run-sequence name none where several are preset (S-027)", function()
      installs({ "x", "x" }, two, seq(SET, true, OVERRIDE, unordered, RUN, seq(OVERRIDE, content "x", WRITE, 2)))
      refuses("command_forbidden", 5, { { "n" }, { "m" } }, seq(SET, true, OVERRIDE, unordered,
        RUN, seq(SET, 0, OVERRIDE, content "x", WRITE, 2)))
    end)

    it("holds inside of such a run-sequence, and is left again behind it (S-027)", function()
      local inner <const> = seq(SET, 0, OVERRIDE, content "x", WRITE, 2, OVERRIDE, from(0), COPY, 2)
      installs({ "x", false }, two, seq(SET, 1, OVERRIDE, unordered, RUN, inner))
      refuses("command_forbidden", 5, { { "n" }, { "m" } }, seq(SET, 1, OVERRIDE, unordered,
        RUN, seq(SET, 1, OVERRIDE, content "x"), SET, 0, OVERRIDE, content "y", WRITE, 2, SET, 1,
        OVERRIDE, from(0), COPY, 2))
    end)
  end)

  describe("parameters", function()
    it("are set by set-parameters only when they are not set yet", function()
      installs({ "1" }, one, seq(OVERRIDE, content "1", IF_UNSET, content "2", WRITE, 2))
      installs({ "2" }, one, seq(IF_UNSET, content "2", WRITE, 2))
      installs({ "4" }, one, seq(IF_UNSET, content "3", OVERRIDE, content "4", WRITE, 2))
    end)

    it("are set by set-parameters in a shared sequence as well (P-07)", function()
      installs({ "s" }, one, seq(WRITE, 2), { shared = seq(IF_UNSET, content "s") })
    end)

    it("go to several components by override-multiple, the last of which is chosen then", function()
      local each <const> = map{ [0] = content "x", [1] = content "y" }
      installs({ false, "y" }, two, seq(MULTIPLE, each, WRITE, 2))
      installs({ "x", "y" }, two, seq(MULTIPLE, each, SET, true, WRITE, 2))
    end)

    it("are taken over from other components by copy-params", function()
      installs({ false, "x" }, two, seq(SET, 0, OVERRIDE, content "x", SET, 1, COPY_PARAMS,
        map{ [0] = cbor.array{ 18 } }, WRITE, 2))
    end)

    it("cannot be taken over where they are not set, or belong to no component", function()
      refuses("parameter_unset", 8, two, seq(SET, 1, COPY_PARAMS, map{ [0] = cbor.array{ 18 } }))
      for _, label in ipairs{ 12, 13, 99, -300 } do
        refuses("parameter_unsupported", 8, two, seq(SET, 1, COPY_PARAMS, map{ [0] = cbor.array{ label } }))
      end
    end)

    it("name components that are there (e10)", function()
      for _, install in ipairs{
        seq(SET, 200, ABORT, 0), seq(SET, 0, MULTIPLE, map{ [2] = content "x" }),
        seq(SET, 0, COPY_PARAMS, map{ [2] = cbor.array{ 18 } }), seq(SET, 0, OVERRIDE, map{ [22] = 2 }),
        seq(SET, 0, RUN, seq(SET, 2, ABORT, 0)), seq(SET, 0, try(seq(ABORT, 0), seq(SET, 7, ABORT, 0))),
      } do
        refuses("component_unsupported", 6, two, install)
      end
    end)

    it("with a source are about the component it was set for (P-15)", function()
      installs({ "x", "x", "x" }, three, seq(SET, 0, OVERRIDE, content "x", WRITE, 2, SET, 1, OVERRIDE, map{ [22] = 0 },
        COPY, 2, SET, 2, COPY_PARAMS, map{ [1] = cbor.array{ 22 } }, COPY, 2))
    end)
  end)

  describe("unknown commands and parameters", function()
    for what, commands in pairs{ ["command 99"] = { 99, 15 }, ["parameter 99"] = { OVERRIDE, map{ [99] = "x" } } } do
      local inner <const> = seq(table.unpack(commands))

      it(what .. " is refused in a branch, too, before anything runs (S-100, e7)", function()
        for _, install in ipairs{
          seq(try(inner, cbor.null)), seq(try(seq(ABORT, 0), inner)), seq(RUN, inner), seq(RUN, seq(try(inner, cbor.null))),
        } do
          local outcome <const> = process(one, install)
          assert.matches("unsupported", outcome.code)
          assert.matches("not supported", outcome.message, 1, true)
        end
      end)

      it(what .. " is by request refused only when it is run, in try-each alone", function()
        local given <const> = { given = { rules = { lenient_unknown = true } } }
        installs({ false }, one, seq(try(seq(3, 0), cbor.null)), given)
        installs({ "x" }, one, seq(try(seq(OVERRIDE, content "x", WRITE, 2), inner)), given)
        for _, install in ipairs{ seq(try(inner, cbor.null)), seq(RUN, inner) } do
          assert.matches("unsupported", process(one, install, given).code)
        end
      end)
    end
  end)

  describe("limits", function()
    local function nested(depth)
      local inner = seq(OVERRIDE, content "x", WRITE, 2)
      for _ = 1, depth do inner = seq(RUN, inner) end
      return inner
    end

    local function verify(install, limits)
      local verified <const>, message, code = suit.verify(raw.make{ fields = { [20] = install } }, {
        keys = raw.trusted, limits = limits,
      })
      return verified and "ok" or code, message
    end

    it("on sequences within sequences (D19)", function()
      assert.equal("ok", verify(nested(8)))
      assert.equal("limit_reached", verify(nested(9)))
      installs({ "x" }, one, nested(8))
      assert.equal("limit_reached", verify(nested(3), { nesting = 2 }))
    end)

    it("on the sequences of a try-each (D19)", function()
      local list <const> = {}
      for i = 1, 16 do list[i] = seq(ABORT, 0) end
      assert.equal("ok", verify(seq(try(table.unpack(list)))))
      list[17] = cbor.null
      assert.equal("limit_reached", verify(seq(try(table.unpack(list)))))
    end)

    it("on the commands that run, for each component, which loops multiply (D19)", function()
      local function given(steps) return { given = { limits = { steps = steps } } } end
      -- true, run-sequence; then in it for each of two: three commands, of which write is for two.
      local install <const> = seq(SET, true, RUN, seq(SET, true, OVERRIDE, content "x", WRITE, 2))
      local outcome = process(two, install, given(9))
      assert.same({ "limit_reached" }, { outcome.code })
      installs({ "x", "x" }, two, install, given(10))
      local bomb = seq(SET, true, CHECK, 0)
      for _ = 1, 7 do bomb = seq(SET, true, OVERRIDE, content "x", RUN, bomb) end
      outcome = process({ { "a" }, { "b" }, { "c" }, { "d" } }, seq(SET, true, OVERRIDE, content "x", WRITE, 2, RUN, bomb))
      assert.equal("limit_reached", outcome.code)
    end)

    it("on the length of a URI (D19)", function()
      local function uri(length) return seq(try(seq(OVERRIDE, raw.uri(("u"):rep(length))), cbor.null)) end
      installs({ false }, one, uri(2048))
      refuses("limit_reached", 1, one, uri(2049))
    end)

    it("on the records of a report (D19)", function()
      local install <const> = seq(try(seq(ABORT, 2), cbor.null), try(seq(ABORT, 2), cbor.null))
      assert.equal(2, #process(one, install, { given = { limits = { records = 2 } } }).records)
      assert.equal(1, #process(one, install, { given = { limits = { records = 1 } } }).records)
    end)
  end)

  it("swap is refused without strict order, as it reads what it writes (S-025)", function()
    refuses("command_forbidden", 5, two, seq(SET, true, OVERRIDE, content "x", WRITE, 2, SET, 0,
      OVERRIDE, map{ [22] = 1 }, OVERRIDE, unordered, SWAP, 2))
  end)
end)
