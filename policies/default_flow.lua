-- How this device meets its TAM: connect, exchange messages until nobody has more to say, and try
-- again after a while when the network fails.
local function run(session)
  local attempt, reason = 0
  repeat
    local connection, more
    connection, reason = connect(choose_tam(session))
    if connection then
      repeat more, reason = exchange(connection) until not more
      if more == false then return true end
    end
    attempt = attempt + 1
  until not retry(attempt)
  return nil, reason
end

-- How it brings a payload by URI: as long as something arrives, a broken line costs the wait only.
local function bring(download)
  local attempt, before, done, reason = 0
  repeat
    before = download.received
    done, reason = fetch(download)
    attempt = download.received > before and 1 or attempt + 1
  until done or not retry(attempt)
  return done, reason
end

return {
  api = 1,
  name = "default_flow",
  version = "1.1.0",
  summary = "Relay messages until nobody has more to say; retry with back-off",
  run = run,
  fetch = bring,
}
