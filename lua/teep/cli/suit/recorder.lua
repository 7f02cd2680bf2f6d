--- A TEE driver that installs nothing and remembers what it was asked for.
-- It has the methods of teep.driver that the manifest processor uses; its TEE is empty. Contents are hashed,
-- not kept.
-- @module teep.cli.suit.recorder
local component_id <const> = require "teep.component_id"
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"

local Recorder <const> = {}
Recorder.__index = Recorder

local Slot <const> = {}
Slot.__index = Slot

function Slot:write(bytes)
  self.sum:update(bytes)
  self.entry.size = self.entry.size + #bytes
  return true
end

-- A payload that was skipped is taken for the one that the manifest states.
function Slot:finish()
  local entry <const> = self.entry
  entry.digest = self.sum:finish()
  if entry.skipped then entry.size, entry.digest = entry.stated.size, entry.stated.digest end
  self.recorder.writing = nil
  return { size = entry.size, digest = entry.digest, digest_algorithm = "SHA-256" }
end

function Slot:abort() self.recorder.writing = nil end

--- Begin a transaction, the recorder itself.
function Recorder:txn() return self end

--- Stage a component.
function Recorder:stage(id)
  local name <const> = component_id.format(id)
  local entry <const> = { what = "write", id = name, size = 0, stated = self.stated[name] }
  self.entries[#self.entries + 1], self.writing = entry, entry
  return setmetatable({ recorder = self, entry = entry, sum = crypto.hash "SHA-256" }, Slot)
end

--- Remove a component.
function Recorder:remove(id)
  self.entries[#self.entries + 1] = { what = "remove", id = component_id.format(id) }
  return true
end

--- Nothing is installed.
function Recorder:probe(id)
  return errors.fail("not_found", "%s: not installed (a dry run begins with an empty device)",
    component_id.format(id))
end

Recorder.read = Recorder.probe

function Recorder:commit() return true end

function Recorder:abort() self.aborted = true end

--- Take the payload of the component being written for the one that the manifest states.
-- @treturn boolean false when no component is being written, or nothing is stated of it
function Recorder:skip()
  local entry <const> = self.writing
  if not (entry and entry.stated and entry.stated.digest and entry.stated.size) then return false end
  entry.skipped = true
  return true
end

--- Remember where the bytes of the component being written come from.
function Recorder:from(uri)
  if self.writing then self.writing.from = uri end
end

--- A recorder.
-- @tparam table view of `suit.verify`, whose `targets` tell what a payload that is skipped would be
-- @treturn Recorder `entries`: `{ what = "write"|"remove", id, size, digest, from, skipped }`
return function(view)
  local stated <const> = {}
  for _, target in ipairs(view.targets) do stated[component_id.format(target.component_id)] = target end
  return setmetatable({ entries = {}, stated = stated }, Recorder)
end
