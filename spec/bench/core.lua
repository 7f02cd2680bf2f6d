-- Every operation of every crypto provider: signatures are what everything above is compared with, and the
-- others show which provider serves what, and at what price against the first.
local crypto <const> = require "teep.crypto"
local measure <const> = require "bench.measure"

-- The same arithmetic under another number.
local aliases <const> = {
  ES256 = true, ES384 = true, ES512 = true, EdDSA = true,
  ["ECDH-ES+HKDF-256"] = true, ["ECDH-ES+A192KW"] = true, ["ECDH-ES+A256KW"] = true,
}

local function list(context, provider)
  local found <const> = {}
  local pipe <close> = assert(io.popen(("%s list %s"):format(context.core_bench, provider)))
  for line in pipe:lines() do
    local algorithm <const>, operation <const> = line:match "^(%S+) (%S+)$"
    if not aliases[algorithm] then found[#found + 1] = { algorithm, operation } end
  end
  return found
end

return function(context)
  local benches <const>, first <const> = {}, {}
  for _, provider in ipairs(crypto.providers()) do
    for _, entry in ipairs(list(context, provider.name)) do
      local algorithm <const>, operation <const> = table.unpack(entry)
      local title <const> = operation .. " " .. algorithm
      table.insert(benches, {
        name = first[title] and ("%s, %s"):format(title, provider.name) or title, baseline = first[title],
        provider = provider.name,
        run = function(seconds)
          return measure.program(context.core_bench, "run", provider.name, algorithm, operation, seconds / 3)
        end,
      })
      first[title] = title
    end
  end
  return benches
end
