local errors = require "teep.errors"

-- All that the specs and C tests say, as one text; this file is left out, it names codes wholesale.
local function spec_texts()
  local texts = {}
  local list = assert(io.popen "find spec -name '*.lua' -o -name '*.c'")
  for path in list:lines() do
    if not path:find "errors_spec" then
      local file = assert(io.open(path))
      texts[#texts + 1] = file:read "a"
      file:close()
    end
  end
  list:close()
  return table.concat(texts)
end

describe("teep.errors", function()
  it("returns nil, message and code", function()
    local result = table.pack(errors.fail("too_large", "message: %d bytes, limit %d", 3, 2))
    assert.same({ nil, "message: 3 bytes, limit 2", "too_large", n = 3 }, result)
  end)

  it("falls back to the sentence of the code", function()
    local _, message = errors.fail "token_spent"
    assert.equal(errors.sentences.token_spent, message)
  end)

  it("throws for a code that does not exist", function()
    assert.error_matches(function() errors.fail "no_such_code" end, "no such error code")
  end)

  it("has no code that no spec produces", function()
    local texts, silent = spec_texts(), {}
    for code in pairs(errors.sentences) do
      local constant = "LTEEP_ERR_" .. code:upper() .. "%f[^%w_]"
      local named <const> = texts:find('"' .. code .. '"', 1, true) or texts:find(constant)
      if not named then silent[#silent + 1] = code end
    end
    table.sort(silent)
    assert.same({}, silent)
  end)
end)
