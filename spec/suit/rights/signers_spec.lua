local raw <const> = require "fixtures.suit_raw"
local signers <const> = require "fixtures.suit_signers"

local seq <const>, map <const> = raw.sequence, raw.map

describe("rights of signers:", function()
  local sim

  before_each(function() sim = signers.new() end)
  after_each(function() sim:close() end)

  describe("of two signers", function()
    local target <const>, source <const> = { "target" }, { "source" }

    -- Both sign it; the manifest's own identifier is in reach of the first.
    local function signed(options)
      options.fields = options.fields or {}
      options.fields[5] = raw.array{ "own" }
      options.fields[24] = false
      return signers.by_both(raw.manifest(options))
    end

    local function entries(first, last)
      first.modify = first.modify or {}
      table.insert(first.modify, { "own" })
      return signers.rights(first, last)
    end

    local function denied(what, ...)
      assert.matches("no signer alone has the right to " .. what, sim:denies(...).message, 1, true)
    end

    local function between(commands)
      return signed{ components = { target, source }, shared = false, fields = { [20] = commands } }
    end

    before_each(function()
      sim:permits(raw.make{ components = { target, source }, shared = false, fields = {
        [20] = seq(12, true, 20, map{ [18] = "bytes" }, 18, 2), [24] = false,
      } }, nil)
    end)

    it("a component of one and a parameter of the other make no right (S-051)", function()
      local hello <const>, image <const> = { { "hello" } }, { 1, 2, 3, 14 }
      denied("override-parameters (20) with uri (21)", signed{},
        entries({ modify = { { "hello" } }, parameters = image }, { modify = { { "else" } }, parameters = { 21 } }))
      denied("override-parameters (20) with uri (21)", signed{},
        entries({ modify = { { "hello" } }, parameters = image }, { modify = hello, commands = { 21 } }))
      sim:permits(signed{}, entries({ modify = { { "hello" } }, parameters = image }, { modify = hello }))
    end)

    it("a command of one with a parameter that the other has set makes no right (S-051)", function()
      local setter <const>, all <const> = { 1, 2, 3, 20 }, { { "hello" } }
      denied("fetch (21) with uri (21)", signed{}, entries({ modify = { { "hello" } }, commands = setter },
        { modify = all, parameters = { 1, 2, 3, 14 } }))
      sim:permits(signed{}, entries({ modify = { { "hello" } }, commands = setter }, { modify = all, parameters = { 21 } }))
    end)

    it("a condition of one on a component of the other makes no right (S-051)", function()
      local commands <const> = { 1, 2, 20, 21 }
      denied("image-match (3) with image-digest (3), image-size (14)", signed{},
        entries({ modify = { { "hello" } }, commands = commands }, { read = { { "else" } }, commands = { 3 } }))
      sim:permits(signed{},
        entries({ modify = { { "hello" } }, commands = commands }, { read = { { "hello" } }, commands = { 3 } }))
    end)

    it("the target of one and the source of the other make no right (S-051)", function()
      for code, kind in pairs{ [22] = "read", [31] = "modify" } do
        local envelope <const> = between(seq(12, 0, 20, map{ [22] = 1 }, code, 2))
        denied(code == 22 and "copy" or "swap", envelope,
          entries({ modify = { target } }, { [kind] = { source } }))
        sim:permits(envelope, entries({ modify = { target }, read = { source } }, { [kind] = { target, source } }))
      end
    end)

    it("who may only read a component sets no parameters for what the other does to it (S-051)", function()
      local function rights(parameters)
        return entries({ read = { { "hello" } } }, { modify = { { "hello" } }, parameters = parameters })
      end
      denied("override-parameters (20) with uri (21)", signed{}, rights{ 1, 2, 3, 14 })
      sim:permits(signed{}, rights{ 1, 2, 3, 14, 21 })
    end)

    it("every way to set parameters is an act (S-051)", function()
      local values <const> = map{ [18] = "new" }
      for name, commands in pairs{
        ["set-parameters (19) with content (18)"] = seq(12, 0, 19, values),
        ["override-multiple (34) with content (18)"] = seq(34, map{ [0] = values }),
        ["copy-params (35) with content (18)"] = seq(12, 1, 20, values, 12, 0, 35, map{ [1] = raw.array{ 18 } }),
      } do
        local limited <const> = { modify = { target }, read = { source }, parameters = { 3 } }
        denied(name, between(commands), entries(limited, { modify = { source } }))
        limited.parameters = nil
        sim:permits(between(commands), entries(limited, { modify = { source } }))
      end
    end)

    it("who takes parameters over from a component has to be allowed to read it (S-051)", function()
      local commands <const> = seq(12, 1, 20, map{ [18] = "new" }, 12, 0, 35, map{ [1] = raw.array{ 18 } })
      denied("copy-params (35)", between(commands), entries({ modify = { target } }, { modify = { source } }))
    end)
  end)
end)
