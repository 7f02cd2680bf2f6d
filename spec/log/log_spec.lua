local log = require "teep.log"

-- Names that an attacker may choose: newlines, terminal escapes, quotes, forged pairs, raw bytes.
local corpus = {
  "a\nb", "a\r\n2026-01-01T00:00:00Z info device added", "\27[2J\27[31mred", "\155[2J", "a b", "a=b", '"', "\\",
  '" level=error "', "\0", "\127", "caf\195\169", "\255\254", "\226\128\174txt.exe", "", " ", "=", "\t",
  ("x"):rep(100000), "' or 1=1", "%s%n", "a\\nb", "\\x0a", "tam -> update",
}

-- The length of the quoted value at the start of a text.
local function quoted(text)
  local i = 2
  while text:sub(i, i) ~= '"' do
    assert(i <= #text, "unterminated value")
    i = i + (text:sub(i, i) == "\\" and 2 or 1)
  end
  return i
end

-- Reads a line back: words, then key=value pairs; anything else is an error of the line.
local function parse(line)
  local words, found, rest = {}, {}, line
  while rest ~= "" do
    local key, tail = rest:match "^([%a_]+)=(.*)$"
    local text = key and tail or rest
    local size = key and text:sub(1, 1) == '"' and quoted(text) or #(text:match '^[^ "=]+' or "")
    assert(size > 0, "not a word: " .. rest)
    if key then found[key] = text:sub(1, size) else words[#words + 1] = text:sub(1, size) end
    rest = text:sub(size + 1)
    assert(rest == "" or rest:sub(1, 1) == " ", "no space before: " .. rest)
    rest = rest:sub(2)
  end
  return words, found
end

local function unescape(value)
  if value:sub(1, 1) ~= '"' then return value end
  return (value:sub(2, -2):gsub("\\x(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
    :gsub('\\(["\\])', "%1"))
end

describe("a log line", function()
  it("stays one line of printable ASCII whatever the value is (D24)", function()
    for _, value in ipairs(corpus) do
      local line = log.format(0, "info", "seen", "name", value, "size", 1)
      assert.is_nil(line:find "[^ -~]", line)
    end
  end)

  it("cannot be made to show pairs or words that were not logged (D24)", function()
    for _, value in ipairs(corpus) do
      local words, found = parse(log.format(0, "info", "seen", "name", value, "size", 1))
      assert.same({ "1970-01-01T00:00:00Z", "info", "seen" }, words)
      local keys = {}
      for key in pairs(found) do keys[#keys + 1] = key end
      table.sort(keys)
      assert.same({ "name", "size" }, keys)
    end
  end)

  it("keeps a value readable back when it is not cut", function()
    for _, value in ipairs(corpus) do
      if #value <= log.value_limit and not value:find "\\" then
        local _, found = parse(log.format(0, "info", "seen", "name", value))
        assert.equal(value, unescape(found.name))
      end
    end
  end)

  it("leaves printable ASCII as it is, but for quotes and backslashes", function()
    for byte = 32, 126 do
      local character = string.char(byte)
      local shown = log.escape(" " .. character)
      assert.equal(character:find '["\\]' and 5 or 4, #shown, shown)
    end
  end)

  it("shows a value of the length limit whole and cuts one more byte", function()
    assert.equal(("x"):rep(log.value_limit), log.escape(("x"):rep(log.value_limit)))
    assert.equal(("x"):rep(log.value_limit) .. "...", log.escape(("x"):rep(log.value_limit + 1)))
  end)

  it("has time, level, event and pairs in this order", function()
    assert.equal("1970-01-01T00:00:10Z info listening address=127.0.0.1 port=8080",
      log.format(10, "info", "listening", "address", "127.0.0.1", "port", 8080))
  end)

  it("leaves out pairs without value", function()
    assert.equal("1970-01-01T00:00:00Z info a b=1", log.format(0, "info", "a", "none", nil, "b", 1))
  end)

  it("escapes the words of an event too", function()
    assert.is_nil(log.format(0, "info", "tam \27[0m"):find "\27")
  end)
end)

describe("a logger", function()
  local path
  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  local function lines()
    local found = {}
    for line in io.lines(path) do found[#found + 1] = line end
    return found
  end

  it("refuses unknown options and levels", function()
    assert.has_error(function() log.new{ colour = true } end)
    assert.has_error(function() log.new{ level = "loud" } end)
  end)

  it("says when its file cannot be opened", function()
    local logger, message, code = log.new{ file = "/nonexistent/log" }
    assert.is_nil(logger)
    assert.equal("io_failed", code)
    assert.matches("/nonexistent/log", message, 1, true)
  end)

  it("writes nothing below its level", function()
    local logger = log.new{ level = "warning", file = path }
    logger:debug "a"
    logger:info "b"
    logger:warning "c"
    logger:error "d"
    local found = lines()
    assert.equal(2, #found)
    assert.matches("warning c$", found[1])
    assert.matches("error d$", found[2])
    assert.is_false(logger:wants "info")
    assert.is_true(logger:wants "warning")
  end)

  it("appends to its file and has each line there at once", function()
    log.new{ file = path }:info "first"
    log.new{ file = path }:info "second"
    assert.equal(2, #lines())
  end)
end)
