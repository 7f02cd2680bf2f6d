--- Files that verbs read and write.
-- @module teep.cli.files
local core <const> = require "teep.core"
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"
local lfs <const> = require "lfs"
local output <const> = require "teep.cli.output"

local files = {}
local size_limit <const> = 64 * 1024 * 1024
local chunk <const> = 64 * 1024

local function open(path)
  if path == "-" then return io.stdin end
  local file, reason = io.open(path, "rb")
  if not file then return errors.fail("io_failed", "%s", reason) end
  return file
end

--- Read a whole file, `-` for standard input.
-- @tparam string path
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string message with the path, and code
function files.read(path)
  local file, message, code = open(path)
  if not file then return nil, message, code end
  local bytes, why = file:read(size_limit + 1)
  if path ~= "-" then file:close() end
  if why then return errors.fail("io_failed", "%s: %s", path, why) end
  if not bytes then return errors.fail("truncated", "%s: the file is empty", path) end
  if #bytes > size_limit then return errors.fail("too_large", "%s: more than %d bytes", path, size_limit) end
  return bytes
end

--- Digest and size of a file of any size, `-` for standard input.
-- @tparam string path
-- @treturn[1] table `{ digest = { algorithm = "SHA-256", bytes }, size }`
-- @treturn[2] nil, string, string message with the path, and code
function files.measure(path)
  local file, message, code = open(path)
  if not file then return nil, message, code end
  local sum, size = crypto.hash "SHA-256", 0
  local bytes, why
  repeat
    bytes, why = file:read(chunk)
    if bytes then
      sum:update(bytes)
      size = size + #bytes
    end
  until not bytes
  if path ~= "-" then file:close() end
  if why then return errors.fail("io_failed", "%s: %s", path, why) end
  if size == 0 then return errors.fail("truncated", "%s: the file is empty", path) end
  return { digest = { algorithm = "SHA-256", bytes = sum:finish() }, size = size }
end

--- Whether two paths name the same file that exists.
-- @tparam string a
-- @tparam string b
-- @treturn boolean
function files.same(a, b)
  local one <const>, other <const> = lfs.attributes(a), lfs.attributes(b)
  return one ~= nil and other ~= nil and one.mode == "file" and one.dev == other.dev and one.ino == other.ino
end

--- Write a whole file, `-` for standard output. A file has its old bytes or all of the new ones, also when
-- the disk is full or the process is killed.
-- @tparam string path
-- @tparam string bytes
-- @tparam[opt] {string,...} inputs files that have to outlive this: keys, payloads, descriptions
-- @treturn[1] true
-- @treturn[2] nil, string, string message with the path, and code: `usage` (it is one of the inputs),
--   `no_space`, `denied`, `io_failed`
function files.write(path, bytes, inputs)
  for _, input in ipairs(inputs or {}) do
    if files.same(path, input) then
      return nil, ("%s is what this is made of, the output would replace it"):format(path), "usage"
    end
  end
  if path == "-" then
    output.bytes(bytes)
    return output.finish()
  end
  return core.file.replace(path, bytes)
end

return files
