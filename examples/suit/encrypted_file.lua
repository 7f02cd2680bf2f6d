-- A component encrypted before, whose ciphertext lies on a file server:
--   teep suit encrypt hello.ta --recipient device.pub -o hello.enc --info hello.info
return {
  manifest = "secret/manifest",
  sequence_number = 2,
  vendor = "c0ddd5f1-5243-5660-87db-4f5b0aa26c2f",
  class = "db42f709-3d8c-55ba-a8c5-265fc5820f4e",
  components = { {
    id = "secret", payload = "hello.ta", -- what it is once decrypted; it stays here
    uri = "https://files.example/hello.enc",
    encryption = { info = "hello.info", ciphertext = "hello.enc" },
  } },
}
