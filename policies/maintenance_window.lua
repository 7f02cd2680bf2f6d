-- Put it before another policy: outside of these hours (UTC) every change waits.
return {
  api = 1, name = "maintenance_window", version = "1.0.0",
  summary = "Change devices only between two full hours, UTC.",
  config = {
    from = { type = "integer", default = 2 },
    till = { type = "integer", default = 5 },
  },

  plan = function(facts, config)
    local DAY <const>, HOUR <const> = 86400, 3600
    local since_opening <const> = (facts.now - config.from * HOUR) % DAY
    if since_opening < (config.till - config.from) * HOUR % DAY then return nothing() end
    return retry { after = DAY - since_opening }
  end,
}
