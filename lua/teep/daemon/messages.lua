--- TEEP messages as people see them: one log line each, and on request a file each.
-- What a line says beside size and direction is read from the bytes without trust, as far as it can
-- be read.
-- @module teep.daemon.messages
local hex <const> = require "teep.hex"
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"
local lfs <const> = require "lfs"
local message <const> = require "teep.message"

local Messages = {}
Messages.__index = Messages

local messages = {}

--- Files kept in a folder; further messages are logged only.
messages.file_limit = 9999

local shown <const> = 4 -- bytes: enough to tell devices and sessions apart when reading along

local algorithm_names <const> = {}
for name, number in pairs(crypto.algorithms) do algorithm_names[number] = name end

local function head(bytes) return bytes and hex.encode(bytes:sub(1, shown)) end

-- Tokens of one TAM begin alike and end in a MAC.
local function tail(bytes) return bytes and hex.encode(bytes:sub(-shown)) end

local function algorithms(parsed)
  local names = {}
  for i, signer in ipairs(parsed.signers) do
    names[i] = algorithm_names[signer.algorithm] or tostring(signer.algorithm)
  end
  return table.concat(names, "+")
end

-- Everything a line needs: fields are nil where the bytes do not tell.
local function describe(bytes, wire)
  local parsed = cose.parse(bytes)
  if not (parsed and parsed.payload) then return { type = "unreadable", algorithms = "-" } end
  local decoded = message.decode(parsed.payload, { wire = wire }) or {}
  return {
    type = decoded.type or message.peek(parsed.payload, wire) or "unreadable",
    algorithms = algorithms(parsed), kid = parsed.signers[1] and parsed.signers[1].kid,
    token = decoded.token, err_code = decoded.err_code, err_msg = decoded.err_msg,
  }
end

local function write(path, bytes)
  local file, reason = io.open(path, "wb")
  if not file then return nil, reason end
  local written, flaw = file:write(bytes)
  local closed, trouble = file:close()
  return written and closed, flaw or trouble
end

local function keep(self, direction, kind, bytes)
  if not self.folder or self.count >= self.limit then return end
  self.count = self.count + 1
  local path = ("%s/%04d-%s-%s.cbor"):format(self.folder, self.count, direction, kind)
  local kept, reason = write(path, bytes)
  if not kept then self.logger:warning("message not kept", "path", path, "reason", reason) end
  if self.count == self.limit then self.logger:warning("no more messages are kept", "folder", self.folder) end
end

--- Note one message.
-- @tparam string direction `in` or `out`
-- @tparam string bytes COSE
-- @usage messages:note("out", bytes) --> ... info tam -> query-request 173 B ESP256+Ed25519 token=3f2a81c0
function Messages:note(direction, bytes)
  local wanted = self.logger:wants "info"
  if not (wanted or self.folder) then return end
  local seen = describe(bytes, self.wire)
  local arrow = direction == "out" and "->" or "<-"
  local event = ("%s %s %s %d B %s"):format(self.role, arrow, seen.type, #bytes, seen.algorithms)
  self.logger:info(event, "kid", direction == "in" and head(seen.kid) or nil, "token", tail(seen.token),
    "err_code", seen.err_code, "err_msg", seen.err_msg)
  keep(self, direction, seen.type, bytes)
end

-- Go on after the files of an earlier run.
local function last_number(folder)
  local last = 0
  for name in lfs.dir(folder) do
    local digits = name:match "^(%d%d%d%d)%-"
    last = math.max(last, digits and tonumber(digits) or 0)
  end
  return last
end

--- @tparam table options `role` (name in the lines), `logger`, `wire`; `folder` to keep messages in, made
--   if it is absent; `limit` files (default @{file_limit})
-- @treturn[1] table messages
-- @treturn[2] nil, string, string message and code `io_failed`
function messages.new(options)
  local self = setmetatable({ role = options.role, logger = options.logger, wire = options.wire,
    folder = options.folder, limit = options.limit or messages.file_limit, count = 0 }, Messages)
  if not self.folder then return self end
  if lfs.attributes(self.folder, "mode") ~= "directory" then
    local made, reason = lfs.mkdir(self.folder)
    if not made then return errors.fail("io_failed", "messages: %s: %s", self.folder, reason) end
  end
  self.count = last_number(self.folder)
  return self
end

return messages
