-- A newer version. Devices fetch it by its URI to a staging place first, and copy it when all of it has
-- arrived. Its text is for people; it travels outside of the manifest, so that devices need not store it.
return {
  manifest = "hello/manifest", -- the one of install.lua, which it replaces
  sequence_number = 2,
  version = "2.0.0",
  reference_uri = "https://files.example/hello.suit",
  vendor = "c0ddd5f1-5243-5660-87db-4f5b0aa26c2f",
  class = "db42f709-3d8c-55ba-a8c5-265fc5820f4e",
  components = {
    { id = "hello", payload = "hello-2.ta", uri = "https://files.example/hello-2.ta", staging = "hello/new" },
  },
  text = { en = {
    update_description = "Greets with more words.",
    components = { { id = "hello", vendor_name = "TEEP Example", component_version = "2.0.0" } },
  } },
  severed = { "payload_fetch", "text" },
}
