-- Two images of the same component, each linked for its slot: a device takes the one for the slot that it
-- would write now.
return {
  manifest = "firmware/manifest",
  sequence_number = 1,
  vendor = "c0ddd5f1-5243-5660-87db-4f5b0aa26c2f",
  class = "db42f709-3d8c-55ba-a8c5-265fc5820f4e",
  components = { {
    id = "firmware",
    slots = { { slot = 0, payload = "slot-a.bin" }, { slot = 1, payload = "slot-b.bin" } },
  } },
}
