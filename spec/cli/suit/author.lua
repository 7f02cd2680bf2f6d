--- An author at work with `teep suit`: a folder with keys, payloads, and `hello.suit`, which one of them has signed.
local assert <const> = require "luassert"
local site <const> = require "cli.site"

local Author <const> = {}
Author.__index = Author

local author = {
  vendor = "c0ddd5f1-5243-5660-87db-4f5b0aa26c2f", class = "db42f709-3d8c-55ba-a8c5-265fc5820f4e",
}

local hello <const> = ([[return {
  manifest = "hello/manifest", sequence_number = 1, vendor = %q, class = %q, severed = { "text" },
  components = {
    { id = "hello", payload = "hello.bin" }, { id = "far", payload = "far.bin", uri = "https://files.example/far.bin?v=1" },
  },
  text = { en = { manifest_description = "Says hello, and this is long enough to be worth severing." } },
}]]):format(author.vendor, author.class)

--- A fresh folder, with the keys `signer` and `other`; @{Author:remove} it when done.
function author.new()
  local self <const> = setmetatable({ site = site.bare() }, Author)
  for _, name in ipairs{ "signer", "other" } do self:key(name, "ESP256") end
  self:write("hello.bin", "payload")
  self:write("far.bin", "from afar")
  self:write("hello.lua", hello)
  self:works("create", "hello.lua", "-o", "hello.unsigned")
  self:works("sign", "hello.unsigned", "--key", "signer.key", "-o", "hello.suit")
  return self
end

function Author:teep(...) return self.site:teep(...) end
function Author:key(name, algorithm) self.site:key(name, algorithm) end
function Author:path(name) return self.site:path(name) end
function Author:read(name) return self.site:read(name) end
function Author:write(name, bytes) return self.site:write(name, bytes) end
function Author:remove() self.site:remove() end

--- Run a verb of `teep suit` to its end.
-- @return as @{cli.command.run}
function Author:run(...) return self.site:teep("suit", ...) end

--- Run a verb that has to go well; returns what it prints.
function Author:works(...) return self.site:must("suit", ...) end

--- Run a verb that has to exit with this code and to say this, in lines that name the program.
function Author:refused(code, wanted, ...)
  local found <const>, _, complaint <const> = self:run(...)
  assert.equal(code, found, complaint)
  assert.matches(wanted, complaint, 1, true)
  for line in complaint:gmatch "[^\n]+" do assert.matches("^teep: ", line) end
end

--- Arguments that have a device of that vendor and class process an envelope of `signer`, and more arguments.
function author.process(name, ...)
  return "process", name, "--dry-run", "--key", "signer.pub", "--vendor", author.vendor, "--class", author.class, ...
end

return author
