local cbor <const> = require "teep.cbor"
local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local tree <const> = require "fixtures.suit_tree"

local seq <const>, map <const> = raw.sequence, raw.map
local one <const>, two <const> = { { "a" } }, { { "a" }, { "b" } }
local SET <const>, OVERRIDE <const>, WRITE <const>, FETCH <const>, COPY <const>, SWAP <const> = 12, 20, 18, 21, 22, 31
local TRY <const>, RUN <const>, ABORT <const>, MATCH <const>, CHECK <const>, UNLINK <const> = 15, 32, 14, 3, 6, 33

local function write(text) return OVERRIDE, map{ [18] = text }, WRITE, 2 end
local function from(index) return map{ [22] = index } end
local function digest(text) return map{ [3] = cbor.encode(raw.digest(text)) } end

-- An argument of try-each; null is last.
local function branches(...) return cbor.array{ ... } end

describe("a sequence that failed and was made up for", function()
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
    assert.same({ code, reason }, { outcome.code, outcome.reason }, outcome.message)
    assert.same(before, contents(components))
    return outcome
  end

  describe("leaves", function()
    before_each(function()
      installs({ "old a", "old b" }, two, seq(SET, 0, OVERRIDE, map{ [18] = "old a" }, WRITE, 2, SET, 1, write "old b"))
    end)

    -- Every way to change component 0, and what would be there after it.
    local changes <const> = {
      fetch = { OVERRIDE, raw.uri "#p", FETCH, 2 },
      write = { write "new" },
      copy = { OVERRIDE, from(1), COPY, 2 },
      swap = { OVERRIDE, from(1), SWAP, 2 },
      unlink = { UNLINK, 2 },
      ["unlink and write"] = { UNLINK, 2, write "new" },
      ["write and unlink"] = { OVERRIDE, map{ [18] = "new" }, WRITE, 2, UNLINK, 2 },
      ["write, twice"] = { OVERRIDE, map{ [18] = "new" }, WRITE, 2, write "newer" },
    }

    local function failing(change, ...)
      local commands <const> = { table.unpack(change) }
      for _, each in ipairs{ ... } do commands[#commands + 1] = each end
      return seq(table.unpack(commands))
    end

    for name, change in pairs(changes) do
      it("nothing of a " .. name .. " whose image-match then fails (S-019)", function()
        local branch <const> = failing(change, OVERRIDE, digest "wanted", MATCH, 15)
        local outcome = installs({ "old a", "old b" }, two, seq(SET, 0, TRY, branches(branch, cbor.null)))
        assert.same({ {}, {} }, { outcome.installed, outcome.unlinked })
        outcome = installs({ "other", "old b" }, two, seq(SET, 0, TRY, branches(branch, seq(write "other"))))
        assert.equal(1, #outcome.installed)
        assert.same({}, outcome.unlinked)
      end)

      it("nothing of a " .. name .. " in a run-sequence that fails softly (P-26)", function()
        local inner <const> = failing({ OVERRIDE, map{ [13] = true }, table.unpack(change) }, ABORT, 15)
        local outcome <const> = installs({ "old a", "old b" }, two, seq(SET, 0, RUN, inner))
        assert.same({ {}, {} }, { outcome.installed, outcome.unlinked })
      end)
    end

    it("the component as it was for what comes after it (S-019)", function()
      installs({ "old a", "old b" }, two,
        seq(SET, 0, TRY, branches(seq(OVERRIDE, map{ [18] = "new" }, WRITE, 2, ABORT, 15), cbor.null), OVERRIDE, digest "old a",
          MATCH, 15))
      installs({ "old a", "old a" }, two, seq(SET, 0, TRY,
        branches(seq(OVERRIDE, map{ [18] = "new" }, WRITE, 2, ABORT, 15), cbor.null), SET, 1, OVERRIDE, from(0), COPY, 2))
    end)

    it("nothing of what sequences within it did, though they succeeded", function()
      local inner <const> = seq(TRY, branches(seq(write "inner"), cbor.null), ABORT, 15)
      installs({ "old a", "old b" }, two, seq(SET, 0, TRY, branches(inner, cbor.null)))
      local exhausted <const> = seq(TRY, branches(seq(OVERRIDE, map{ [18] = "1" }, WRITE, 2, ABORT, 15),
        seq(OVERRIDE, map{ [18] = "2" }, WRITE, 2, ABORT, 15)))
      installs({ "old a", "old b" }, two, seq(SET, 0, TRY, branches(exhausted, cbor.null)))
    end)

    it("other components as they are, each for itself (S-024)", function()
      local branch <const> = seq(CHECK, 15, OVERRIDE, map{ [18] = "new" }, WRITE, 2, ABORT, 15)
      installs({ "old a", "new b" }, two, seq(SET, 1, OVERRIDE, map{ [18] = "new b" }, WRITE, 2, SET, 0,
        OVERRIDE, map{ [18] = "old a" }, TRY, branches(branch, cbor.null)))
    end)
  end)

  describe("and was run after other changes of the component", function()
    local function staged(...)
      return seq(OVERRIDE, map{ [18] = "before" }, WRITE, 2, TRY, branches(seq(...), cbor.null))
    end

    it("leaves these when it did not touch the component", function()
      installs({ "before" }, one, staged(ABORT, 15))
    end)

    it("ends the procedure, as what it replaced is gone (S-019)", function()
      local install <const> = staged(OVERRIDE, map{ [18] = "new" }, WRITE, 2, ABORT, 15)
      local outcome <const> = refuses("operation_failed", 11, one, install)
      assert.matches("what was stored in a before", outcome.message, 1, true)
      assert.same({ 20, 13 }, { outcome.failure.section, outcome.failure.offset })
      refuses("operation_failed", 11, one, staged(UNLINK, 2, ABORT, 15))
      refuses("operation_failed", 11, one,
        seq(OVERRIDE, map{ [18] = "before" }, WRITE, 2, RUN, seq(OVERRIDE, map{ [13] = true }, UNLINK, 2, ABORT, 15)))
    end)

    it("leaves a component removed that was", function()
      installs({ "old" }, one, seq(write "old"))
      local outcome <const> = installs({ false }, one,
        seq(UNLINK, 2, TRY, branches(seq(OVERRIDE, map{ [18] = "new" }, WRITE, 2, ABORT, 15), cbor.null)))
      assert.same({ {}, { { "a" } } }, { outcome.installed, outcome.unlinked })
    end)

    it("fails with the code of a back end that cannot take a removal back (S-022)", function()
      installs({ "old" }, one, seq(write "old"))
      local txn <const> = { remove = function() return true end }
      function txn.stage() return nil, "the disk is gone", "io_failed" end
      local outcome <const> = refuses("io_failed", 11, one, seq(TRY, branches(seq(UNLINK, 2, ABORT, 15), cbor.null)),
        { txn = txn })
      assert.equal(1, outcome.failure.offset)
    end)
  end)

  it("starts nothing in the end", function()
    installs({ "old" }, one, seq(write "old"))
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
      local both <const> = tree.child_manifest{ fields = { [16] = seq(OVERRIDE, map{ [18] = "set" }) } }
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
      TRY, branches(seq(OVERRIDE, digest(raw.payload), MATCH, 15, ABORT, 15), cbor.null))
    refuses("payload_unconfirmed", 4, one, install)
  end)

  it("keeps the parameters it has set, which are all it leaves", function()
    installs({ "set" }, one, seq(TRY, branches(seq(OVERRIDE, map{ [18] = "set" }, ABORT, 15), cbor.null), WRITE, 2))
  end)
end)
