--- TEE drivers: what the TEEP Agent needs of a TEE.
-- A driver stages and commits components, reads them back, keeps small sealed values and holds keys
-- whose private parts never leave it. It knows nothing of manifests; the agent's ledger does. A Lua
-- table with the same methods is a driver too.
--
-- A component identifier is a list of byte strings. Every method returns `nil, message, code` when it
-- fails; the message ends with the text and number of the back end. Any may fail with `no_space`,
-- `io_failed`, `denied`, `corrupt`, `busy` (retry), `no_memory` or `unsupported`. Using a closed driver,
-- an ended transaction or a finished slot throws.
-- @module teep.driver
-- @usage local driver = assert(teep.driver.open { name = "sim", path = "/var/lib/teep/tee" })
-- local txn <close> = assert(driver:txn())
-- local slot = assert(txn:stage { "hello" })
-- assert(slot:write(bytes))
-- local state = assert(slot:finish())
-- assert(state.digest == wanted)
-- assert(txn:commit())
local core <const> = require "teep.core"
local errors <const> = require "teep.errors"

local driver = {}

--- Open a driver that is compiled in.
-- Driver "sim" keeps its state in a folder and protects nothing; it survives power cuts and is open in
-- one process at a time.
-- @tparam table options `name`, and the driver's own options as strings; "sim": `path`, the folder, made
--   with mode 0700 if absent, which has to belong to this user and be writable by it alone
-- @treturn[1] Driver driver
-- @treturn[2] nil, string, string message and code: `not_found` (no such driver), `config_invalid` (an
--   option is missing or unknown), `busy` (in use by another process)
-- @usage local driver = assert(driver.open { name = "sim", path = "tee" })
function driver.open(options)
  if type(options) ~= "table" or type(options.name) ~= "string" then
    error("driver.open: want options with a name", 2)
  end
  local own <const>, names <const> = {}, core.driver.names()
  for option, value in pairs(options) do
    if option ~= "name" then own[option] = value end
  end
  for _, name in ipairs(names) do
    if name == options.name then return core.driver.open(name, own) end
  end
  return errors.fail("not_found", "driver %q: want one of %s", options.name, table.concat(names, ", "))
end

--- An open driver.
-- Fields: `name`, `isolation` ("none", "process", ...), `hardware_root` (false: for development only).
-- @type Driver

--- Begin a transaction: what is staged in it takes effect at its commit, all or nothing.
-- @function Driver:txn
-- @treturn Txn txn

--- Measure an installed component.
-- @function Driver:probe
-- @tparam {string,...} id
-- @treturn[1] table `{ size = (bytes), digest = (bytes), digest_algorithm = "SHA-256" }`, measured now
-- @treturn[2] nil, string, string message and code `not_found`
-- @usage local state, message, code = driver:probe { "hello" }

--- Read from an installed component.
-- @function Driver:read
-- @tparam {string,...} id
-- @tparam integer offset 0 or more, bytes
-- @tparam integer size 0..16777216 bytes; another number throws
-- @treturn[1] string `size` bytes, fewer at the end of the component, none past it
-- @treturn[2] nil, string, string message and code `not_found`

--- The key of this name, made at its first use. The handle signs through the driver; after the driver
-- was closed it fails with `no_private_key`.
-- @function Driver:key
-- @tparam string name 1 to 32 of a-z, 0-9, `_` and `-`
-- @tparam string algorithm "ESP256" or "Ed25519", say
-- @treturn[1] teep.key key
-- @treturn[2] nil, string, string message and code: `name_invalid`, `wrong_key` (the key exists with
--   another algorithm), `unsupported_algorithm`, `corrupt` (the key is damaged; it is never made anew),
--   `indeterminate` (the new key may not survive a power cut; ask again)

--- Keep a value, replacing the one before durably and as a whole.
-- @function Driver:seal_put
-- @tparam string name 1 to 32 of a-z, 0-9, `_` and `-`
-- @tparam string value 0 to 1048576 bytes
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code: `name_invalid`, `too_large`, `indeterminate` (the
--   old or the new value is there after a power cut)

--- The value kept last.
-- @function Driver:seal_get
-- @tparam string name
-- @treturn[1] string value
-- @treturn[2] nil, string, string message and code: `name_invalid`, `not_found`, `corrupt`

--- Close the driver; open transactions are aborted.
-- @function Driver:close

--- A transaction. It is aborted when it leaves scope (`local txn <close>`) or is collected.
-- @type Txn

--- Start to write a component. A later change to the same component replaces an earlier one.
-- @function Txn:stage
-- @tparam {string,...} id
-- @treturn Slot slot

--- Remove a component at commit; that it is absent is no failure.
-- @function Txn:remove
-- @tparam {string,...} id
-- @treturn boolean true

--- Make every change of the transaction, durably. Ends it, also when it fails.
-- @function Txn:commit
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code: `conflict` (a slot was neither finished nor aborted),
--   `indeterminate` (some changes may have been made: probe). With any other code nothing has changed.

--- Drop every change of the transaction.
-- @function Txn:abort

--- A component being written.
-- @type Slot

--- Append bytes. After a failure the slot is aborted.
-- @function Slot:write
-- @tparam string bytes
-- @treturn boolean true

--- End the component; its bytes are on disk when this returns.
-- @function Slot:finish
-- @treturn table its state, as @{Driver:probe} will give it after the commit

--- Leave the component out of the transaction, finished or not; doing so again changes nothing. It stays as
-- it was before the transaction: what was staged or removed earlier has been replaced.
-- @function Slot:abort

return driver
