--- What signers may do (draft-ietf-suit-manifest section 9): one of three models.
--
-- 1. Without `rights` every trusted signer may do everything.
-- 2. With them a signer has the components below the prefixes of its entry, others have nothing.
-- 3. An entry may list the commands and parameters that its signer may use as well.
--
-- Several signers of one manifest bring their rights together; each single act has to be within one of them:
-- the command, the components it is about, the parameters it sets or goes by.
-- @module teep.suit.rights
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"

local rights = {}

local function starts_with(id, prefix)
  for i, segment in ipairs(prefix) do
    if id[i] ~= segment then return false end
  end
  return true
end

local function below(prefixes, id)
  for _, prefix in ipairs(prefixes or {}) do
    if starts_with(id, prefix) then return true end
  end
  return false
end

local function contains(list, number)
  for _, each in ipairs(list) do
    if each == number then return true end
  end
  return false
end

--- The rights of signers; nil when they may do everything.
-- @tparam {table,...} signers of @{verify.verify}: `kid`
-- @tparam[opt] {[string]=table,...} given kid to `{ modify = prefixes, read = prefixes, commands = codes,
--   parameters = labels }`: what may be changed may be read, lists that are absent do not restrict
-- @treturn ?{table,...}
function rights.of(signers, given)
  if not given then return nil end
  local list <const> = {}
  for _, signer in ipairs(signers) do list[#list + 1] = given[signer.kid] end
  return list
end

--- Rights of two manifests together; nil when either may do everything.
function rights.merge(a, b)
  if not (a and b) then return nil end
  return table.move(b, 1, #b, #a + 1, table.move(a, 1, #a, 1, {}))
end

local function reaches(entry, kind, id)
  return below(entry.modify, id) or kind == "read" and below(entry.read, id)
end

--- Whether some signer may act on a component at all.
-- @tparam ?{table,...} list of @{of}
-- @tparam string kind `modify` or `read`
-- @tparam {string,...} id
function rights.allow(list, kind, id)
  if not list then return true end
  for _, entry in ipairs(list) do
    if reaches(entry, kind, id) then return true end
  end
  return false
end

local function covers(entry, act)
  for _, kind in ipairs{ "modify", "read" } do
    for _, id in ipairs(act[kind]) do
      if not reaches(entry, kind, id) then return false end
    end
  end
  if entry.commands and not contains(entry.commands, act.command) then return false end
  for _, label in ipairs(entry.parameters and act.parameters or {}) do
    if not contains(entry.parameters, label) then return false end
  end
  return true
end

local function describe(act)
  local with <const> = {}
  for i, label in ipairs(act.parameters) do with[i] = labels.describe(labels.parameters, label) end
  return labels.describe(labels.commands, act.command)
    .. (#with > 0 and " with " .. table.concat(with, ", ") or "")
end

--- Check an act: one signer alone has to have the right to all of it, or two could do together what neither
-- is trusted with.
-- @tparam ?{table,...} list of @{of}
-- @tparam table act `command` (code), `parameters` (labels), `modify` and `read` (identifiers of what is
--   changed, and of what is read)
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string `denied`
function rights.check(list, act)
  if not list then return true end
  for _, entry in ipairs(list) do
    if covers(entry, act) then return true end
  end
  return errors.fail("denied", #list > 1 and "no signer alone has the right to %s"
    or "the signer has no right to %s", describe(act))
end

--- Check a command or a parameter before anything runs, whatever component it is for.
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string `denied`
function rights.check_use(list, kind, number)
  if not list then return true end
  for _, entry in ipairs(list) do
    if not entry[kind] or contains(entry[kind], number) then return true end
  end
  return errors.fail("denied", "the signer has no right to %s", labels.describe(labels[kind], number))
end

return rights
