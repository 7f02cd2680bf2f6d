-- Components that belong together: this manifest installs none itself, it names the manifests of the others.
-- One stands in the envelope, the other is fetched.
return {
  manifest = "suite/manifest",
  sequence_number = 1,
  dependencies = {
    { envelope = "hello.suit" },
    { envelope = "firmware.suit", uri = "https://files.example/firmware.suit" },
  },
}
