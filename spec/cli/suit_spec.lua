local command = require "cli.command"
local suit = require "teep.suit"

describe("teep suit create with --uri", function()
  local folder
  local vendor, class = "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe", "1492af14-2569-5e48-bf42-9b2d51f2ab45"
  before_each(function() folder = command.folder() end)
  after_each(function() command.remove(folder) end)

  local function create(uri, payload, ...)
    return command.run{ folder = folder, "suit", "create", "--component", "big", "--payload", payload or "big.bin", "--vendor",
      vendor, "--class", class, "--sequence-number", "1", "--uri", uri, "-o", "big.unsigned", ... }
  end

  for uri, reason in pairs {
    ["files/big.bin"] = "want a URI like https://",
    ["#0"] = "want a URI like https://",
    ["https:big.bin"] = "want a URI like https://",
    ["https://files.example/a b"] = "want a URI like https://",
    ["https://files.example/\u{e4}"] = "want a URI like https://",
    ["https://files.example/big.bin#part"] = "no fragment",
    ["https://me:secret@files.example/big.bin"] = "must not have a user or password",
  } do
    it("refuses " .. uri, function()
      command.write(folder .. "/big.bin", "payload")
      local code, _, complaint = create(uri)
      assert.equal(2, code)
      assert.matches("^teep: [^\n]+\n$", complaint)
      assert.matches(reason, complaint, 1, true)
      assert.is_nil(command.read(folder .. "/big.unsigned"))
    end)
  end

  it("refuses a payload that is missing, empty or a folder, with its name", function()
    command.write(folder .. "/empty", "")
    for _, name in ipairs { "missing", "empty", "." } do
      local code, _, complaint = create("https://files.example/big.bin", name)
      assert.equal(1, code)
      assert.matches("^teep: [^\n]+\n$", complaint)
      assert.matches(name .. ": ", complaint, 1, true)
    end
  end)

  it("states digest and size of the payload, which stays outside", function()
    local payload = ("payload"):rep(30000)
    command.write(folder .. "/big.bin", payload)
    local code, _, complaint = create "https://files.example/big.bin?version=1"
    assert.equal(0, code, complaint)
    local envelope = command.read(folder .. "/big.unsigned")
    assert.is_true(#envelope < 500)
    local decoded = assert(suit.decode(envelope))
    assert.same({}, decoded.integrated)
    local target = decoded.targets[1]
    assert.equal(#payload, target.size)
    assert.equal("SHA-256", target.digest_algorithm)
    assert.equal(require("teep.crypto").digest("SHA-256", payload), target.digest)
    assert.truthy(envelope:find("https://files.example/big.bin?version=1", 1, true))
  end)

  it("takes a payload from standard input", function()
    local code, _, complaint = create("https://files.example/big.bin", "-")
    assert.equal(1, code, complaint)
    assert.matches("-: the file is empty", complaint, 1, true)
    code, _, complaint = command.run{ folder = folder, input = "from a pipe", "suit", "create", "--component", "big",
      "--payload", "-", "--vendor", vendor, "--class", class, "--sequence-number", "1", "--uri", "https://h/x",
      "-o", "big.unsigned" }
    assert.equal(0, code, complaint)
    assert.equal(11, suit.decode(command.read(folder .. "/big.unsigned")).targets[1].size)
  end)
end)
