-- The examples of the SUIT drafts, byte for byte: manifest (signed with ES256) and trust domains (ESP256).
local component_id <const> = require "teep.component_id"
local suit <const> = require "teep.suit"
local vectors <const> = require "fixtures.suit_vectors"
local world <const> = require "fixtures.suit_world"

local device <const> = {
  vendor_identifier = vectors.unhex "FA6B4A53D5AD5FDFBE9DE663E4D41FFE",
  class_identifier = vectors.unhex "1492AF1425695E48BF429B2D51F2AB45",
}

-- The images of the examples exist as sizes and digests only.
local first <const>, second <const> = ("1"):rep(34768), ("2"):rep(76834)
local digests <const> = {
  [first] = vectors.unhex "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210",
  [second] = vectors.unhex "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff",
}

local function verify(bytes, algorithm)
  return suit.verify(bytes, { keys = { vectors.signer(algorithm) }, algorithms = { algorithm } })
end

local function with_example(name, description, fn)
  local list <const> = vectors.envelopes(name)
  if not list then return pending(description .. " - " .. vectors.absent) end
  it(name .. " " .. description, function()
    fn(assert(verify(list[2], "ES256")), list)
  end)
end

describe("examples of the manifest draft:", function()
  local function run(verified, back_end, options)
    local txn <const> = back_end:txn()
    local given <const> = { procedure = "update", driver = back_end, txn = txn, device = device }
    for name, value in pairs(options or {}) do given[name] = value end
    local outcome <const> = suit.process(verified, given)
    if outcome.ok then txn:commit() end
    return outcome
  end

  local function serve(files)
    return function(uri, _, sink)
      if not files[uri] then return nil, "no such file", "not_found" end
      return sink(files[uri])
    end
  end

  for i = 0, 5 do
    with_example("example" .. i, "is refused unsigned, and signed by an algorithm not asked for (S-003, P-24)",
      function(_, list)
        for _, bytes in ipairs{ list[1], list[2] } do
          local verified <const>, _, code = verify(bytes, "ESP256")
          assert.same({ nil, "unauthorised" }, { verified, code })
        end
      end)
  end

  with_example("example0", "boots the image that is there, and no other (S-050)", function(verified)
    local back_end <const> = world.new({ ["%00"] = first }, digests)
    local outcome = run(verified, back_end, { procedure = "invocation" })
    assert.is_true(outcome.ok, outcome.message)
    assert.same({ { component_id = { "\0" } } }, outcome.invocations)
    assert.is_true(run(verified, back_end).ok)
    outcome = run(verified, world.new({ ["%00"] = second }, digests), { procedure = "invocation" })
    assert.same({ "condition_failed", 10, 7 }, { outcome.code, outcome.reason, outcome.failure.section })
    assert.same({}, outcome.invocations)
    assert.equal("condition_failed", run(verified, world.new()).code)
  end)

  with_example("example1", "downloads and installs", function(verified)
    local back_end <const> = world.new(nil, digests)
    local outcome = run(verified, back_end, { fetch = serve{ ["http://example.com/file.bin"] = first } })
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(first, back_end.contents["%00"])
    outcome = run(verified, back_end, { fetch = serve{ ["http://example.com/file.bin"] = second } })
    assert.equal(11, outcome.reason)
    assert.equal(first, back_end.contents["%00"])
  end)

  with_example("example2", "needs the install section that was severed (S-032)", function(severed, list)
    local options <const> = { fetch = serve{ ["http://example.com/very/long/path/to/file/file.bin"] = first } }
    local outcome = run(severed, world.new(nil, digests), options)
    assert.same({ "severed_member", 11 }, { outcome.code, outcome.reason })
    assert.is_true(run(severed, world.new({ ["%00"] = first }, digests), { procedure = "invocation" }).ok)
    local whole <const> = assert(verify(list[3], "ES256"))
    assert.equal(severed.digest.bytes, whole.digest.bytes)
    assert.matches("https://git.io", whole.reference_uri, 1, true)
    local back_end <const> = world.new(nil, digests)
    assert.is_true(run(whole, back_end, options).ok)
    assert.equal(first, back_end.contents["%00"])
  end)

  with_example("example3", "chooses between two slots by try-each", function(verified)
    local files <const> = { ["http://example.com/file1.bin"] = first, ["http://example.com/file2.bin"] = second }
    for slot, image in pairs{ [0] = first, [1] = second } do
      local back_end <const> = world.new(nil, digests)
      local outcome = run(verified, back_end, {
        fetch = serve(files), device = {
          vendor_identifier = device.vendor_identifier, class_identifier = device.class_identifier,
          slot = function(id)
            assert.equal("%00", component_id.format(id))
            return slot
          end,
        },
      })
      assert.is_true(outcome.ok, outcome.message)
      assert.equal(image, back_end.contents["%00"])
    end
    assert.equal("command_unsupported", run(verified, world.new(), { fetch = serve(files) }).code)
  end)

  -- What is loaded is to have another digest than what it is copied from, so that no image can do.
  with_example("example4", "fetches and copies into place, and does not start another image (S-048, S-019)",
    function(verified)
      local back_end <const> = world.new(nil, digests)
      local outcome = run(verified, back_end, { fetch = serve{ ["http://example.com/file.bin"] = second } })
      assert.equal("condition_failed", outcome.code)
      assert.same({}, back_end.contents)
      outcome = run(verified, back_end, { fetch = serve{ ["http://example.com/file.bin"] = first } })
      assert.is_true(outcome.ok, outcome.message)
      assert.same({ ["%00"] = first, ["%02"] = first }, back_end.contents)
      outcome = run(verified, back_end, { procedure = "invocation" })
      assert.same({ "condition_failed", 8 }, { outcome.code, outcome.failure.section })
      assert.same({}, outcome.invocations)
    end)

  with_example("example5", "installs two components", function(verified)
    local back_end <const> = world.new(nil, digests)
    local outcome = run(verified, back_end, {
      fetch = serve{ ["http://example.com/file1.bin"] = first, ["http://example.com/file2.bin"] = second },
    })
    assert.is_true(outcome.ok, outcome.message)
    assert.same({ ["%00"] = first, ["%01"] = second }, back_end.contents)
    assert.is_true(run(verified, back_end, { procedure = "invocation" }).ok)
  end)
end)

describe("examples of trust domains:", function()
  local function with_file(name, description, fn)
    local bytes <const> = vectors.hex("trust-domains/" .. name .. ".hex")
    if not bytes then return pending(description .. " - " .. vectors.absent) end
    it(name .. " " .. description, function() fn(bytes, assert(verify(bytes, "ESP256"))) end)
  end

  local function run(verified, back_end, options)
    local txn <const> = back_end:txn()
    local given <const> = { procedure = "update", driver = back_end, txn = txn, device = device }
    for name, value in pairs(options or {}) do given[name] = value end
    local outcome <const> = suit.process(verified, given)
    if outcome.ok then txn:commit() end
    return outcome
  end

  local installed <const> = { ["00"] = "hello world", ["10"] = " in multiple trust domains" }

  with_file("example0_dependent", "is a manifest of its own", function(_, verified)
    local back_end <const> = world.new()
    assert.is_true(run(verified, back_end).ok)
    assert.same({ ["00"] = "hello world" }, back_end.contents)
    local outcome = run(verified, back_end, { procedure = "invocation" })
    assert.same({ { component_id = { "00" }, arguments = "cat 00" } }, outcome.invocations)
  end)

  local dependent <const> = vectors.hex "trust-domains/example0_dependent.hex"

  with_file("example1_process", "fetches, checks and processes its dependency (S-060, P-01, P-02)", function(_, verified)
    local back_end <const> = world.new()
    local outcome = run(verified, back_end, {
      fetch = function(uri, _, sink)
        assert.equal("http://example.com/dependent.suit", uri)
        return sink(dependent)
      end,
    })
    assert.is_true(outcome.ok, outcome.message)
    assert.same(installed, back_end.contents)
    assert.same({ "dependent.suit" }, outcome.dependencies[1].component_id)
  end)

  with_file("example1_process", "invokes only by itself, which strictly is not enough (P-04, S-063)", function(_, verified)
    local options <const> = { procedure = "invocation", dependency = function() return dependent end }
    local outcome = run(verified, world.new(installed), options)
    assert.is_false(outcome.ok)
    options.rules = { lenient_completeness = true }
    outcome = run(verified, world.new(installed), options)
    assert.is_true(outcome.ok, outcome.message)
    assert.same({ { component_id = { "10" }, arguments = "cat 00 10" } }, outcome.invocations)
    assert.equal(1, #outcome.warnings)
  end)

  with_file("example2_integrated", "leaves out dependency-integrity, which has to be allowed (P-03, S-069)",
    function(_, verified)
      local back_end <const> = world.new()
      assert.equal("dependency_unchecked", run(verified, back_end).code)
      assert.same({}, back_end.contents)
      local outcome = run(verified, back_end, { rules = { lenient_integrity = true } })
      assert.is_true(outcome.ok, outcome.message)
      assert.same(installed, back_end.contents)
    end)

  for _, name in ipairs{ "example0_dependent", "example1_process", "example2_integrated" } do
    with_file(name, "is refused when any bit of it is flipped (S-001)", function(bytes)
      for at = 1, #bytes do
        local flipped <const> = string.char(bytes:byte(at) ~ (1 << (at % 8)))
        local altered <const> = verify(bytes:sub(1, at - 1) .. flipped .. bytes:sub(at + 1), "ESP256")
        local outcome <const> = altered and run(altered, world.new(), {
          fetch = function(_, _, sink) return sink(dependent) end,
          rules = { lenient_integrity = true },
        })
        assert.is_false(outcome and outcome.ok or false, "byte " .. at)
      end
    end)
  end
end)
