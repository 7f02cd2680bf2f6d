-- Valid inputs of every kind as first inputs for a fuzz target.
--   lua5.4 spec/fuzz/seeds.lua BUILD TARGET FOLDER
local build <const>, target <const>, folder <const> = table.unpack(arg)
package.path = ("./spec/?.lua;%s/lua/?.lua;%s/lua/?/init.lua;"):format(build, build) .. package.path
package.cpath = ("%s/lua/?.so;"):format(build) .. package.cpath

local crypto <const> = require "teep.crypto"
local hex <const> = require "teep.hex"
local structures <const> = require "badin.structures"
local vectors <const> = require "fixtures.cose_vectors"

local CHOICES <const> = 4 -- of schema_fuzz.c, by the first byte

local function write(bytes)
  local name <const> = hex.encode(assert(crypto.digest("SHA-256", bytes)))
  local file <close> = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(bytes)
end

for _, structure in ipairs(structures) do
  if target == "schema" then
    for choice = 0, CHOICES - 1 do write(string.char(choice) .. structure.bytes) end
  else
    write(structure.bytes)
  end
end

for _, kind in ipairs(target:find "^cose" and { "sign1", "encrypt", "mac" } or {}) do
  for _, vector in ipairs(vectors[kind]) do write(hex.decode(vector.message)) end
end

for _, certificate in pairs(target == "certificate" and vectors.certificates or {}) do write(hex.decode(certificate)) end
