--- What a peer said, fit for a message: a line stays one line (D24).
-- @module teep.transport.printable

--- Replace every control character.
-- @tparam string text
-- @treturn string
-- @usage printable("30\27") --> "30?"
return function(text) return (text:gsub("%c", "?")) end
