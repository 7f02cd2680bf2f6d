--- What mutated cases are made of: ordinary values, values at borders, and values that have no place there.
local encode <const> = require "fuzz.suit.encode"
local hex <const> = require("teep.hex").decode

local vocabulary = {}

local function item(bytes) return { item = bytes } end
local text <const>, bytes <const>, int <const>, array <const>, map <const> =
  encode.text, encode.bytes, encode.int, encode.array, encode.map

--- Names of components, of the two dependencies, and of nobody.
vocabulary.names = { "a", "b", "c", "a", "b", "child", "grand", "root", "", { "a", "b" }, {}, { "" }, ("n"):rep(257) }

--- Numbers at borders.
vocabulary.numbers = {
  0, 1, 2, 3, 4, 5, 23, 24, 31, 32, 33, 63, 64, 65, 255, 256, 65535, 65536, 1 << 32, math.maxinteger, -1, -2, -25,
  math.mininteger,
}

--- Items of every type.
vocabulary.items = {
  item "\xf6", item "\xf7", item "\xf5", item "\xf4", item "\x80", item "\xa0", item "\x40", item "\x60", item "\x00",
  item "\x20", item "\xf9\x3c\x00", item "\xc1\x00", item(text "\27[2J\r\n"), item "\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
  item "\x3b\xff\xff\xff\xff\xff\xff\xff\xff", item "\x41\x80", item "\x41\xff", item "\x81\x00", item "\x82\x00\x00",
  item "\xa1\x00\x00", item "\xf0", item "\x18\x00", item "\x9f\xff", item "\xff", item "\x61\xff", item "\xd8\x70\x40",
  item "\xa1\x00\xa0", item "\xa1\x01\x81\x03", item "\xa1\x61\x1b\x00", item "\x43\x82\x0e\x00",
}

local function wrapped(...) return item(bytes(array{ ... })) end

local function events(...) return item(bytes(map{ ... })) end

-- By AES-GCM and AES-CTR under the key encryption key of the examples; both hold `xy`.
local gcm <const>, ctr <const> = hex("d8608443a10101a1054c59223eb61c0dd8445e3453f0f6818340a2012204456b69642d3158182c"
  .. "eb5d6d2b7de10c1312983cb02e2f9ee0d457482f560525"), hex("d8608440a20139fffd05504bdf3cff66525e0f28dfbc64c90bcc81f68"
  .. "18340a2012204456b69642d315818bfb351ad42a91251203d96087e45803e748f441b0ffb4fbf")
local gcm_content <const>, ctr_content <const> = hex "9dfbe07484e91079b75c3e79776284ead2b4", hex "d68f"

local V <const>, C <const>, D <const> = ("v"):rep(16), ("c"):rep(16), ("d"):rep(16)

--- Values of parameters by name.
vocabulary.values = {
  { "content", { "", "x", "y", "xy", "xyz", gcm_content, ctr_content, ("z"):rep(300) } },
  { "uri", { "#x", "#y", "#xyz", "#none", "far", "none", "#child", "#grand", "", ("u"):rep(2049), "gcm", "ctr", "large",
    "#\27[2J", "\27[2J" } },
  { "image_size", { 0, 1, 2, 3, 18, 300, math.maxinteger, item "\x20" } },
  { "image_digest", {
    "", "x", "y", "xy", "xyz", "child", "child", "grand", gcm_content, item "\x40", item "\x42\x81\x2f",
    item(bytes(array{ int(-44), bytes(("s"):rep(64)) })), item(bytes(array{ int(-16), bytes "short" })),
    item(bytes(array{ int(-99), bytes "" })),
  } },
  { "source_component", { 0, 1, 2, 3, 5, 33 } },
  { "component_slot", { 0, 1, 2, 99 } },
  { "soft_failure", { true, false } },
  { "strict_order", { true, false } },
  { "vendor_identifier", { V, V, C, item("\xd8\x70" .. bytes "pen"), "short" } },
  { "class_identifier", { C, C, V } },
  { "device_identifier", { D, V } },
  { "use_before", { 0, 1000, 1001, item "\x1b\xff\xff\xff\xff\xff\xff\xff\xff" } },
  { "minimum_battery", { 0, 50, 51, math.maxinteger } },
  { "update_priority", { 0, 1, -1, math.mininteger } },
  { "invoke_args", { "", "arguments" } },
  { "encryption_info", {
    gcm, ctr, "", "\xd8\x60\x80", gcm:sub(1, -2), (gcm:gsub("kid%-1", "kid-2")), "\xd8\x60\x84\x40\xa0\xf6\x80",
  } },
  { "version", {
    wrapped(int(1), array{ int(1) }), wrapped(int(2), array{ int(1), int(2) }), wrapped(int(3), array{ int(1), int(2), int(0) }),
    wrapped(int(4), array{ int(1), int(3) }), wrapped(int(5), array{ int(1), int(2), int(-1) }), wrapped(int(6), array{ int(1) }),
    wrapped(int(1), array{}),
  } },
  { "wait_info", {
    events{ int(1), int(1) }, events{ int(2), int(0) }, events{ int(3), int(9) }, events{ int(4), array{ bytes(D) } },
    events({ int(5), int(100) }, { int(6), int(1) }), events({ int(7), int(1) }, { int(8), int(1) }), events{ int(9), int(1) },
    events(), events{ int(99), int(0) }, events{ text "\27[2J", int(0) },
  } },
  { "component_metadata", {
    events{ int(1), int(7) }, events{ int(2), map{ { bytes "me", int(6) } } }, events{ int(5), int(1) },
    events{ int(6), "\xc1" .. int(5) }, events{ int(8), text "me" }, events{ int(99), int(0) },
    events{ int(8), "\xd8\x25" .. bytes(D) },
  } },
  { 99, { 0, "x" } }, { 25, { "", item "\xa0" } }, { "\27[2J", { 0 } }, { -7, { item "\xf6" } },
}

--- What the network has.
vocabulary.network = { far = "xy", gcm = gcm_content, ctr = ctr_content, large = ("l"):rep(70000) }

--- Codes of commands; what is often of use comes often.
vocabulary.codes = {
  18, 18, 18, 21, 21, 22, 31, 33, 3, 3, 25, 6, 14, 5, 8, 7, 7, 11, 11, 1, 2, 4, 23, 24, 26, 27, 28, 29, 12, 12, 12, 15,
  15, 32, 32, 19, 20, 20, 20, 34, 35, 99, -1, 9, 30, math.maxinteger,
}

--- Parameter names for copy-params.
vocabulary.copied = {
  "content", "uri", "image_size", "source_component", "image_digest", "encryption_info", "strict_order", 99, -1,
  "component_metadata", "version",
}

--- Labels of sections; of the fields of a manifest, those of outdated drafts included; what may stand there.
vocabulary.sections = { 7, 8, 9, 15, 16, 18, 20, 24 }
vocabulary.fields = { 1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 17, 23, 99, -1 }
vocabulary.field_values = {
  false, 0, 1, 2, 3, "x", item(text "http://reference"), item(array{}), item(array{ bytes "child" }), item "\xf6",
  item(array{ bytes "root" }), item(array{ int(-16), bytes(("s"):rep(32)) }), item "\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
  item(bytes(map{})), item(bytes "\xff"),
}

--- What a host may be: what it lacks, its rules and limits.
vocabulary.abilities = {
  "device_identifier", "clock", "slot", "battery", "authorized", "version", "wait", "metadata", "decrypt", "fetch", "keep",
  "current", "dependency",
}
vocabulary.rules = {
  "lenient_completeness", "lenient_integrity", "lenient_unknown", "exhausted_aborts", "identity_checks", "decrypt_on_fetch",
  "merge_rights",
}
vocabulary.limits = {
  { "components", { 1, 2 } }, { "commands", { 2, 4 } }, { "nesting", { 0, 1, 2 } }, { "branches", { 2 } },
  { "steps", { 1, 3, 6, 12, 24 } }, { "dependencies", { 0, 1 } }, { "dependency_depth", { 0, 1 } },
  { "integrated_payloads", { 3 } }, { "uri_bytes", { 2, 5 } }, { "payload_bytes", { 0, 1, 2 } },
  { "work_bytes", { 0, 1, 2, 3, 6, 300 } },
  { "buffered_bytes", { 0, 1, 3, 500 } }, { "records", { 0, 1, 2 } }, { "segments", { 0, 1 } }, { "segment_bytes", { 0, 1 } },
  { "manifest_bytes", { 100 } }, { "wait_seconds", { 0 } },
}
vocabulary.rights = {
  { modify = { {} } }, { modify = { { "a" }, { "root" } }, read = { {} } }, { read = { {} } }, {},
  { modify = { {} }, commands = { 12, 20, 18 } }, { modify = { {} }, parameters = { 18, 3 } },
  { modify = { { "a" }, { "root" }, { "child" } }, read = { { "b" } }, commands = { 12, 18, 20, 22, 31 } },
}
vocabulary.procedures = { "update", "update", "uninstall", "invocation" }

--- Bytes that replace others.
vocabulary.insertions = {
  "", "\0", "\xff", "\x18", "\x1b", "\x40", "\x58", "\x80", "\x9f", "\xa0", "\xbf", "\xc1", "\xd8\x6b", "\xf6", "\xf8\xff",
  "\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
}

return vocabulary
