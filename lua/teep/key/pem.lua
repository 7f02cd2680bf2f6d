--- Keys in PEM (RFC 7468): one block with the label `PUBLIC KEY`, `PRIVATE KEY` or `EC PRIVATE KEY`.
-- @module teep.key.pem
local core <const> = require("teep.core").key
local base64 <const> = require "teep.key.base64"
local errors <const> = require "teep.errors"

local pem = {}

local private <const> = { ["PUBLIC KEY"] = false, ["PRIVATE KEY"] = true, ["EC PRIVATE KEY"] = true }

local block <const> = "^%s*%-%-%-%-%-BEGIN ([%u%d ]+)%-%-%-%-%-[ \t]*\r?\n"
  .. "([%w+/=%s]*)%-%-%-%-%-END ([%u%d ]+)%-%-%-%-%-%s*$"

local function decode(text)
  local label <const>, body <const>, last <const> = text:match(block)
  if not label or label ~= last then return errors.fail("bad_key", "PEM: want one BEGIN ... END block") end
  if private[label] == nil then
    return errors.fail("bad_key", "PEM: want PUBLIC KEY, PRIVATE KEY or EC PRIVATE KEY, found %s", label)
  end
  local der <const> = base64.decode((body:gsub("%s", "")))
  if not der then return errors.fail("bad_key", "PEM: malformed base64") end
  return der, label
end

--- @tparam string text
-- @tparam[opt] string algorithm what the key serves; without it, that of its curve
-- @treturn[1] key
-- @treturn[2] nil, string, string message and code as for `teep.key.load`
function pem.load(text, algorithm)
  local der <const>, label <const>, code <const> = decode(text)
  if not der then return nil, label, code end
  local loaded <const>, message <const>, reason <const> = core.load_der(der, algorithm)
  if loaded and private[label] ~= (loaded:can_sign() or loaded:can_agree()) then
    return errors.fail("bad_key", "PEM: the label %s does not fit the key", label)
  end
  return loaded, message, reason
end

--- @tparam key key
-- @tparam boolean with_private PKCS #8 in place of SubjectPublicKeyInfo
-- @treturn[1] string
-- @treturn[2] nil, string, string message and code: `no_private_key`; `wrong_key` for a Symmetric key
function pem.write(key, with_private)
  local der <const>, message <const>, code <const> = core.to_der(key, with_private)
  if not der then return nil, message, code end
  local label <const> = with_private and "PRIVATE KEY" or "PUBLIC KEY"
  local lines <const> = base64.encode(der):gsub(("."):rep(64), "%0\n"):gsub("\n$", "")
  return ("-----BEGIN %s-----\n%s\n-----END %s-----\n"):format(label, lines, label)
end

return pem
