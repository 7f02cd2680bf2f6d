--- A SUIT Report as a sentence for operators: which command failed, where, what was found and what expected,
-- what to do.
-- @module teep.suit.report.explain
local advice <const> = require "teep.suit.report.advice"
local component_id <const> = require "teep.component_id"
local expected <const> = require "teep.suit.report.expected"
local hex <const> = require "teep.hex"
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
}

local function describe(values, names)
  local parts <const> = {}
  for _, row in ipairs(shown) do
    local value <const> = names[row[1]] ~= nil and values[row[1]]
    if value then parts[#parts + 1] = row[2](value) end
  end
  return table.concat(parts, ", ")
end

local function comparison(found, wanted)
  local measured <const> = describe(found, found)
  if measured == "" then return "" end
  local stated <const> = describe(wanted, found)
  if stated == "" then return ": found " .. measured end
  return (": found %s, expected %s"):format(measured, stated)
end

-- Names of components are known of the manifest itself, not of its dependencies.
local function place(record, verified)
  local section <const> = sections[record.section] or "section " .. record.section
  local id <const> = verified and verified.components[record.component_index + 1]
  local text = ("%s at byte %d, component %d"):format(section, record.offset, record.component_index)
  if id then text = ("%s (%s)"):format(text, component_id.format(id)) end
  for i = #record.manifest_id, 1, -1 do text = ("%s of dependency %d"):format(text, record.manifest_id[i]) end
  return text
end

local function explain_failure(failure, verified)
  local record <const> = failure.record
  if record.section == 0 then return "before the first command" end
  if #record.manifest_id > 0 then verified = nil end
  local text <const>, name <const> = place(record, verified), sections[record.section]
  local command, wanted
  if verified and name then command, wanted = expected(verified.manifest, name, record) end
  if not command then return text .. comparison(record.parameters, {}) end
  return ("%s: %s%s"):format(text, labels.describe(labels.commands, command.code),
    comparison(record.parameters, wanted)), command.code
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
  local text <const>, command <const> = explain_failure(self.failure, verified)
  local hint <const> = advice.of(self.failure, command)
  return ("%s: %s.%s"):format(labels.reasons[reason] or "reason " .. reason, text, hint and " " .. hint or "")
end
