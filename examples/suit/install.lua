-- One Trusted Component with its payload in the envelope: the least a manifest needs.
return {
  manifest = "hello/manifest", -- the same for every version of it
  sequence_number = 1, -- higher for newer
  vendor = "c0ddd5f1-5243-5660-87db-4f5b0aa26c2f", -- devices of this vendor and class take it, no others
  class = "db42f709-3d8c-55ba-a8c5-265fc5820f4e",
  components = { { id = "hello", payload = "hello.ta" } },
}
