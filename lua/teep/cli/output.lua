--- What verbs print.
-- @module teep.cli.output
local errors <const> = require "teep.errors"
local json <const> = require "teep.daemon.json"

local output = {}

-- Text that a peer or file had a hand in must not reach a terminal as control characters.
local function printable(text)
  return (text:gsub("[^\n -~]", function(byte) return ("\\x%02x"):format(byte:byte()) end))
end

local lost -- why standard output took less than it was given

local function write(...)
  local written <const>, reason = io.stdout:write(...)
  if not written then lost = lost or reason end
end

--- Bytes on standard output, as they are.
-- @tparam string bytes
function output.bytes(bytes) write(bytes) end

--- Whether all that was printed has arrived: a full disk is noticed as late as here.
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code `io_failed`
function output.finish()
  local flushed <const>, reason = io.stdout:flush()
  if flushed and not lost then return true end
  return errors.fail("io_failed", "standard output: %s", lost or reason)
end

--- One line on standard error.
-- @tparam string message
function output.complain(message)
  io.stderr:write("teep: ", printable((tostring(message):gsub("[\r\n]+", " "))), "\n")
end

--- Lines on standard output, safe for a terminal.
function output.print(format, ...) write(printable(format:format(...)), "\n") end

--- One line about a component; what is not known of it is left out.
-- @tparam table item `id`, `size`, `digest`
function output.component(item)
  if not item.digest then return item.id end
  return ("%s  %d bytes  sha-256 %s"):format(item.id, item.size or 0, item.digest)
end

--- A value as JSON on standard output.
function output.json(value) write(json.encode(value), "\n") end

--- A table with columns as wide as needed.
-- @tparam {string,...} head
-- @tparam {{string,...},...} rows
function output.columns(head, rows)
  local widths = {}
  for _, row in ipairs{ head, table.unpack(rows) } do
    for i, cell in ipairs(row) do widths[i] = math.max(widths[i] or 0, #printable(tostring(cell))) end
  end
  for _, row in ipairs{ head, table.unpack(rows) } do
    local cells = {}
    for i, cell in ipairs(row) do
      cell = printable(tostring(cell))
      cells[i] = i < #row and cell .. (" "):rep(widths[i] - #cell) or cell
    end
    write(table.concat(cells, "  "), "\n")
  end
end

return output
