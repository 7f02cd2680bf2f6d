--- Which rules the specs name in their descriptions.
--
-- A description is a string passed to `describe` or `it`, or to a function that hands it on to them; in a C test
-- it is a comment. Comments of Lua specs name nothing, and a rule in any other string is reported as misplaced.
local lexer <const> = require "conformance.lexer"

local M = {}

-- Of NIST, which look like our rules.
local curves <const> = { ["P-224"] = true, ["P-256"] = true, ["P-384"] = true, ["P-521"] = true }
local opening <const> = { ["function"] = true, ["do"] = true, ["if"] = true, ["repeat"] = true }
local closing <const> = { ["end"] = true, ["until"] = true }

--- Ids in a text, in order.
-- @string text
-- @treturn {string,...} such as "T-017", "S-001", "P-14", "A-02", and in parentheses "D5", which elsewhere may
--   be hexadecimal; also those that no rule has
function M.ids(text)
  local found = {}
  for id in text:gmatch "%f[%w%-]([TSPAD]%-%d+)%f[^%w%-]" do
    if not curves[id] then found[#found + 1] = id end
  end
  for group in text:gmatch "%b()" do
    for id in group:gmatch "%f[%w%-](D%d+)%f[^%w%-]" do found[#found + 1] = id end
  end
  return found
end

-- Position of the `end` of the function that begins at `from`.
local function end_of(tokens, from)
  local depth = 0
  for at = from, #tokens do
    local word = tokens[at].kind == "name" and tokens[at].text
    if opening[word] then depth = depth + 1 end
    if closing[word] then depth = depth - 1 end
    if depth == 0 then return at end
  end
  return #tokens
end

local function calls(tokens, at, describers)
  local this, next_token = tokens[at], tokens[at + 1]
  return this.kind == "name" and describers[this.text] and next_token
    and (next_token.kind == "string" or next_token.text == "(")
    and not (tokens[at - 1] and tokens[at - 1].text == "function")
end

local function describes(tokens, from, to, describers)
  for at = from, to do
    if calls(tokens, at, describers) then return true end
  end
end

-- Add the named functions that call a describer to the describers, until none is new.
local function helpers(tokens, describers)
  local again = false
  for at, this in ipairs(tokens) do
    local from = at + 1
    while tokens[from + 1] and tokens[from + 1].text == "." do from = from + 2 end
    local name = tokens[from]
    local named = this.kind == "name" and this.text == "function" and name and name.kind == "name"
    if named and not describers[name.text] and describes(tokens, from + 1, end_of(tokens, at), describers) then
      describers[name.text], again = true, true
    end
  end
  return again and helpers(tokens, describers) or describers
end

-- Give each string of one argument the whole of it as description, with "..." for what is not literal.
local function describe(argument, texts, described)
  local whole <const> = table.concat(texts, "...")
  for _, position in ipairs(argument) do described[position] = whole end
end

-- Find the strings among the arguments of the call at `at`, up to a function among them.
local function mark(tokens, at, described)
  local depth, argument, texts = 0, {}, {}
  for position = at + 1, #tokens do
    local this = tokens[position]
    local text = this.kind ~= "string" and this.text
    if not text then
      argument[#argument + 1], texts[#texts + 1] = position, this.text
    elseif text == "(" or text == "{" then
      depth = depth + 1
    elseif text == ")" or text == "}" then
      depth = depth - 1
    elseif text == "," then
      describe(argument, texts, described)
      argument, texts = {}, {}
    end
    if depth == 0 or text == "function" then return describe(argument, texts, described) end
  end
end

--- What a Lua spec names.
-- @string source the spec
-- @treturn {{id=string,line=integer,description=string},...} named in descriptions
-- @treturn {{id=string,line=integer},...} named in other strings
function M.lua(source)
  local tokens, described, named, misplaced = lexer.tokens(source), {}, {}, {}
  local describers = helpers(tokens, { it = true, describe = true })
  for at in ipairs(tokens) do
    if calls(tokens, at, describers) then mark(tokens, at, described) end
  end
  for at, this in ipairs(tokens) do
    for _, id in ipairs(this.kind == "string" and M.ids(this.text) or {}) do
      local list = described[at] and named or misplaced
      list[#list + 1] = { id = id, line = this.line, description = described[at] }
    end
  end
  return named, misplaced
end

--- What a C test names: the lines of its comments.
-- @string source the test
-- @treturn {{id=string,line=integer,description=string},...}
function M.c(source)
  local named = {}
  for from, comment in source:gmatch "()/%*(.-)%*/" do
    local line = select(2, source:sub(1, from):gsub("\n", "")) + 1
    for text in (comment .. "\n"):gmatch "([^\n]*)\n" do
      for _, id in ipairs(M.ids(text)) do
        named[#named + 1] = { id = id, line = line, description = text:match "^[%s%*]*(.-)%s*$" }
      end
      line = line + 1
    end
  end
  return named
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

--- What all specs of a tree name.
-- @string root folder of the project
-- @treturn {[string]={{file=string,line=integer,description=string},...}} by id
-- @treturn {string,...} complaints about misplaced ids
function M.tree(root)
  local by_id, complaints = {}, {}
  local list <close> = assert(io.popen("cd '" .. root .. "' && find spec -name '*.lua' -o -name '*_test.c' | sort"))
  for file in list:lines() do
    if not file:find "^spec/conformance/" then
      local named, misplaced = M[file:match "%.(%w+)$"](read(root .. "/" .. file))
      for _, found in ipairs(named) do
        by_id[found.id] = by_id[found.id] or {}
        table.insert(by_id[found.id], { file = file, line = found.line, description = found.description })
      end
      for _, found in ipairs(misplaced or {}) do
        complaints[#complaints + 1] = ("%s:%d: %s stands in no description"):format(file, found.line, found.id)
      end
    end
  end
  return by_id, complaints
end

return M
