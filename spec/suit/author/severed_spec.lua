local author <const> = require "fixtures.suit_author"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local create <const>, refused <const> = author.create, author.refused

describe("teep.suit.create with severed members", function()
  local long <const> = ("long "):rep(20)

  local function text(changes)
    local given <const> = { en = { manifest_description = long } }
    for name, value in pairs(changes or {}) do given.en[name] = value end
    return given
  end

  it("refuses to sever what has to stay, what is absent, and what is shorter than its digest (S-033)", function()
    for _, name in ipairs{ "uninstall", "validate" } do
      assert.matches(name .. " must stay", refused("forbidden_field", { severed = { name } }), 1, true)
    end
    for _, name in ipairs{ "text", "payload_fetch", "no such" } do
      assert.matches("no " .. name, refused("missing_field", { severed = { name } }), 1, true)
    end
    assert.matches("install has 11 bytes, the digest for it 36: leave it in",
      refused("size_out_of_range", { severed = { "install" } }), 1, true)
  end)

  -- A description of n characters from 24 characters on makes a text of n + 8 bytes.
  it("severs what is longer than its digest by one byte (S-033)", function()
    local function sever(size)
      return create{ severed = { "text" }, text = { en = { manifest_description = ("x"):rep(size) } } }
    end
    local _, message <const>, code <const> = sever(28)
    assert.equal("size_out_of_range", code)
    assert.matches("text has 36 bytes", message, 1, true)
    assert.truthy(sever(29))
  end)

  it("refuses text of components that it has not, and of names that are none (S-034)", function()
    refused("component_unsupported", { text = text{ components = { { id = { "other" }, vendor_name = "x" } } } })
    refused("unknown_field", { text = text{ descripton = "x" } })
    refused("unknown_field", { text = text{ components = { { id = raw.component, vendor = "x" } } } })
    assert.equal("text.en.update_description: is not UTF-8",
      refused("invalid_utf8", { text = text{ update_description = "\xff" } }))
    assert.equal("text.en.components[2].id: hello/app is components[1] already", refused("duplicate_key",
      { text = text{ components = { { id = raw.component, vendor_name = "x" }, { id = raw.component } } } }))
    assert.equal("text: no language", refused("missing_field", { text = {} }))
    assert.truthy(create{ text = text{ components = { { id = raw.component, vendor_name = "x" } } } })
  end)

  it("announces them by their digest and keeps them outside (S-032)", function()
    local envelope <const> = assert(create{ severed = { "text" }, text = text() })
    local view <const> = assert(suit.decode(envelope))
    assert.truthy(view.manifest.text:find(long, 1, true))
    assert.is_nil(view.envelope:content(3):find(long, 1, true))
    assert.is_nil(assert(suit.strip(envelope, { severed = { "text" } })):find(long, 1, true))
    local _, _, code <const> = suit.decode((envelope:gsub("long", "LONG", 1)))
    assert.equal("digest_mismatch", code)
    assert.equal(envelope, create{ severed = { "text" }, text = text() })
  end)
end)

describe("teep.suit.strip", function()
  it("throws for members that cannot be severed", function()
    assert.error_matches(function() suit.strip(create(), { severed = { "uninstall" } }) end, "no severable member")
  end)

  it("refuses to take out what is not there", function()
    assert.equal("missing_field", select(3, suit.strip(create(), { severed = { "install" } })))
  end)
end)
