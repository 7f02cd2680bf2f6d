--- The check of an expected failure: nil, message (one line), code.
local assert = require "luassert"

--- @usage local message = has_failed("not_found", store:agent("kid"))
return function(code, ...)
  local result, message, found = ...
  assert.is_nil(result)
  assert.are.equal(code, found)
  assert.is_string(message)
  assert.is_nil(message:find("\n", 1, true))
  return message
end
