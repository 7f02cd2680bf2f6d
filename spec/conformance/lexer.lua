--- Lua source as a list of tokens, comments left out: enough to tell what a spec calls and with which strings.
local M = {}

local escapes <const> = { n = "\n", t = "\t", ["\\"] = "\\", ['"'] = '"', ["'"] = "'" }

-- Long brackets at `at`: content, position behind them. Nothing if there are none.
local function long(source, at)
  local level, from = source:match("^%[(=*)%[()", at)
  if not level then return end
  local to, behind = source:match("()%]" .. level .. "%]()", from)
  return source:sub(from, (to or #source + 1) - 1), behind or #source + 1
end

local function quoted(source, at)
  local quote, from, behind = source:sub(at, at), at + 1, at + 1
  while true do
    local char = source:sub(behind, behind)
    if char == quote or char == "" then break end
    behind = behind + (char == "\\" and 2 or 1)
  end
  return source:sub(from, behind - 1):gsub("\\(.)", escapes), behind + 1
end

-- One token at `at`: kind (nil for a comment), text, position behind it.
local function token(source, at)
  local text, behind
  if source:find("^%-%-", at) then
    text, behind = long(source, at + 2)
    return nil, text, behind or source:find("\n", at, true) or #source + 1
  end
  if source:find("^[\"']", at) then
    text, behind = quoted(source, at)
    return "string", text, behind
  end
  text, behind = long(source, at)
  if text then return "string", text, behind end
  text, behind = source:match("^([%a_][%w_]*)()", at)
  if text then return "name", text, behind end
  return "other", source:sub(at, at), at + 1
end

--- Split Lua source.
-- @string source Lua 5.4 that compiles
-- @treturn {{kind=string,text=string,line=integer},...} kind is "name" (keywords too), "string" or "other";
--   the text of a string is its content
function M.tokens(source)
  local found, at, line, counted = {}, source:match "^#[^\n]*()" or 1, 1, 1
  while true do
    at = source:match("^%s*()", at)
    if at > #source then return found end
    line = line + select(2, source:sub(counted, at - 1):gsub("\n", ""))
    counted = at
    local kind, text, behind = token(source, at)
    if kind then found[#found + 1] = { kind = kind, text = text, line = line } end
    at = behind
  end
end

return M
