--- Every rule there is: the files of spec/conformance/rules, in the order of the report.
--
-- An entry is `{ id, level, section, words }`, in a file with `level` and `section` of its own `{ id, words }`,
-- with at most one remark: `not_applicable = "why"` (no spec is expected), `not_yet = "feature"` (no spec exists
-- because the feature does not) or `partly = "what is open"` (specs prove the rest).
local M = {}

local groups <const> = {
  { title = "TEEP messages", file = "teep_messages" },
  { title = "TEEP behaviour and transport", file = "teep_behaviour" },
  { title = "TEEP ambiguities", file = "teep_ambiguities" },
  { title = "SUIT", file = "suit" },
  { title = "SUIT pitfalls", file = "suit_pitfalls" },
  { title = "Threats", file = "threats" },
}

local function rule(entry, file)
  local own <const> = file.level == nil
  return {
    id = entry[1], level = own and entry[2] or file.level, section = own and entry[3] or file.section,
    words = own and entry[4] or entry[2], not_applicable = entry.not_applicable, not_yet = entry.not_yet,
    partly = entry.partly,
  }
end

--- All rules.
-- @treturn {{title=string,rules={table,...}},...} each rule `{ id, level, section, words }` and its remark
-- @treturn {[string]=table} the same rules by id
function M.load()
  local loaded <const>, by_id <const> = {}, {}
  for i, group in ipairs(groups) do
    local file <const> = require("conformance.rules." .. group.file)
    local list <const> = {}
    for _, entry in ipairs(file) do
      local one <const> = rule(entry, file)
      assert(not by_id[one.id], one.id .. " is listed twice")
      by_id[one.id], list[#list + 1] = one, one
    end
    loaded[i] = { title = group.title, rules = list }
  end
  return loaded, by_id
end

return M
