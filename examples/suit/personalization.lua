-- Data of one device for a component that has a manifest of its own. The data is small and stands in the
-- manifest; the component is a dependency: it is installed before, and goes when nothing depends on it.
return {
  manifest = "hello/config/manifest",
  sequence_number = 1,
  vendor = "c0ddd5f1-5243-5660-87db-4f5b0aa26c2f",
  class = "db42f709-3d8c-55ba-a8c5-265fc5820f4e",
  components = { { id = "hello/config.json", payload = "config.json", inline = true } },
  dependencies = { { envelope = "hello.suit" } }, -- install.lua, created and signed
}
