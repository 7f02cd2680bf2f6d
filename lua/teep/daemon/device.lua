--- What a device configuration describes, opened: TEE driver, trust anchors, TEEP Agent.
-- @module teep.daemon.device
local agent <const> = require "teep.agent"
local crypto <const> = require "teep.crypto"
local driver <const> = require "teep.driver"
local errors <const> = require "teep.errors"
local keys <const> = require "teep.config.keys"
local providers <const> = require "teep.config.providers"

local device = {}

local function open_driver(settings)
  local options = { name = settings.driver.name, path = settings.driver.path }
  local opened, message, code = driver.open(options)
  if not opened then return nil, ("driver %s: %s"):format(options.name, message), code end
  return opened
end

local function load_trust(settings)
  local trust = {}
  for _, name in ipairs{ "tams", "signers" } do
    local list, message, code = keys.load_all(settings.trust[name])
    if not list then return nil, ("trust.%s: %s"):format(name, message), code end
    trust[name] = list
  end
  return trust
end

local function load_reports(settings)
  local wanted = { sign = settings.reports.sign, algorithm = settings.reports.algorithm }
  if not settings.reports.recipients then return wanted end
  local message, code
  wanted.recipients, message, code = keys.load_all(settings.reports.recipients)
  if not wanted.recipients then return nil, "reports.recipients: " .. message, code end
  return wanted
end

local function is_trusted(kid, signers)
  for _, signer in ipairs(signers) do
    if signer:thumbprint() == kid then return true end
  end
  return false
end

-- By the kid of the signer, as the agent wants them. An entry that could never matter is a mistake.
local function load_rights(settings, signers)
  if not settings.rights then return nil end
  local by_kid <const> = {}
  for i, entry in ipairs(settings.rights) do
    local signer <const>, message, code = keys.load(entry.signer)
    if not signer then return nil, ("rights[%d].signer: %s"):format(i, message), code end
    local kid <const> = signer:thumbprint()
    if not is_trusted(kid, signers) then
      return errors.fail("config_invalid", "rights[%d].signer: %s is not among trust.signers", i,
        entry.signer)
    end
    if by_kid[kid] then
      return errors.fail("config_invalid", "rights[%d].signer: %s has an entry already", i, entry.signer)
    end
    by_kid[kid] = {
      modify = entry.modify, read = entry.read, commands = entry.commands, parameters = entry.parameters,
    }
  end
  return by_kid
end

-- Everything that comes from files.
local function load_files(settings)
  local trust, message, code = load_trust(settings)
  if not trust then return nil, message, code end
  local reports, why, reason = load_reports(settings)
  if not reports then return nil, why, reason end
  local decryption, flaw, kind = keys.load_all(settings.decryption_keys, { secret = true })
  if not decryption then return nil, "decryption_keys: " .. flaw, kind end
  local rights, lacking, what = load_rights(settings, trust.signers)
  if what then return nil, lacking, what end
  return { trust = trust, reports = reports, decryption_keys = decryption, rights = rights }
end

local function open_agent(settings, opened, loaded, given)
  return agent.new{
    driver = opened, device = settings.device, trust = loaded.trust, reports = loaded.reports,
    decryption_keys = loaded.decryption_keys, rights = loaded.rights,
    rules = settings.rules, suit_limits = settings.suit_limits, tam_uri = settings.tam_uri,
    wire = settings.wire, clock = os.time, random = crypto.random, observe = given.observe,
    fetch = given.fetch,
  }
end

--- Open driver and agent.
-- @tparam table settings checked configuration
-- @tparam table given `observe` and `fetch` of the agent
-- @treturn[1] Agent
-- @treturn[1] driver to be closed at the end
-- @treturn[2] nil, string, string message and code
function device.open(settings, given)
  local loaded, message, code = load_files(settings)
  if not loaded then return nil, message, code end
  local opened, why, reason = open_driver(settings)
  if not opened then return nil, why, reason end
  local made, flaw, kind = open_agent(settings, opened, loaded, given)
  if made then return made, opened end
  opened:close()
  return nil, flaw, kind
end

--- A key of the device's agent, made now if the device is new. Needs no trust anchors.
-- @tparam table settings checked configuration
-- @tparam string use `messages`, `reports` or `encryption`
-- @treturn[1] key
-- @treturn[2] nil, string, string message and code: `busy` while a broker runs, `not_found` where
--   this build lacks a crypto provider that is set
function device.key(settings, use)
  local ordered, flawed, what = providers.use(settings.providers, "providers")
  if not ordered then return nil, flawed, what end
  local opened, why, reason = open_driver(settings)
  if not opened then return nil, why, reason end
  local made, message, code = open_agent(settings, opened, { trust = { tams = {}, signers = {} } }, {})
  local found, public
  if made then found, message, code = made:key(use) end
  if found then public, message, code = found:public() end
  opened:close()
  if not public then return nil, message, code end
  return require("teep.key").load(public)
end

return device
