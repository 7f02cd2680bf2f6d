-- Every device runs one release of one manifest, whatever it asks for.
return {
  api = 1, name = "pinned_release", version = "1.0.0",
  summary = "Keep every device on one release of one manifest.",
  config = {
    manifest = { type = "string" },
    sequence_number = { type = "integer" },
  },

  query = function() return ask { trusted_components = true } end,

  plan = function(facts, config)
    for _, tc in ipairs(facts.tc_list) do
      local same <const> = tc.manifest == config.manifest and tc.sequence_number == config.sequence_number
      if same then return nothing() end
    end
    return update { install = { { id = config.manifest, sequence_number = config.sequence_number } } }
  end,

  settle = function() return accept() end,
}
