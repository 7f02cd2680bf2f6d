local command = require "cli.command"
local lfs = require "lfs"
local providers = require "fixtures.providers"

describe("teep key", function()
  local folder
  before_each(function() folder = command.folder() end)
  after_each(function() command.remove(folder) end)

  local function teep(...) return command.run{ folder = folder, ... } end
  -- A limit on the size of files stands for a full disk; what is told goes through a pipe.
  local function teep_where_nothing_grows(arguments)
    return command.run{ folder = folder, program = "sh", "-c", 'ulimit -f 0; "$@" 2>&1 | cat', "sh", command.path,
      table.unpack(arguments) }
  end

  local function generate(name, algorithm)
    local code, output, complaint = teep("key", "generate", "--algorithm", algorithm or "ESP256", "-o", name)
    assert.equal(0, code, complaint)
    return output
  end

  it("never overwrites a file, not even through a symbolic link", function()
    generate "a.key"
    local before = command.read(folder .. "/a.key")
    assert(lfs.link("nowhere", folder .. "/link.key", true))
    for _, name in ipairs{ "a.key", "link.key" } do
      local code, output, complaint = teep("key", "generate", "--algorithm", "ESP256", "-o", name)
      assert.equal(1, code)
      assert.equal("", output)
      assert.equal("teep: " .. name .. ": exists already; keys are never overwritten\n", complaint)
    end
    assert.equal(before, command.read(folder .. "/a.key"))
    assert.is_nil(lfs.attributes(folder .. "/nowhere"))
  end)

  it("never replaces the private key that a public one is taken from", function()
    generate "signer.key"
    local before = command.read(folder .. "/signer.key")
    local code, _, complaint = command.run{ folder = folder, "key", "public", "signer.key", "-o", "signer.key" }
    assert.equal(2, code)
    assert.equal("teep: signer.key is what this is made of, the output would replace it\n", complaint)
    assert.equal(before, command.read(folder .. "/signer.key"))
  end)

  it("leaves no part of a file where no file may grow, and says so", function()
    generate "signer.key"
    local before = command.read(folder .. "/signer.key")
    for _, arguments in ipairs{
      { "key", "generate", "--algorithm", "ESP256", "-o", "new.key" },
      { "key", "public", "signer.key", "-o", "new.pub" },
    } do
      local _, told = teep_where_nothing_grows(arguments)
      assert.matches("^teep: [^\n]*: File too large\n$", told)
      assert.matches(arguments[#arguments], told, 1, true)
    end
    local names = {}
    for name in lfs.dir(folder) do if not name:find "^%." then names[#names + 1] = name end end
    assert.same({ "signer.key" }, names)
    assert.equal(before, command.read(folder .. "/signer.key"))
    generate "new.key"
  end)

  it("refuses a file that holds no key, a truncated and a too large one", function()
    generate "a.key"
    local whole = command.read(folder .. "/a.key")
    local broken = { ["empty"] = "", ["text"] = "hello", ["short"] = whole:sub(1, -2), ["long"] = whole .. "\0",
      ["large"] = ("x"):rep(4097) }
    for name, bytes in pairs(broken) do
      command.write(folder .. "/" .. name, bytes)
      local code, _, complaint = teep("key", "thumbprint", name)
      assert.equal(1, code)
      assert.matches("^teep: " .. name .. ": [^\n]+\n$", complaint)
    end
    assert.same({ 1, "", "teep: .: Is a directory\n" }, { teep("key", "thumbprint", ".") })
  end)

  for _, algorithm in ipairs{ "ESP256", "ESP384", "ESP512", "Ed25519" } do
    it("makes an " .. algorithm .. " key that only its owner can read", function()
      local lacking = providers.lack(algorithm)
      if lacking then return pending(lacking) end
      local output = generate("a.key", algorithm)
      assert.equal("rw-------", lfs.attributes(folder .. "/a.key", "permissions"))
      assert.matches("^" .. algorithm .. " %x+\n$", output)
      assert.equal(64, #output:match " (%x+)")
    end)
  end

  it("writes the public part without the private one", function()
    generate "a.key"
    assert.equal(0, (teep("key", "public", "a.key", "-o", "a.pub")))
    local public, private = command.read(folder .. "/a.pub"), command.read(folder .. "/a.key")
    assert.is_true(#public < #private)
    local _, printed = teep("key", "public", "a.key")
    assert.equal(public, (printed:gsub("%s", ""):gsub("%x%x", function(d) return string.char(tonumber(d, 16)) end)))
    local _, again = teep("key", "public", "a.pub")
    assert.equal(printed, again)
  end)

  it("tells the same thumbprint for both parts", function()
    local kid = generate "a.key":match " (%x+)"
    teep("key", "public", "a.key", "-o", "a.pub")
    for _, name in ipairs{ "a.key", "a.pub" } do
      local code, output = teep("key", "thumbprint", name)
      assert.equal(0, code)
      assert.equal(kid .. "\n", output)
    end
    local _, json = teep("key", "thumbprint", "a.pub", "--json")
    assert.same({ kid = kid, algorithm = "ESP256", file = "a.pub" }, require("teep.daemon.json").decode(json))
  end)

  it("refuses formats and algorithms it does not know", function()
    assert.equal(2, (teep("key", "generate", "--algorithm", "ESP256", "--format", "p12", "-o", "a.key")))
    assert.equal(2, (teep("key", "generate", "--algorithm", "SHA-256", "-o", "a.key")))
    assert.is_nil(lfs.attributes(folder .. "/a.key"))
  end)

  it("makes keys to receive with, on the curve of the SUIT profiles", function()
    assert.equal(0, (teep("key", "generate", "--algorithm", "ECDH-ES+A128KW", "-o", "a.key")))
    assert.equal(0, (teep("key", "public", "a.key", "-o", "a.pub")))
    local public = require("teep.cbor").decode(command.read(folder .. "/a.pub"))
    assert.same({ 1, -29 }, { public:get(-1), public:get(3) })
  end)

  for _, algorithm in ipairs{ "A128KW", "A256KW", "HMAC-256" } do
    it("gives " .. algorithm .. " keys a kid of their own, which tells nothing of them", function()
      local kids = {}
      for i = 1, 2 do
        local code, output = teep("key", "generate", "--algorithm", algorithm, "-o", i .. ".key")
        assert.equal(0, code)
        assert.equal("rw-------", lfs.attributes(folder .. "/" .. i .. ".key", "permissions"))
        kids[i] = output:match " (%x+)\n$"
        assert.equal(32, #kids[i])
        assert.equal(kids[i] .. "\n", select(2, teep("key", "thumbprint", i .. ".key")))
      end
      assert.not_equal(kids[1], kids[2])
      assert.equal(1, (teep("key", "public", "1.key", "-o", "1.pub")))
    end)
  end

  for _, format in ipairs{ "pem", "jwk" } do
    it("writes and reads keys as " .. format, function()
      local code, output = teep("key", "generate", "--algorithm", "ESP256", "--format", format, "-o", "a.key")
      assert.equal(0, code)
      assert.equal("rw-------", lfs.attributes(folder .. "/a.key", "permissions"))
      assert.equal(0, (teep("key", "public", "a.key", "--format", format, "-o", "a.pub")))
      local _, printed = teep("key", "public", "a.pub", "--format", format)
      assert.equal(command.read(folder .. "/a.pub"):gsub("\n$", "") .. "\n", printed)
      assert.is_nil(printed:find("PRIVATE", 1, true) or printed:find('"d"', 1, true))
      local _, kid = teep("key", "thumbprint", "a.pub")
      assert.equal("ESP256 " .. kid, output)
    end)
  end
end)
