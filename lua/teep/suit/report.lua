--- SUIT_Report (draft-ietf-suit-report section 4).
-- @module teep.suit.report
local digest <const> = require "teep.suit.digest"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local option_table <const> = require "teep.options"
local parameters <const> = require "teep.suit.parameters"
local schema <const> = require "teep.schema"

local report = {}

local number <const> = { type = "uint" }
local identifier <const> = { type = "array", of = { type = "bytes" } }

-- Later drafts and other processors may measure more than we know: skip it.
local measured <const> = { type = "map", unknown = "skip", fields = parameters.fields() }

local record <const> = {
  type = "tuple",
  fields = {
    { name = "manifest_id", of = { type = "array", of = number } },
    { name = "section", of = number },
    { name = "offset", of = number },
    { name = "component_index", of = number },
    { name = "parameters", of = measured },
  },
}

local claims <const> = {
  type = "map", unknown = "skip",
  fields = parameters.fields{ label = 0, name = "component_id", of = identifier, required = true },
}

local failure <const> = {
  type = "map", unknown = "skip",
  fields = {
    { label = 5, name = "code", of = { type = "int" }, required = true },
    { label = 6, name = "record", of = record, required = true },
    { label = 7, name = "reason", of = number, required = true },
  },
}

local reference <const> = {
  type = "tuple",
  fields = { { name = "uri", of = { type = "text" } }, { name = "digest", of = digest.description } },
}

-- Records and claims are told apart by their CBOR type, and encoded one by one.
local codec <const> = schema.compile{
  name = "suit-report", type = "map", unknown = "skip",
  fields = {
    { label = 99, name = "reference", of = reference, required = true },
    { label = 2, name = "nonce", of = { type = "bytes" } },
    { label = 3, name = "records", of = { type = "array", of = { type = "raw" } }, required = true },
    { label = 4, name = "result", of = { type = "raw" }, required = true },
  },
}
local record_codec <const> = schema.compile(record)
local claims_codec <const> = schema.compile(claims)
local failure_codec <const> = schema.compile(failure)

local MAP <const>, TRUE <const> = 5, "\xF5"

local function encode_entry(entry)
  return (entry.component_id and claims_codec or record_codec):encode(entry)
end

-- A record is required also where no command failed: key 0 is never valid, it stands for no section.
local nowhere <const> = { manifest_id = {}, section = 0, offset = 0, component_index = 0, parameters = {} }

-- The code (label 5) is a number of the implementation; readers go by the reason.
local function encode_result(outcome)
  if outcome.ok then return TRUE end
  return failure_codec:encode{
    code = errors.numbers[outcome.code], record = outcome.failure or nowhere, reason = outcome.reason,
  }
end

--- Encode the report of an outcome.
-- @tparam table outcome of @{processor.run}
-- @tparam[opt] table options `nonce`: the token of the TEEP message that asked for it
-- @treturn[1] string bytes, unprotected
-- @treturn[2] nil, string, string `missing_field` for an outcome without `reference`, of no manifest
-- @usage local bytes = suit.report(outcome, { nonce = update.token })
function report.encode(outcome, options)
  local given <const> = option_table.check(options or {}, { nonce = "string?" })
  if not outcome.reference then return errors.fail("missing_field", "outcome.reference: absent") end
  local records <const> = {}
  for i, entry in ipairs(outcome.records) do records[i] = assert(encode_entry(entry)) end
  return codec:encode{
    reference = outcome.reference, nonce = given.nonce, records = records,
    result = assert(encode_result(outcome)),
  }
end

local function decode_entry(bytes)
  local is_map <const> = bytes:byte(1) >> 5 == MAP
  return (is_map and claims_codec or record_codec):decode(bytes)
end

local function decode_result(self, bytes)
  self.ok = bytes == TRUE
  if self.ok then return true end
  local message, code
  self.failure, message, code = failure_codec:decode(bytes)
  if not self.failure then return nil, "suit-report.result: " .. message, code end
  return true
end

--- Decode a report, keys in any order.
-- @tparam string bytes an unprotected report
-- @treturn[1] table `ok`, `reference` (`uri`, `digest`), `nonce`, `records`; after a failure `failure`
--   (`code`, `reason`, `record`)
-- @treturn[2] nil, string, string the codes of teep.schema
function report.decode(bytes)
  local self, message, code = codec:decode(bytes)
  if not self then return self, message, code end
  for i, entry in ipairs(self.records) do
    self.records[i], message, code = decode_entry(entry)
    if not self.records[i] then return nil, ("suit-report.records[%d]: %s"):format(i - 1, message), code end
  end
  local result <const> = self.result
  self.result = nil
  local ok
  ok, message, code = decode_result(self, result)
  if not ok then return ok, message, code end
  return self
end

local function place(self, verified)
  local names <const> = { [0] = "outside of any section", [labels.common] = "shared sequence" }
  for _, row in ipairs(labels.sections) do names[row.label] = row.name end
  local entry <const> = self.failure.record
  local text = names[entry.section] or "section " .. entry.section
  if entry.section == 0 then return text end
  text = ("%s at byte %d, component %d"):format(text, entry.offset, entry.component_index)
  for _, row in ipairs(labels.sections) do
    local commands <const> = verified and row.label == entry.section and verified.manifest.sections[row.name]
    for _, command in ipairs(commands or {}) do
      if command.offset == entry.offset then
        return text .. ": " .. labels.describe(labels.commands, command.code)
      end
    end
  end
  return text
end

--- One sentence for people.
-- @tparam table self as @{decode} returns it
-- @tparam[opt] table verified the manifest it is about: then the command is named
-- @treturn string
-- @usage suit.explain_report(report, verified)
--   --> "condition failed: install at byte 46, component 0: image-match (3)"
function report.explain(self, verified)
  if self.ok then return "ok" end
  local reason <const> = self.failure.reason
  return ("%s: %s"):format(labels.reasons[reason] or "reason " .. reason, place(self, verified))
end

return report
