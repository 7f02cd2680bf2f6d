-- A component that only its recipients can read. Its bytes are encrypted when the envelope is made, under a
-- new key each time: to have the same bytes again, encrypt once with "teep suit encrypt" and name what it
-- wrote, as encrypted_file.lua does.
return {
  manifest = "secret/manifest",
  sequence_number = 1,
  vendor = "c0ddd5f1-5243-5660-87db-4f5b0aa26c2f",
  class = "db42f709-3d8c-55ba-a8c5-265fc5820f4e",
  components = { {
    id = "secret", payload = "hello.ta",
    encryption = { algorithm = "A128GCM", recipients = { "device.pub" } },
  } },
}
