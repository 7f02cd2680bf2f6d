--- The manifest of a dependency that travels in the envelope of the manifest a report is about.
-- @module teep.suit.report.inside
local component_id <const> = require "teep.component_id"
local expected <const> = require "teep.suit.report.expected"
local verify <const> = require "teep.suit.verify"

local function has_digest(list, digest)
  for _, each in ipairs(list or {}) do
    if each.algorithm == digest.algorithm and each.bytes == digest.bytes then return true end
  end
  return false
end

-- It is known by its digest (draft-ietf-suit-trust-domains section 5.2.2), not by the name it travels under.
local function find(view, index)
  local wanted <const> = (expected.finally(view.manifest)[index] or {}).image_digest
  for name, size in pairs(wanted and view.integrated or {}) do
    local inner <const> = verify.decode(view.envelope:payload(name, 0, size))
    if inner and inner.digest_matches and has_digest(wanted, inner.digest) then return inner end
  end
  return nil
end

--- Follow the path of a record.
-- @tparam table view of `suit.verify` or `suit.decode`
-- @tparam {integer,...} path indices of dependencies, the outermost first (manifest-id of a record)
-- @treturn table|nil view of `suit.decode`; nil where it does not travel along
-- @treturn {string,...} identifiers along the path, as far as known
-- @usage local view, names = inside(verified, record.manifest_id)
return function(view, path)
  local names <const> = {}
  for i, index in ipairs(path) do
    local id <const> = view and view.manifest.dependencies[index]
    names[i] = id and component_id.format(id)
    view = id and find(view, index)
  end
  return view, names
end
