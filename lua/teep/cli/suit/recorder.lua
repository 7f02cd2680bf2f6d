--- A TEE driver that installs nothing and remembers what it was asked for.
-- It has the methods of teep.driver that the manifest processor uses. Contents are hashed, not kept; a
-- payload that was skipped is taken for the one that the manifest states.
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

local function is_known(stated) return stated and stated.digest and stated.size end

-- A copy of what was skipped has no bytes either.
function Slot:finish()
  local entry <const>, recorder <const> = self.entry, self.recorder
  entry.digest = self.sum:finish()
  local lacking <const> = entry.size == 0 and recorder.skipped and is_known(entry.stated)
  if entry.skipped or lacking then
    entry.skipped = entry.skipped or "made of a payload that was skipped"
    entry.size, entry.digest = entry.stated.size, entry.stated.digest
  end
  recorder.writing = nil
  return { size = entry.size, digest = entry.digest, digest_algorithm = "SHA-256" }
end

-- A sequence that failed leaves no trace.
function Slot:abort()
  local recorder <const>, kept <const> = self.recorder, {}
  for _, entry in ipairs(recorder.entries) do
    if entry.id ~= self.entry.id then kept[#kept + 1] = entry end
  end
  recorder.entries, recorder.writing = kept, nil
end

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

--- What is installed: nothing, or all that the manifest states.
function Recorder:probe(id)
  local name <const> = component_id.format(id)
  local found <const> = self.installed and self.stated[name]
  if is_known(found) then
    return { size = found.size, digest = found.digest, digest_algorithm = found.digest_algorithm }
  end
  return errors.fail("not_found", "%s: not installed in this dry run", name)
end

--- Contents are not kept.
function Recorder:read(id)
  return errors.fail("not_found", "%s: a dry run has no bytes of what is installed", component_id.format(id))
end

--- Take the payload of the component being written for the one that the manifest states.
-- @tparam string why it is skipped
-- @treturn boolean false when no component is being written, or nothing is stated of it
function Recorder:skip(why)
  local entry <const> = self.writing
  if not (entry and is_known(entry.stated)) then return false end
  entry.skipped, self.skipped = why, true
  return true
end

--- Remember the metadata of a component that was written.
-- @tparam {string,...} id
-- @tparam table metadata of teep.suit.metadata
-- @treturn boolean true
function Recorder:describe(id, metadata)
  local name <const> = component_id.format(id)
  for i = #self.entries, 1, -1 do
    if self.entries[i].id == name then
      self.entries[i].metadata = metadata
      return true
    end
  end
  return true
end

--- Remember where the bytes of the component being written come from.
-- @tparam string from
function Recorder:from(from)
  if self.writing then self.writing.from = from end
end

--- Learn what a manifest states of its components.
-- @tparam table view of `suit.verify` or `suit.decode`
function Recorder:learn(view)
  for _, target in ipairs(view.targets) do self.stated[component_id.format(target.component_id)] = target end
end

--- A recorder.
-- @tparam boolean installed whether the device is to have all components that the manifest states
-- @treturn Recorder `entries`: `{ what = "write"|"remove", id, size, digest, from, skipped (why) }`
-- @usage local record = recorder(false)
-- record:learn(verified)
return function(installed)
  return setmetatable({ entries = {}, stated = {}, installed = installed }, Recorder)
end
