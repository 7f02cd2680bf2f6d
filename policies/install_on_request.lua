-- The newest approved manifest for everything a device asks for; what it needs no more goes away.
local function approved(manifest, wanted)
  return manifest and not math.ult(manifest.sequence_number, wanted.tc_manifest_sequence_number or 0)
end

return {
  api = 1, name = "install_on_request", version = "1.1.0",
  summary = "Install what a device requests, remove what it no longer needs.",

  query = function() return ask { trusted_components = true } end,

  plan = function(facts)
    local newest <const>, chosen <const>, install <const> = {}, {}, {}
    for _, manifest in ipairs(facts.manifests) do -- oldest first
      for _, component in ipairs(manifest.components) do newest[component] = manifest end
    end
    for _, wanted in ipairs(facts.requested_tc_list) do
      local manifest <const> = newest[wanted.component_id]
      if approved(manifest, wanted) and not chosen[manifest.id] then
        chosen[manifest.id] = true
        table.insert(install, manifest)
      end
    end
    if #install + #facts.unneeded_manifest_list == 0 then return nothing() end
    return update { install = install, remove = facts.unneeded_manifest_list }
  end,

  settle = function(facts)
    -- The device has tried several times itself; it comes back, and what it lacks then is decided anew.
    if facts.err_code == "temporary_error" then return retry { after = 60 } end
    return accept()
  end,
}
