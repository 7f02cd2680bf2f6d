local cbor <const> = require "teep.cbor"
local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local tree <const> = require "fixtures.suit_tree"

local seq <const>, map <const>, content <const>, from <const> = raw.sequence, raw.map, raw.content, raw.from
local one <const>, two <const> = { { "a" } }, { { "a" }, { "b" } }
local SET <const>, OVERRIDE <const>, WRITE <const>, FETCH <const>, COPY <const>, SWAP <const> = 12, 20, 18, 21, 22, 31
local TRY <const>, RUN <const>, ABORT <const>, MATCH <const>, CHECK <const>, UNLINK <const> = 15, 32, 14, 3, 6, 33

local function write(text) return OVERRIDE, content(text), WRITE, 2 end

-- An argument of try-each; null is last.
local function branches(...) return cbor.array{ ... } end

describe("a sequence that failed and was made up for", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("leaves", function()
    before_each(function()
      sim:stores({ "old a", "old b" }, two, seq(SET, 0, OVERRIDE, content "old a", WRITE, 2, SET, 1, write "old b"))
    end)

    -- Every way to change component 0, and what would be there after it.
    local changes <const> = {
      fetch = { OVERRIDE, raw.uri "#p", FETCH, 2 },
      write = { write "new" },
      copy = { OVERRIDE, from(1), COPY, 2 },
      swap = { OVERRIDE, from(1), SWAP, 2 },
      unlink = { UNLINK, 2 },
      ["unlink and write"] = { UNLINK, 2, write "new" },
      ["write and unlink"] = { OVERRIDE, content "new", WRITE, 2, UNLINK, 2 },
      ["write, twice"] = { OVERRIDE, content "new", WRITE, 2, write "newer" },
    }

    for name, change in pairs(changes) do
      it("nothing of a " .. name .. " whose image-match then fails (S-019)", function()
        local branch <const> = seq(change, OVERRIDE, raw.stated "wanted", MATCH, 15)
        local outcome = sim:stores({ "old a", "old b" }, two, seq(SET, 0, TRY, branches(branch, cbor.null)))
        assert.same({ {}, {} }, { outcome.installed, outcome.unlinked })
        outcome = sim:stores({ "other", "old b" }, two, seq(SET, 0, TRY, branches(branch, seq(write "other"))))
        assert.equal(1, #outcome.installed)
        assert.same({}, outcome.unlinked)
      end)

      it("nothing of a " .. name .. " in a run-sequence that fails softly (P-26)", function()
        local inner <const> = seq(OVERRIDE, map{ [13] = true }, change, ABORT, 15)
        local outcome <const> = sim:stores({ "old a", "old b" }, two, seq(SET, 0, RUN, inner))
        assert.same({ {}, {} }, { outcome.installed, outcome.unlinked })
      end)
    end

    it("the component as it was for what comes after it (S-019)", function()
      sim:stores({ "old a", "old b" }, two,
        seq(SET, 0, TRY, branches(seq(OVERRIDE, content "new", WRITE, 2, ABORT, 15), cbor.null), OVERRIDE, raw.stated "old a",
          MATCH, 15))
      sim:stores({ "old a", "old a" }, two, seq(SET, 0, TRY,
        branches(seq(OVERRIDE, content "new", WRITE, 2, ABORT, 15), cbor.null), SET, 1, OVERRIDE, from(0), COPY, 2))
    end)

    it("nothing of what sequences within it did, though they succeeded", function()
      local inner <const> = seq(TRY, branches(seq(write "inner"), cbor.null), ABORT, 15)
      sim:stores({ "old a", "old b" }, two, seq(SET, 0, TRY, branches(inner, cbor.null)))
      local exhausted <const> = seq(TRY, branches(seq(OVERRIDE, content "1", WRITE, 2, ABORT, 15),
        seq(OVERRIDE, content "2", WRITE, 2, ABORT, 15)))
      sim:stores({ "old a", "old b" }, two, seq(SET, 0, TRY, branches(exhausted, cbor.null)))
    end)

    it("other components as they are, each for itself (S-024)", function()
      local branch <const> = seq(CHECK, 15, OVERRIDE, content "new", WRITE, 2, ABORT, 15)
      sim:stores({ "old a", "new b" }, two, seq(SET, 1, OVERRIDE, content "new b", WRITE, 2, SET, 0,
        OVERRIDE, content "old a", TRY, branches(branch, cbor.null)))
    end)
  end)

  describe("and was run after other changes of the component", function()
    local function staged(...)
      return seq(OVERRIDE, content "before", WRITE, 2, TRY, branches(seq(...), cbor.null))
    end

    it("leaves these when it did not touch the component", function()
      sim:stores({ "before" }, one, staged(ABORT, 15))
    end)

    it("ends the procedure, as what it replaced is gone (S-019)", function()
      local install <const> = staged(OVERRIDE, content "new", WRITE, 2, ABORT, 15)
      local outcome <const> = sim:rejects("operation_failed", 11, one, install)
      assert.matches("what was stored in a before", outcome.message, 1, true)
      assert.same({ 20, 13 }, { outcome.failure.section, outcome.failure.offset })
      sim:rejects("operation_failed", 11, one, staged(UNLINK, 2, ABORT, 15))
      sim:rejects("operation_failed", 11, one,
        seq(OVERRIDE, content "before", WRITE, 2, RUN, seq(OVERRIDE, map{ [13] = true }, UNLINK, 2, ABORT, 15)))
    end)

    it("leaves a component removed that was", function()
      sim:stores({ "old" }, one, seq(write "old"))
      local outcome <const> = sim:stores({ false }, one,
        seq(UNLINK, 2, TRY, branches(seq(OVERRIDE, content "new", WRITE, 2, ABORT, 15), cbor.null)))
      assert.same({ {}, { { "a" } } }, { outcome.installed, outcome.unlinked })
    end)

    it("fails with the code of a back end that cannot take a removal back (S-022)", function()
      sim:stores({ "old" }, one, seq(write "old"))
      local txn <const> = { remove = function() return true end }
      function txn.stage() return nil, "the disk is gone", "io_failed" end
      local outcome <const> = sim:rejects("io_failed", 11, one, seq(TRY, branches(seq(UNLINK, 2, ABORT, 15), cbor.null)),
        { txn = txn })
      assert.equal(1, outcome.failure.offset)
    end)
  end)

  it("starts nothing in the end", function()
    sim:stores({ "old" }, one, seq(write "old"))
    local outcome <const> = sim:process(raw.make{
      components = one, shared = false,
      fields = { [9] = seq(TRY, branches(seq(23, 2, ABORT, 15), cbor.null)), [24] = false },
    }, { procedure = "invocation" })
    assert.is_true(outcome.ok, outcome.message)
    assert.same({}, outcome.invocations)
  end)

  describe("and has run a dependency", function()
    local manifest <const> = tree.child_manifest()
    local function parent(...)
      return tree.parent{ manifest = manifest, fields = { [20] = seq(SET, 1, 7, 15, TRY, branches(...), SET, 0, write "p") } }
    end

    it("has not run it for those who count (S-063)", function()
      local outcome <const> = sim:process(parent(seq(11, 2, ABORT, 15), cbor.null))
      assert.same({ "dependency_incomplete", 5 }, { outcome.code, outcome.reason }, outcome.message)
      assert.is_nil(sim:content(tree.child_component))
    end)

    it("lets the next sequence run it anew (S-063)", function()
      local outcome <const> = sim:process(parent(seq(11, 2, ABORT, 15), seq(11, 2)))
      assert.is_true(outcome.ok, outcome.message)
      assert.equal(tree.child_content, sim:content(tree.child_component))
      assert.equal(crypto.digest("SHA-256", tree.child_content), outcome.dependencies[1].installed[1].digest)
    end)

    it("has not run what it ran of one that had begun before (S-063)", function()
      local both <const> = tree.child_manifest{ fields = { [16] = seq(OVERRIDE, content "set") } }
      local outcome <const> = sim:process(tree.parent{ manifest = both, fields = {
        [16] = seq(SET, 1, 7, 15, 11, 2), [20] = seq(SET, 1, TRY, branches(seq(11, 2, ABORT, 15), cbor.null), SET, 0, write "p"),
      } })
      assert.same({ "dependency_incomplete", 5 }, { outcome.code, outcome.reason }, outcome.message)
    end)

    it("has not checked its integrity either (S-069, S-073)", function()
      local outcome <const> = sim:process(tree.parent{ manifest = manifest, fields = {
        [20] = seq(SET, 1, TRY, branches(seq(7, 15, ABORT, 15), cbor.null), 11, 2),
      } })
      assert.same({ "dependency_unchecked", 4 }, { outcome.code, outcome.reason }, outcome.message)
    end)

    it("lets the next sequence bring another one in its place (S-073)", function()
      local other <const> = tree.child_manifest{ fields = { [20] = seq(write "of the other") } }
      local function brought(child, uri, ...)
        return seq(OVERRIDE, tree.dependency(child, uri), FETCH, 2, 7, 15, 11, 2, ...)
      end
      local outcome <const> = sim:process(tree.parent{
        manifest = manifest, members = { ["#other"] = raw.envelope(other, { members = { ["#0"] = false } }) },
        fields = { [15] = false, [20] = seq(SET, 1, TRY, branches(brought(manifest, "#child", ABORT, 15),
          brought(other, "#other"))) },
      })
      assert.is_true(outcome.ok, outcome.message)
      assert.equal("of the other", sim:content(tree.child_component))
      assert.equal(1, #outcome.dependencies)
    end)

    it("has not fetched it before the first payload (S-068)", function()
      local outcome <const> = sim:process(tree.parent{
        manifest = manifest, members = { ["#p"] = raw.payload },
        fields = { [15] = false, [20] = seq(SET, 1, TRY, branches(
          seq(OVERRIDE, tree.dependency(manifest, "#child"), FETCH, 2, SET, 0, OVERRIDE, raw.uri "#p", FETCH, 2, ABORT, 15),
          cbor.null), SET, 0, FETCH, 2) },
      })
      assert.equal("dependency_incomplete", outcome.code)
      assert.matches("is not there before the first payload", outcome.message, 1, true)
    end)

    it("has not given it up", function()
      local outcome <const> = sim:process(parent(seq(UNLINK, 2, ABORT, 15), seq(11, 2)))
      assert.is_true(outcome.ok, outcome.message)
      assert.is_false(outcome.dependencies[1].unlinked_by_dependent)
      assert.equal(tree.child_content, sim:content(tree.child_component))
    end)
  end)

  it("has confirmed nothing either", function()
    local install <const> = seq(OVERRIDE, raw.uri "#p", FETCH, 2,
      TRY, branches(seq(OVERRIDE, raw.stated(raw.payload), MATCH, 15, ABORT, 15), cbor.null))
    sim:rejects("payload_unconfirmed", 4, one, install)
  end)

  it("keeps the parameters it has set, which are all it leaves", function()
    sim:stores({ "set" }, one, seq(TRY, branches(seq(OVERRIDE, content "set", ABORT, 15), cbor.null), WRITE, 2))
  end)
end)
