--- Media types and the Accept field (RFC 9110, sections 8.3 and 12.5.1).
-- @module teep.transport.media
local media = {}

--- The media type of TEEP messages (draft-ietf-teep-protocol section 10.1).
media.teep = "application/teep+cbor"

-- Type without parameters, in lower case; media types are compared without regard to case.
local function bare(text)
  return text:match("^%s*([^;%s]*)"):lower()
end

--- Whether a Content-Type names TEEP messages; parameters are tolerated.
-- @tparam ?string content_type
-- @treturn boolean
function media.is_teep(content_type)
  return content_type ~= nil and bare(content_type) == media.teep
end

-- How closely a range fits, from 1 to 3; nil when it does not.
local ranges <const> = { ["*/*"] = 1, ["application/*"] = 2, [media.teep] = 3 }

-- A weight that is none refuses, like 0.
local function quality(range)
  local weight <const> = (range:lower() .. ";"):match ";%s*q%s*=%s*([^;]-)%s*;"
  if not weight then return 1 end
  return weight:find "^[01]%.?%d*$" and tonumber(weight) or 0
end

--- Whether an Accept field admits TEEP messages: of the ranges that fit, the closest decides.
-- @tparam ?string accept absent or empty: everything is acceptable
-- @treturn boolean
-- @usage media.accepts "application/*, text/html;q=0.5" --> true
function media.accepts(accept)
  if not accept or not accept:find "%S" then return true end
  local closest, accepted = 0, false
  for range in accept:gmatch "[^,]+" do
    local closeness <const> = ranges[bare(range)] or 0
    if closeness > closest then closest, accepted = closeness, quality(range) > 0 end
  end
  return accepted
end

return media
