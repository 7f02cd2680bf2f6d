local schema <const> = require "teep.schema"

local bytes <const> = { type = "bytes" }

local function mistake(description, expected)
  local ok, message = pcall(function() schema.compile(description) end)
  assert.is_false(ok)
  assert.matches(expected, message, 1, true)
end

local function field(overrides)
  local of = { label = 1, name = "a", of = bytes }
  for name, value in pairs(overrides or {}) do of[name] = value end
  return of
end

describe("teep.schema.compile", function()
  it("throws for what is no description", function()
    assert.has_error(function() schema.compile() end)
    assert.has_error(function() schema.compile "bytes" end)
    mistake({}, "there is no type ''")
    mistake({ type = "byts" }, "there is no type 'byts'")
    mistake({ type = "bytes", name = 1 }, "a name is a string")
  end)

  it("throws for names that mean nothing, in every type, so that no limit is lost to a slip", function()
    local complete <const> = {
      uint = {}, uint64 = {}, int = {}, bytes = {}, text = {}, bool = {}, null = {}, raw = {}, any = {},
      enum = { values = { a = 1 } }, bits = { values = { a = 1 } }, array = { of = bytes }, tuple = { fields = {} },
      map = { fields = {} }, table = { keys = bytes, of = bytes }, wrapped = { of = bytes }, tag = { tag = 1, of = bytes },
      choice = { of = { bytes } },
    }
    for type_name, description in pairs(complete) do
      description.type, description.name = type_name, "x"
      assert.truthy(schema.compile(description))
      description.maximum = 1
      mistake(description, "schema x: maximum means nothing here")
      description.maximum = nil
      description[1] = "positional"
      mistake(description, "means nothing here")
    end
    mistake({ type = "uint64", max = 1 }, "max means nothing here")
    mistake({ type = "map", fields = { field{ optional = true } } }, "optional means nothing here")
    mistake({ type = "tuple", fields = { { name = "a", of = bytes, required = true } } }, "required means nothing here")
  end)

  it("says where the mistake is", function()
    mistake({ name = "m", type = "map", fields = { field{ of = { type = "array", of = { type = "uint", max = "1" } } } } },
      "schema m.a: max is an integer")
  end)

  it("throws for ranges that no value is in", function()
    mistake({ type = "bytes", min = -1 }, "min..max is no range")
    mistake({ type = "uint", min = 5, max = 4 }, "min..max is no range")
    mistake({ type = "uint", max = -1 }, "min..max is no range")
    mistake({ type = "array", of = bytes, min = 2, max = 1 }, "min..max is no range")
    mistake({ type = "int", min = 1.5 }, "min is an integer")
  end)

  it("throws for names, labels and numbers that are there twice", function()
    mistake({ type = "map", fields = { field(), field{ label = 2 } } }, "a: this name is there twice")
    mistake({ type = "map", fields = { field(), field{ name = "b" } } }, "this label is there twice")
    mistake({ type = "tuple", fields = { { name = "a", of = bytes }, { name = "a", of = bytes } } }, "there twice")
    mistake({ type = "enum", values = { a = 1, b = 1 } }, "this number is there twice")
    mistake({ type = "bits", values = { a = 1, b = 1 } }, "this number is there twice")
  end)

  it("throws for fields that lack a part or have it of another type", function()
    mistake({ type = "map" }, "fields is a list")
    mistake({ type = "map", fields = { "a" } }, "entry 1 is a table")
    mistake({ type = "map", fields = { { name = "a", of = bytes } } }, "label is an integer or a string")
    mistake({ type = "map", fields = { field{ label = 1.5 } } }, "label is an integer or a string")
    mistake({ type = "map", fields = { field{ label = ("x"):rep(40) } } }, "label: ")
    mistake({ type = "map", fields = { field{ label = "\xff" } } }, "label: ")
    mistake({ type = "map", fields = { field{ required = 1 } } }, "required is a boolean")
    mistake({ type = "map", fields = { { label = 1, of = bytes } } }, "a name is a string")
    mistake({ type = "map", fields = { { label = 1, name = "a" } } }, "a: of is a description")
    mistake({ type = "map", fields = {}, sorted = "yes" }, "sorted is a boolean")
    mistake({ type = "map", fields = { field{ name = "unknown" } }, unknown = "keep" }, "labels that are kept")
    mistake({ type = "tuple", fields = { { name = "a", of = bytes, optional = true }, { name = "b", of = bytes } } },
      "optional elements come last")
  end)

  it("throws for words it does not know", function()
    mistake({ type = "map", fields = {}, unknown = "ignore" }, "unknown cannot be that")
    mistake({ type = "map", fields = {}, unknown = true }, "unknown cannot be that")
    mistake({ type = "enum", values = {}, unknown = "skip" }, "unknown cannot be that")
    mistake({ type = "tuple", fields = {}, rest = "keep" }, "rest cannot be that")
  end)

  it("throws for values, tags and choices that make no sense", function()
    mistake({ type = "enum" }, "values is a table")
    mistake({ type = "enum", values = { 7 } }, "a name is a string")
    mistake({ type = "enum", values = { a = "1" } }, "values is { name = integer }")
    mistake({ type = "bits", values = { a = 64 } }, "a bit is 0..63")
    mistake({ type = "bits", values = { a = -1 } }, "a bit is 0..63")
    mistake({ type = "tag", of = bytes }, "tag is a non-negative integer")
    mistake({ type = "tag", tag = 1, of = bytes, omit = true }, "omit without optional")
    mistake({ type = "choice", of = {} }, "of is a list of descriptions")
    mistake({ type = "choice", of = bytes }, "of is a list of descriptions")
    mistake({ type = "array" }, "of is a description")
    mistake({ type = "table", of = bytes }, "keys is a description")
  end)

  it("throws for a description that contains itself", function()
    local description <const> = { type = "array" }
    description.of = description
    mistake(description, "nested too deeply")
  end)

  it("takes 64 fields and no more", function()
    local fields <const> = {}
    for i = 1, 64 do fields[i] = field{ label = i, name = "f" .. i } end
    assert.truthy(schema.compile{ type = "map", fields = fields })
    fields[65] = field{ label = 65, name = "f65" }
    mistake({ type = "map", fields = fields }, "65 entries, want at most 64")
  end)

  it("is independent of the description afterwards", function()
    local description <const> = { type = "bytes", min = 1 }
    local compiled <const> = schema.compile(description)
    description.type, description.min = "uint", 5
    collectgarbage()
    assert.equal("\x41a", compiled:encode "a")
  end)

  it("does not work on anything else, nor after it was collected", function()
    local compiled <const> = schema.compile(bytes)
    assert.has_error(function() compiled.decode(io.stdout, "\x40") end)
    assert.has_error(function() compiled.decode({}, "\x40") end)
    assert.is_nil(compiled.__gc)
    getmetatable(compiled).__gc(compiled)
    assert.has_error(function() compiled:decode "\x40" end)
    assert.has_error(function() compiled:encode "" end)
  end)
end)
