--- Descriptions of manifests for `teep suit create`, and a folder with the files they name.
local assert <const> = require "luassert"
local command <const> = require "cli.command"
local description <const> = require "teep.cli.suit.description"
local keys <const> = require "teep.key"
local suit <const> = require "teep.suit"

local described = {
  vendor = "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe", class = "1492af14-2569-5e48-bf42-9b2d51f2ab45",
}

--- The content of the file `info`.
described.info = suit.encrypt("x", { recipients = { assert(keys.generate{ algorithm = "A128KW" }) } }).info

-- A change of false leaves the field out.
local function change(value, changes)
  for name, field in pairs(changes or {}) do value[name] = field or nil end
  return value
end

--- A description with changes; false leaves a field out.
function described.manifest(changes)
  return change({
    manifest = "hello/manifest", sequence_number = 1, vendor = described.vendor, class = described.class,
    components = { { id = "hello", payload = "hello.bin" } },
  }, changes)
end

--- A description whose component has changes; false leaves a field out.
function described.component(changes)
  return described.manifest{ components = { change({ id = "hello", payload = "hello.bin" }, changes) } }
end

--- A fresh folder; `command.remove` it when done.
function described.folder()
  local folder <const> = command.folder()
  for name, bytes in pairs{
    ["hello.bin"] = "payload", empty = "", info = described.info, cipher = "CIPHER",
  } do
    command.write(folder .. "/" .. name, bytes)
  end
  return folder
end

--- A description has to be refused in one line that says what is wanted.
function described.refused(folder, wanted, value)
  local given <const>, message <const> = description.resolve(value, folder)
  assert.is_nil(given)
  assert.matches(wanted, message, 1, true)
  assert.is_nil(message:find "\n")
end

return described
