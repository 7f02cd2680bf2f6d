--- What verbs print.
-- @module teep.cli.output
local json <const> = require "teep.daemon.json"

local output = {}

-- Text that a peer or file had a hand in must not reach a terminal as control characters.
local function printable(text)
  return (text:gsub("[^\n -~]", function(byte) return ("\\x%02x"):format(byte:byte()) end))
end

--- One line on standard error.
-- @tparam string message
function output.complain(message)
  io.stderr:write("teep: ", printable((tostring(message):gsub("[\r\n]+", " "))), "\n")
end

--- Lines on standard output, safe for a terminal.
function output.print(format, ...) print(printable(format:format(...))) end

--- One line about a component; what is not known of it is left out.
-- @tparam table item `id`, `size`, `digest`
function output.component(item)
  if not item.digest then return item.id end
  return ("%s  %d bytes  sha-256 %s"):format(item.id, item.size or 0, item.digest)
end

--- A value as JSON on standard output.
function output.json(value) print(json.encode(value)) end

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
    print(table.concat(cells, "  "))
  end
end

return output
