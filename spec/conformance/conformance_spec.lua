local rules <const> = require "conformance.rules"
local scan <const> = require "conformance.scan"

local REFERENCE <const> = "../shared/reference"

local function named(source)
  local found <const>, misplaced = scan.lua(source)
  local ids <const> = {}
  for i, one in ipairs(found) do ids[i] = one.id .. ":" .. one.line end
  for i, one in ipairs(misplaced) do misplaced[i] = one.id .. ":" .. one.line end
  return ids, misplaced
end

describe("the scan for rules", function()
  it("does not take a comment, a body or a pending spec for a description", function()
    local ids <const>, misplaced <const> = named [==[
      -- (T-001)
      --[[ it("x (T-002)", f) ]]
      it("works (T-003)", function() check "T-004" end)
      pending("some day (T-005)")
      local it_like = { it = "T-006" }
    ]==]
    assert.same({ "T-003:3" }, ids)
    assert.same({ "T-004:3", "T-005:4", "T-006:5" }, misplaced)
  end)

  it("does not take curves, algorithms and numbers for rules", function()
    assert.same({}, scan.ids "P-256, P-384, A128KW, UTF-8, 3D5, XT-001, T-001x, ADD5, D5a, D2 84 (43A1 D5a)")
  end)

  it("keeps ids that no list knows, for the report to refuse", function()
    assert.same({ "T-1", "S-9999", "D-5", "D99" }, scan.ids "T-1, S-9999, D-5 (D99)")
  end)

  it("finds describe, it, formatted names and helpers that describe", function()
    local ids <const>, misplaced <const> = named [==[
      local function refuses(code, name) it("refuses " .. name, function() end) end
      function M.suite(name) describe(name, function() end) end
      describe("all (T-001)", function()
        for _, name in ipairs { "a" } do
          it(("answers %s (T-002, D5)"):format(name), function() end)
        end
        refuses("code", "a thing (S-001)", { "T-003" })
        M.suite "more (P-01)"
        it "short (A-01)"
      end)
    ]==]
    assert.same({ "T-001:3", "T-002:5", "D5:5", "S-001:7", "T-003:7", "P-01:8", "A-01:9" }, ids)
    assert.same({}, misplaced)
  end)

  it("takes the comments of C tests for their descriptions", function()
    local found <const> = scan.c '/* Survives (D21):\n * and (D20). */\nint n = "D5"; /* (D6) */\n'
    assert.same({
      { id = "D21", line = 1, description = "Survives (D21):" }, { id = "D20", line = 2, description = "and (D20)." },
      { id = "D6", line = 3, description = "(D6)" },
    }, found)
  end)

  it("finds in the specs what busted lists", function()
    local by_id <const> = scan.tree "."
    local list <const> = assert(io.popen "busted --list 2>/dev/null")
    local listed <const> = {}
    for line in list:lines() do
      for _, id in ipairs(scan.ids(line:match "^[^:]*:%d+: (.*)" or "")) do listed[id] = true end
    end
    list:close()
    local missing <const>, extra <const> = {}, {}
    for id in pairs(listed) do if not by_id[id] then missing[#missing + 1] = id end end
    for id, specs in pairs(by_id) do
      if not listed[id] and specs[1].file:find "_spec%.lua$" then extra[#extra + 1] = id end
    end
    assert.same({ {}, {} }, { missing, extra })
  end)
end)

describe("the lists of rules", function()
  local _, known <const> = rules.load()

  local function ids_of(file, pattern)
    local found <const> = {}
    for line in io.lines(REFERENCE .. "/" .. file) do
      local id <const>, second = line:match(pattern)
      if id then found[id] = true end
      if id and second and second ~= "" then found["P-" .. second] = true end
    end
    return found
  end

  local references <const> = {
    { "T", "teep-protocol.md", "^| (T%-%d+) |" }, { "A", "teep-protocol.md", "^| (A%-%d+) |" },
    { "S", "suit.md", "^| (S%-%d+) |" }, { "P", "suit.md", "^%- (P%-%d+)/?(%d*) " },
    { "D", "reliability-security.md", "^| (D%d+) |" },
  }

  for _, row in ipairs(references) do
    local letter <const>, file <const>, pattern <const> = table.unpack(row)
    local name <const> = ("have every id of %s in %s, and no other"):format(letter, file)
    local probe <const> = io.open(REFERENCE .. "/" .. file)
    if not probe then
      pending(name .. " - " .. REFERENCE .. " is absent")
    else
      probe:close()
      it(name, function()
        local ours <const> = {}
        for id in pairs(known) do if id:sub(1, 1) == letter then ours[id] = true end end
        assert.same(ids_of(file, pattern), ours)
      end)
    end
  end

  it("have words, a level and at most one remark for each", function()
    for id, rule in pairs(known) do
      assert.is_true(#rule.words > 0 and #rule.level > 0 and rule.section ~= nil, id)
      local remarks = 0
      for _, name in ipairs { "not_applicable", "not_yet", "partly" } do
        if rule[name] then remarks = remarks + 1 end
      end
      assert.is_true(remarks <= 1, id)
    end
  end)
end)
