--- SUIT_Report (draft-ietf-suit-report section 4).
-- @module teep.suit.report
local capabilities <const> = require "teep.suit.report.capabilities"
local digest <const> = require "teep.suit.digest"
local errors <const> = require "teep.errors"
local option_table <const> = require "teep.options"
local parameters <const> = require "teep.suit.parameters"
local schema <const> = require "teep.schema"

local report = {}

--- Limits on what is read.
report.limits = { bytes = 256 * 1024, records = 1024, depth = 32 } -- depth: of dependencies

local number <const> = { type = "uint" }
local identifier <const> = { type = "array", of = { type = "bytes" } }

-- Later drafts and other processors may measure more than we know: skip it.
local measured <const> = { type = "map", unknown = "skip", fields = parameters.fields() }

local record <const> = {
  type = "tuple",
  fields = {
    { name = "manifest_id", of = { type = "array", of = number, max = report.limits.depth } },
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
    { label = 3, name = "records",
      of = { type = "array", of = { type = "raw" }, max = report.limits.records }, required = true },
    { label = 4, name = "result", of = { type = "raw" }, required = true },
    { label = 8, name = "capabilities", of = capabilities.description },
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
-- @tparam[opt] table options
-- @tparam[opt] string options.nonce token of the TEEP message that asked for it
-- @tparam[opt] table options.capabilities of @{teep.suit.report.capabilities.of}
-- @treturn[1] string bytes, unprotected
-- @treturn[2] nil, string, string `missing_field` for an outcome without `reference`, of no manifest
-- @usage local bytes = suit.report(outcome, { nonce = update.token })
function report.encode(outcome, options)
  local given <const> = option_table.check(options or {}, { nonce = "string?", capabilities = "table?" })
  if not outcome.reference then return errors.fail("missing_field", "outcome.reference: absent") end
  local records <const> = {}
  for i, entry in ipairs(outcome.records) do records[i] = assert(encode_entry(entry)) end
  return codec:encode{
    reference = outcome.reference, nonce = given.nonce, records = records,
    result = assert(encode_result(outcome)), capabilities = given.capabilities,
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
  self.failure, message, code = failure_codec:decode(bytes, { bytes = report.limits.bytes })
  if not self.failure then return nil, "suit-report.result: " .. message, code end
  return true
end

--- Decode a report, keys in any order.
-- @tparam string bytes an unprotected report
-- @treturn[1] table `ok`, `reference` (`uri`, `digest`), `nonce`, `records`; after a failure `failure`
--   (`code`, `reason`, `record`); `capabilities` where it has some
-- @treturn[2] nil, string, string `too_large` and the codes of teep.schema
function report.decode(bytes)
  local self, message, code = codec:decode(bytes, { bytes = report.limits.bytes })
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

return report
