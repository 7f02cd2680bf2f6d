--- TEEP messages as people see them: one log line each, and on request a file each.
-- What a line says beside size and direction is read from the bytes without trust, as far as it can
-- be read.
-- @module teep.daemon.messages
local hex <const> = require "teep.hex"
local core <const> = require "teep.core"
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local lfs <const> = require "lfs"
local message <const> = require "teep.message"

local Messages = {}
Messages.__index = Messages

local messages = {}

--- Files kept in a folder; further messages are logged only.
messages.file_limit = 9999

--- Bytes of them.
messages.size_limit = 256 << 20

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

-- Once one does not fit none is kept any more, so that what is there has no gaps.
local function has_room(self, size)
  if self.full then return false end
  self.full = self.count >= self.limit or self.size + size > self.size_limit
  if self.full then self.logger:warning("no more messages are kept", "folder", self.folder) end
  return not self.full
end

local function keep(self, direction, kind, bytes)
  if not self.folder or not has_room(self, #bytes) then return end
  self.count, self.size = self.count + 1, self.size + #bytes
  local path = ("%s/%04d-%s-%s.cbor"):format(self.folder, self.count, direction, kind)
  local kept, reason = core.file.note_private(path, bytes)
  if not kept then self.logger:warning("message not kept", "reason", reason) end
end

--- Note one message.
-- @tparam string direction `in` or `out`
-- @tparam string bytes COSE
-- @tparam[opt] boolean stranger the peer is not authenticated: the line, and the file, may be left out
-- @usage messages:note("out", bytes) --> ... info tam -> query-request 173 B ESP256+Ed25519 token=3f2a81c0
function Messages:note(direction, bytes, stranger)
  local wanted = self.logger:wants "info"
  if not (wanted or self.folder) then return end
  if stranger and self.strangers and not self.strangers:admit "info" then return end
  local seen = describe(bytes, self.wire)
  local arrow = direction == "out" and "->" or "<-"
  local event = ("%s %s %s %d B %s"):format(self.role, arrow, seen.type, #bytes, seen.algorithms)
  self.logger:info(event, "kid", direction == "in" and head(seen.kid) or nil, "token", tail(seen.token),
    "err_code", seen.err_code, "err_msg", seen.err_msg)
  keep(self, direction, seen.type, bytes)
end

-- Go on after the files of an earlier run.
local function count_files(self)
  for name in lfs.dir(self.folder) do
    local digits = name:match "^(%d%d%d%d)%-"
    if digits then
      self.count = math.max(self.count, tonumber(digits))
      self.size = self.size + (lfs.attributes(self.folder .. "/" .. name, "size") or 0)
    end
  end
end

--- @tparam table options `role` (name in the lines), `logger`, `wire`; `folder` to keep messages in, made
--   with mode 0700 if it is absent; `limit` files (default @{file_limit}), `size_limit` bytes of them
--   (default @{size_limit}); `strangers` of teep.daemon.strangers
-- @treturn[1] table messages
-- @treturn[2] nil, string, string message and code `io_failed`, `denied`, `no_space`, `exists`
function messages.new(options)
  local self = setmetatable({ role = options.role, logger = options.logger, wire = options.wire,
    folder = options.folder, limit = options.limit or messages.file_limit,
    size_limit = options.size_limit or messages.size_limit, strangers = options.strangers,
    count = 0, size = 0 }, Messages)
  if not self.folder then return self end
  if lfs.attributes(self.folder, "mode") ~= "directory" then
    local made, reason, code = core.file.make_private_folder(self.folder)
    if not made then return nil, "messages: " .. reason, code end
  end
  count_files(self)
  return self
end

return messages
