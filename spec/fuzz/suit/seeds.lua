--- Cases that the oracle's generator does not make: each with a device that has everything, and of use to it.
local mutate <const> = require "fuzz.suit.mutate"
local vocabulary <const> = require "fuzz.suit.vocabulary"

local seeds = {}

local values <const> = {}
for _, row in ipairs(vocabulary.values) do values[row[1]] = row[2] end

local gcm <const>, ctr <const> = values.encryption_info[1], values.encryption_info[2]

local function case(sections, more)
  local made <const> = {
    contents = { a = "x", b = "xy" }, held = {}, rules = {}, procedure = "update",
    root = { id = "root", components = { "a", "b", "c" }, sections = sections },
  }
  for name, value in pairs(more or {}) do made[name] = value end
  seeds[#seeds + 1] = made
  return made
end

local function on(index, ...) return { { 12, index }, ... } end

-- Conditions about the device, one try-each for each of two values.
local function either(code, name)
  local list <const> = values[name]
  return { 15, { { { 20, { [name] = list[2] } }, { code, 15 } }, { { 20, { [name] = list[1] } }, { code, 15 } }, false } }
end

case{ [7] = on(0, either(1, "vendor_identifier"), either(2, "class_identifier"), either(24, "device_identifier"),
  either(4, "use_before"), either(26, "minimum_battery"), either(27, "update_priority"), either(28, "version")) }
for i = 1, #values.wait_info do case{ [20] = on(0, { 20, { wait_info = values.wait_info[i] } }, { 29, 15 }) } end
for _, metadata in ipairs(values.component_metadata) do
  case{ [20] = on(0, { 20, { component_metadata = metadata, content = "xy" } }, { 18, 15 }) }
end
case{ [20] = on(0, { 20, { encryption_info = gcm, content = values.content[6] } }, { 18 }) }
case{ [20] = on(0, { 20, { encryption_info = ctr, content = values.content[7], image_digest = "xy" } }, { 18 }, { 3 }) }
case{ [16] = on(1, { 20, { uri = "gcm", image_digest = values.content[6] } }, { 21 }, { 3 }),
  [20] = on(0, { 20, { source_component = 1, encryption_info = gcm, image_digest = "xy" } }, { 22 }, { 3 }) }
case({ [20] = on(0, { 20, { uri = "gcm", encryption_info = gcm } }, { 21 }) }, { rules = { decrypt_on_fetch = true } })
case({
  [7] = on(0, { 20, { content = "x" } }, { 6 }), [8] = on(0, { 20, { content = "y" } }, { 18 }),
  [9] = on(0, { 20, { invoke_args = "x" } }, { 23 }),
}, { procedure = "invocation" })
case({ [20] = on(0, { 15, { { { 99 } }, { { 20, { [99] = 0 } } }, { { 35, { { 1, { 99 } } } } }, { { 4 } }, false } }) },
  { rules = { lenient_unknown = true }, host = { lacks = { clock = true, wait = true, metadata = true, decrypt = true } } })
for _, rights in ipairs(vocabulary.rights) do
  case({ [20] = on(1, { 20, { content = "y" } }, { 18 }, { 33 }) }, { host = { rights = rights } })
end
case({ [15] = on(0, { 20, { uri = "large" } }, { 21 }), [20] = on(1, { 20, { uri = "#xy", content = "xy" } }, { 18 }) },
  { host = { drips = 1 } }).root.severed = { [15] = true, [20] = true }

case({ [20] = { { 12, 0 }, { 15, { { { 15, { { { 14 } }, { { 14 } } } } }, false } } } }, { rules = { exhausted_aborts = true } })
case{ [20] = on(0, { 20, { strict_order = false, content = "y", source_component = 0 } },
  { 32, { { { 12, 1 }, { 18 } } } }, { 18 }, { 12, 2 }, { 20, { source_component = 0 } }, { 22 }) }
for _, uri in ipairs(values.uri) do case{ [20] = on(0, { 20, { uri = uri } }, { 21 }) } end

-- A dependency of a dependency, brought in the envelopes of both, or installed before.
local function brings(index, name)
  return { { 12, index }, { 20, { image_digest = name, uri = "#" .. name } }, { 21 }, { 7 }, { 11 } }
end

local function tree(procedure, first)
  return case(nil, {
    procedure = procedure, host = { has_child = 1 },
    root = {
      id = "root", components = { "a" }, dependency = 1,
      sections = { [15] = brings(1, "child"), [20] = on(1, { 11 }), [24] = on(1, first, { 33 }) },
    },
    child = {
      id = "child", components = { "b" }, dependency = 1, depends = "grand",
      sections = { [15] = brings(1, "grand"), [20] = on(1, { 11 }), [24] = on(1, first, { 11 }, { 12, 0 }, { 33 }) },
    },
    grand = { id = "grand", components = { "c" }, sections = {
      [20] = { { 20, { content = "xyz" } }, { 18 } }, [24] = { { 33 } },
    } },
  })
end

case({ [20] = { { 20, { content = "x" } }, { 18 } } }).root.components = {}
seeds[#seeds].root.dependency = 1

tree("update", { 20, { image_digest = "child" } })
tree("uninstall", { 20, { uri = "none" } })
tree("uninstall", { 20, { image_digest = "child" } }).host.has_child = 2

--- Copies of them.
return function() return mutate.copy(seeds) end
