-- Devices that trust the signer of fixtures.suit_raw, for manifests that bring others along (fixtures.suit_tree).
local outcome <const> = require "agent.outcome"
local raw <const> = require "fixtures.suit_raw"
local scene <const> = require "agent.scene"

local family = {}

-- What the ledger holds when parent and child are installed.
family.both = { ["parent/suit"] = "parent/app", ["child/suit"] = "child/app" }

-- `options` and `wrap` as of scene.new; a trust among the options replaces this one.
function family.device(options, wrap)
  local given <const> = { trust = { tams = { scene.key "tam" }, signers = raw.trusted } }
  for name, value in pairs(options or {}) do given[name] = value end
  return scene.new(given, wrap)
end

local function update(device, envelopes, unneeded)
  return device:update(envelopes, { unneeded_manifest_list = unneeded })
end

function family.succeeds(device, ...) return outcome.succeeded(update(device, ...)) end

function family.fails(device, ...) return outcome.failed(update(device, ...), "manifest_processing_failed") end

-- The manifests of the ledger, each with what it holds.
function family.installed(device)
  local list <const> = {}
  for _, row in ipairs(device.agent:status().manifests) do
    list[row.manifest_component_id] = table.concat(row.components, " ")
  end
  return list
end

return family
