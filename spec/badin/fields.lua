--- What stands at which place of the valid structures: path and kind. Paths are those of `badin.tree`, with patterns.
local kinds <const> = require "badin.kinds"

local fields = {}

local uint32 <const> = kinds.uint(0xffffffff)
local component_id <const> = kinds.list(0, 64, "\x41a")
local lists <const> = { bytes = kinds.list(1, 64, "\x41a"), uint = kinds.list(1, 64, "\0") }

-- Options of TEEP messages (draft-ietf-teep-protocol section 4): place below the option -> kind.
local options <const> = {
  token = { [""] = kinds.bytes(8, 64) },
  challenge = { [""] = kinds.bytes(8, 512) },
  versions = { [""] = lists.uint, ["/1"] = uint32 },
  selected_version = { [""] = uint32 },
  attestation_payload = { [""] = kinds.bytes() },
  attestation_payload_format = { [""] = kinds.text() },
  suit_reports = { [""] = lists.bytes, ["/1"] = kinds.bytes() },
  supported_freshness_mechanisms = { [""] = lists.uint, ["/1"] = kinds.int },
  supported_teep_cipher_suites = {
    [""] = kinds.list(1, 64, "\x81\x82\x12\x28"), ["/1"] = kinds.list(1, 64, "\x82\x12\x28"),
    ["/1/1"] = kinds.tuple("\x12", "\x28"), ["/1/1/1"] = kinds.int, ["/1/1/2"] = kinds.int,
  },
  supported_suit_cose_profiles = {
    [""] = kinds.list(1, 64, "\x84\0\0\0\0"), ["/1"] = kinds.tuple("\0", "\0", "\0", "\0"),
    ["/1/1"] = kinds.int, ["/1/2"] = kinds.int, ["/1/3"] = kinds.int, ["/1/4"] = kinds.int,
  },
  ext_list = { [""] = kinds.list(0, 64, "\0"), ["/1"] = uint32 },
  tc_list = {
    [""] = kinds.list(0, 1024, "\xa1\0\x80"), ["/2/0"] = component_id, ["/2/0/1"] = kinds.bytes(),
    ["/2"] = kinds.all(kinds.map, kinds.exactly("missing_field", "\xa0", "\xa1\1\x41a")),
    ["/2/1"] = kinds.bytes(), ["/2/2"] = kinds.bytes(), ["/2/14"] = kinds.uint64,
    ["/2/3/<<>>"] = kinds.tuple("\x2f", "\x41a"), ["/2/3/<<>>/1"] = kinds.int, ["/2/3/<<>>/2"] = kinds.bytes(),
    ["/2/3"] = kinds.others("wrong_type", "bytes"),
  },
  requested_tc_list = { [""] = kinds.list(1, 64, "\xa1\x10\x80"), ["/1"] = kinds.map },
  unneeded_manifest_list = { [""] = kinds.list(1, 64, "\x80"), ["/1"] = component_id, ["/1/1"] = kinds.bytes() },
  manifest_list = { [""] = lists.bytes, ["/1"] = kinds.bytes() },
  msg = { [""] = kinds.text(1, 128) },
  err_msg = { [""] = kinds.text(1, 128) },
  err_lang = { [""] = kinds.text(1, 35) },
  err_code = { [""] = kinds.all(kinds.int, kinds.exactly("number_out_of_range", "\0")) },
}

-- Elements beside the options.
local elements <const> = {
  ["query-request"] = {
    { "/3", options.supported_teep_cipher_suites }, { "/4", options.supported_suit_cose_profiles },
    { "/5", { [""] = kinds.all(kinds.others("wrong_type", "uint"), kinds.exactly("unsupported_extension", "\x18\x80",
      "\x1b\x80" .. ("\0"):rep(7))) } },
  },
  error = { { "/3", options.err_code } },
}

local function requested(label)
  return { ["/1/" .. label.component_id] = component_id, ["/1/" .. label.tc_manifest_sequence_number] = kinds.uint64,
    ["/1/" .. label.have_binary] = kinds.bool }
end

local function add(list, root, places)
  for place, kind in pairs(places) do list[#list + 1] = { path = root .. place, kind = kind } end
end

function fields.message(structure)
  local label <const>, list = structure.numbers.label, {}
  for option, places in pairs(options) do add(list, "/2/" .. label[option], places) end
  add(list, "/2/" .. label.requested_tc_list, requested(label))
  add(list, "/2", { [""] = kinds.map })
  for _, element in ipairs(elements[structure.message] or {}) do add(list, element[1], element[2]) end
  return list
end

-- A header of COSE (RFC 9052 section 3): algorithm protected, kid unprotected. 33 parameters are one too many.
local many = ""
for label = 1, 33 do many = many .. "\x19\1" .. string.char(label) .. "\0" end
many = "\xb8\x21" .. many
local protected <const> = kinds.all(kinds.others("bad_header", "map", "undefined"), kinds.exactly("bad_header",
  "\xa1\x41a\0", "\xa1\xf6\0", "\xa1\x80\0", "\xa1\2\x80", "\xa1\2\0", "\xa1\2\x81\x40", "\xa1\2\x81\1", "\xa1\2\x81\4"),
  kinds.exactly("critical_header", "\xa1\2\x81\2", "\xa1\2\x81\x20", "\xa1\2\x81\x63foo", "\xa2\2\x81\5\5\0"),
  kinds.exactly("limit_reached", many))
local unprotected <const> = kinds.all(kinds.others("not_cose", "map"), kinds.exactly("bad_header", "\xa1\1\x26", "\xa1\2\x81\1",
  "\xa1\xf6\0", "\xa1\x41a\0"), kinds.exactly("limit_reached", many))

local function header(list, root)
  add(list, root, {
    ["/1"] = kinds.others("not_cose", "bytes"), ["/1/<<>>"] = protected, ["/2"] = unprotected,
    ["/1/<<>>/1"] = kinds.all(kinds.others("bad_header", "uint", "nint", "text"), kinds.exactly("bad_header",
      "\x1b\x80" .. ("\0"):rep(7), "\x3b" .. ("\xff"):rep(8))),
    ["/2/4"] = kinds.others("bad_header", "bytes"),
  })
end

function fields.cose(structure)
  local root <const>, list = structure.cose, {}
  if not structure.signers then header(list, root) end
  for signer = 1, structure.signers and 2 or 0 do
    header(list, root .. "/4/" .. signer)
    add(list, root .. "/4/" .. signer, { [""] = kinds.others("not_cose"), ["/3"] = kinds.others("not_cose", "bytes") })
  end
  add(list, root, { [""] = kinds.others("not_cose"), ["/3"] = kinds.others("not_cose", "bytes", "null"),
    ["/4"] = kinds.others("not_cose", not structure.signers and "bytes" or nil) })
  return list
end

-- COSE_Key (RFC 9052 section 7): whatever is wrong, the key is.
function fields.key(structure)
  local list <const> = {}
  local beyond <const> = { "\x1b" .. ("\xff"):rep(8), "\x3b" .. ("\xff"):rep(8), "\x19\xff\xff" }
  local bad <const> = kinds.exactly("bad_key", table.unpack(beyond))
  local point <const> = kinds.bytes(32, 132, "bad_key")
  local symmetric <const> = structure.name:find "HMAC"
  add(list, "", {
    [""] = kinds.others("bad_key"),
    ["/1"] = kinds.all(kinds.others("bad_key", "uint"), kinds.exactly("bad_key", "\0", "\3", "\5"), bad),
    ["/3"] = kinds.all(kinds.others("bad_key", "uint", "nint", "text"),
      kinds.exactly("unsupported_algorithm", "\0", "\x66ESP256", table.unpack(beyond))),
    ["/-1"] = symmetric and kinds.others("bad_key", "bytes") or kinds.all(kinds.others("bad_key", "uint"), bad),
    ["/-2"] = point, ["/-3"] = point, ["/-4"] = point })
  return list
end

-- Manifest (draft-ietf-suit-manifest section 8): the fields the processor reads.
function fields.suit(structure)
  local list <const>, manifest = {}, structure.suit .. "/3/<<>>"
  local sequence <const> = kinds.all(kinds.others("wrong_type", "array"), kinds.exactly("size_out_of_range", "\x80",
    "\x81\1", "\x83\1\x0f\1"))
  local common <const> = manifest .. "/3/<<>>"
  add(list, structure.suit, { ["/2"] = kinds.others("wrong_type", "bytes"), ["/3"] = kinds.others("wrong_type", "bytes"),
    [""] = kinds.others("not_suit", "map"), ["/#0"] = kinds.others("wrong_type", "bytes") })
  add(list, manifest, {
    [""] = kinds.map, ["/1"] = kinds.all(kinds.others("wrong_type", "uint"), kinds.exactly("manifest_version", "\0", "\2")),
    ["/2"] = kinds.uint64, ["/3"] = kinds.others("wrong_type", "bytes"), ["/5"] = kinds.others("wrong_type", "array"),
    ["/5/1"] = kinds.bytes(), ["/20"] = kinds.others("wrong_type", "bytes", "array"),
    ["/24"] = kinds.others("wrong_type", "bytes"),
    ["/20/<<>>"] = sequence, ["/24/<<>>"] = sequence,
  })
  add(list, common, {
    [""] = kinds.map, ["/2"] = kinds.all(kinds.others("wrong_type", "array"), kinds.exactly("size_out_of_range", "\x80")),
    ["/2/1"] = kinds.others("wrong_type", "array"), ["/2/1/1"] = kinds.bytes(), ["/4"] = kinds.others("wrong_type", "bytes"),
    ["/4/<<>>"] = sequence, ["/4/<<>>/2"] = kinds.map, ["/4/<<>>/2/1"] = kinds.bytes(16, 16),
    ["/4/<<>>/2/2"] = kinds.bytes(16, 16),
    ["/4/<<>>/2/14"] = kinds.others("wrong_type", "uint"), ["/4/<<>>/2/3/<<>>"] = kinds.others("wrong_type", "array"),
    ["/4/<<>>/1"] = kinds.all(kinds.others("wrong_type", "uint", "nint"),
      kinds.exactly("command_unsupported", "\x18\x63", "\x38\x63")),
  })
  return list
end

return fields
