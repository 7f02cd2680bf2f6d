--- A SUIT Report as a sentence for operators: which command failed, where, what was found and what expected,
-- what to do.
-- @module teep.suit.report.explain
local advice <const> = require "teep.suit.report.advice"
local expected <const> = require "teep.suit.report.expected"
local hex <const> = require "teep.hex"
local inside <const> = require "teep.suit.report.inside"
local labels <const> = require "teep.suit.labels"

local sections <const> = {}
for _, row in ipairs(labels.sections) do sections[row.label] = row.name end

-- Half of a digest tells two of them apart just as well.
local DIGEST_SHOWN <const> = 16

local TEXT_SHOWN <const> = 128 -- of a text that a device has measured

local function printable(text) return (text:sub(1, TEXT_SHOWN):gsub("[^\x20-\x7E]", "?")) end

local function uuid(bytes)
  return (hex.encode(bytes):gsub("^(........)(....)(....)(....)", "%1-%2-%3-%4-"))
end

local function identifier(value)
  return #value == 16 and uuid(value) or hex.encode(value)
end

local LAST_SECOND <const> = 253402300799 -- of the year 9999

local function time(value)
  if not math.ult(value, LAST_SECOND) then return ("%u seconds since 1970"):format(value) end
  return tostring(os.date("!%Y-%m-%dT%H:%M:%SZ", value))
end

local pre_releases <const> = { [-1] = "-rc", [-2] = "-beta", [-3] = "-alpha" }

-- As people write it (draft-ietf-suit-update-management section 4.4).
local function version(numbers)
  local text = ""
  for i, number in ipairs(numbers) do
    text = text .. (pre_releases[number] or (i > 1 and "." or "") .. number)
  end
  return text
end

-- Measured values worth a word, in the order of the sentence.
local shown <const> = {
  { "vendor_identifier", identifier }, { "class_identifier", identifier },
  { "device_identifier", identifier },
  { "image_digest", function(value)
    return ("%s %s.."):format(value.algorithm, hex.encode(value.bytes:sub(1, DIGEST_SHOWN)))
  end },
  { "image_size", function(value) return value .. " bytes" end },
  { "component_slot", function(value) return "slot " .. value end },
  { "uri", printable },
  { "use_before", time },
  { "minimum_battery", function(value) return value .. " mWh" end },
  { "update_priority", function(value) return "priority " .. value end },
  { "version", function(value) return "version " .. version(value.version) end },
}

-- Of a parameter that a manifest states there may be several values, of one that was measured there is one.
local function alternatives(values, write)
  local list <const> = {}
  for i, value in ipairs(values) do list[i] = write(value) end
  return table.concat(list, " or ")
end

local function describe(values, names)
  local parts <const> = {}
  for _, row in ipairs(shown) do
    local list <const> = names[row[1]] ~= nil and values[row[1]]
    if list then parts[#parts + 1] = alternatives(list, row[2]) end
  end
  return table.concat(parts, ", ")
end

local function measured_in(record)
  local lists <const> = {}
  for name, value in pairs(record.parameters) do lists[name] = { value } end
  return lists
end

local CHECK_CONTENT <const>, IMAGE_NOT_MATCH <const> = 6, 25
local UPDATE_AUTHORIZED <const>, VERSION <const> = 27, 28

local relations <const> = {
  greater = ">", greater_equal = ">=", equal = "=", lesser_equal = "<=", lesser = "<",
}

local function relation(value) return relations[value.comparison] .. " " .. version(value.version) end

-- What is wanted, where it is another thing than to be the same.
local wishes <const> = {
  [CHECK_CONTENT] = function(wanted)
    return "expected content of " .. alternatives(wanted.content, function(bytes)
      return #bytes .. " bytes"
    end)
  end,
  [IMAGE_NOT_MATCH] = function() return "expected any other" end,
  [UPDATE_AUTHORIZED] = function() return "which was not permitted" end,
  [VERSION] = function(wanted) return "expected " .. alternatives(wanted.version, relation) end,
}

local UNSET <const> = "the parameter is not set"

-- What was found and what expected; whether the manifest expects nothing at all.
local function comparison(record, command, wanted)
  local lists <const> = measured_in(record)
  local found <const> = describe(lists, lists)
  if found == "" then return "" end
  local name <const> = command and expected.of(command)
  if not name then return ": found " .. found end
  if not wanted[name] then return (": found %s, %s"):format(found, UNSET), true end
  local wish <const> = wishes[command.code]
  return (": found %s, %s"):format(found, wish and wish(wanted) or "expected " .. describe(wanted, lists))
end

-- Where a command is, with the names of component and dependencies as far as the manifests are at hand.
local function place(record, view, dependencies)
  local section <const> = sections[record.section] or "section " .. record.section
  local id <const> = view and view.manifest.positions[record.component_index]
  local text = ("%s at byte %d, component %d"):format(section, record.offset, record.component_index)
  if id then text = ("%s (%s)"):format(text, id) end
  for i = #record.manifest_id, 1, -1 do
    local name <const> = dependencies[i] and (" (%s)"):format(dependencies[i]) or ""
    text = ("%s of dependency %d%s"):format(text, record.manifest_id[i], name)
  end
  return text
end

local function command_name(code)
  return labels.commands[code] and labels.describe(labels.commands, code) or "command " .. labels.shown(code)
end

-- The text, the command, and whether its parameter is not set.
local function explain_failure(self, verified)
  local record <const> = self.failure.record
  if record.section == 0 then return "before the first command" end
  local view <const>, dependencies <const> = inside(verified, record.manifest_id)
  local text <const>, name <const> = place(record, view, dependencies), sections[record.section]
  local command, wanted
  if view and name then command, wanted = expected.at(view.manifest, name, record, self.records) end
  local compared <const>, unset <const> = comparison(record, command, wanted)
  if not command then return text .. compared end
  return ("%s: %s%s"):format(text, command_name(command.code), compared), command.code, unset
end

--- One sentence for people, and one that says what to do.
-- @tparam table self as @{teep.suit.report.decode} returns it
-- @tparam[opt] table verified the manifest it is about, of `teep.suit.verify` or `decode`: then the command,
--   the component and what was expected of it are named
-- @treturn string printable ASCII
-- @usage suit.explain_report(report, verified)
--   --> "condition failed: install at byte 46, component 0 (hello/app): image-match (3): found SHA-256
--   4f..02.., 13 bytes, expected SHA-256 aa..17.., 20 bytes. The payload is not the one ..."
return function(self, verified)
  if self.ok then return "ok" end
  local reason <const> = self.failure.reason
  local text <const>, command <const>, unset <const> = explain_failure(self, verified)
  local hint <const> = unset and advice.unset or advice.of(self.failure, command)
  return ("%s: %s.%s"):format(labels.reasons[reason] or "reason " .. reason, text, hint and " " .. hint or "")
end
