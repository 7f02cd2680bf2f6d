-- Decoding a TEEP message of 289 bytes into named fields, against libcbor walking over the same bytes: what a
-- device answers that has three components, named as in the draft's examples. 49 data items, those inside of
-- byte strings counted as well.
local measure <const> = require "bench.measure"
local message <const> = require "teep.message"

local V26 <const> = { wire = "v26" }
local SIZE <const> = 289

local function sample(filler)
  local list <const> = {}
  for i = 1, 3 do
    list[i] = { component_id = { "TEEP-Device", "SecureFS", ("%016d"):format(i), "ta" }, image_size = 100 * i,
      image_digest = { algorithm = -16, bytes = ("%032d"):format(i) } }
  end
  return assert(message.encode({ type = "query-response", token = ("t"):rep(filler), tc_list = list }, V26))
end

local function sample_of(size)
  for filler = 8, 64 do
    local bytes <const> = sample(filler)
    if #bytes == size then return bytes end
  end
  error "no message of this size"
end

return function(context)
  local bytes <const> = sample_of(SIZE)
  local path <const> = context.folder .. "/message.cbor"
  local file <close> = assert(io.open(path, "wb"))
  file:write(bytes)
  return {
    { name = "libcbor scan, 289 B",
      run = function(seconds) return measure.program(context.core_bench, "scan", path, seconds) end },
    { name = "message decode, 289 B", baseline = "libcbor scan, 289 B", run = function(seconds)
      return measure.calls(function() assert(message.decode(bytes, V26)) end, seconds)
    end },
  }
end
