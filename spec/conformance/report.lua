--- Which spec proves which rule: prints the table, writes it as JSON, and fails at rules that no list knows.
-- Usage: lua5.4 spec/conformance/report.lua FILE.json, in the folder of the project.
package.path = "spec/?.lua;" .. package.path
local rules <const> = require "conformance.rules"
local scan <const> = require "conformance.scan"

local counted <const> = { "named", "partly", "not yet", "not applicable", "open" }

local function standing(rule, specs)
  if #specs > 0 then return rule.partly and "partly" or "named" end
  return rule.not_yet and "not yet" or rule.not_applicable and "not applicable" or "open"
end

local function print_rule(rule, specs)
  print(("%-6s %-9s %-18s %s"):format(rule.id, rule.level, rule.section, rule.words))
  for _, spec in ipairs(specs) do print(("         %s:%d: %s"):format(spec.file, spec.line, spec.description)) end
  for _, remark in ipairs { "partly", "not_yet", "not_applicable" } do
    local text <const> = { partly = "open", not_yet = "not yet", not_applicable = "not applicable" }
    if rule[remark] then print(("         -- %s: %s"):format(text[remark], rule[remark])) end
  end
end

local function print_group(group, by_id)
  print("\n== " .. group.title)
  local counts <const> = {}
  for _, rule in ipairs(group.rules) do
    local specs <const> = by_id[rule.id] or {}
    local kind <const> = standing(rule, specs)
    counts[kind] = (counts[kind] or 0) + 1
    print_rule(rule, specs)
  end
  return counts
end

local function print_summary(groups, counts)
  print(("\n%-30s %6s" .. (" %15s"):rep(#counted)):format("", "rules", table.unpack(counted)))
  for i, group in ipairs(groups) do
    local row <const> = {}
    for at, kind in ipairs(counted) do row[at] = counts[i][kind] or 0 end
    print(("%-30s %6d" .. (" %15d"):rep(#row)):format(group.title, #group.rules, table.unpack(row)))
  end
end

local function quote(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
end

local function write(path, groups, by_id)
  local rows <const> = {}
  for _, group in ipairs(groups) do
    for _, rule in ipairs(group.rules) do
      local specs <const> = {}
      for i, spec in ipairs(by_id[rule.id] or {}) do specs[i] = quote(spec.file .. ": " .. spec.description) end
      rows[#rows + 1] = ('{"id": %s, "level": %s, "specs": [%s]}'):format(quote(rule.id), quote(rule.level),
        table.concat(specs, ", "))
    end
  end
  local file <close> = assert(io.open(path, "w"))
  assert(file:write("[\n", table.concat(rows, ",\n"), "\n]\n"))
end

-- Rules that no list knows make the table untrue.
local function unknown(complaints, known, by_id)
  for id, specs in pairs(by_id) do
    if not known[id] then
      complaints[#complaints + 1] = ("%s:%d: no list knows %s"):format(specs[1].file, specs[1].line, id)
    end
  end
  table.sort(complaints)
  return complaints
end

-- Remarks that the specs have overtaken; whoever names a rule takes its remark out.
local function overtaken(known, by_id)
  local notes <const> = {}
  for id, rule in pairs(known) do
    local remark <const> = rule.not_yet and "not yet" or rule.not_applicable and "not applicable"
    if by_id[id] and remark then notes[#notes + 1] = id .. ": named, though its list says " .. remark end
    if not by_id[id] and rule.partly then notes[#notes + 1] = id .. ": its list says partly, but no spec names it" end
  end
  table.sort(notes)
  return notes
end

local function tell(kind, lines)
  for _, line in ipairs(lines) do io.stderr:write("conformance: ", kind, ": ", line, "\n") end
  return #lines
end

local function main(path)
  local groups <const>, known <const> = rules.load()
  local by_id <const>, complaints <const> = scan.tree "."
  local counts <const> = {}
  for i, group in ipairs(groups) do counts[i] = print_group(group, by_id) end
  print_summary(groups, counts)
  write(path, groups, by_id)
  tell("note", overtaken(known, by_id))
  os.exit(tell("error", unknown(complaints, known, by_id)) == 0 and 0 or 1)
end

main(arg[1] or error "usage: report.lua FILE.json")
