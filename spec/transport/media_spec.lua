local media = require "teep.transport.media"

describe("media types", function()
  it("refuses an Accept field that leaves TEEP out (T-160)", function()
    for _, accept in ipairs {
      "text/html", "application/cbor, text/*", "application/teep+cbor;q=0", "*/*;q=0", "application/*; q=0.0",
      "application/teep+cbor;q=0, */*", "application/*;q=0, */*;q=1", "application/teep+cbor ; Q = 0",
      "application/teep+cbor;q=x", "application/teep", "application/teep+cborx", "/", ",",
    } do
      assert.is_false(media.accepts(accept), accept)
    end
  end)

  it("accepts TEEP by name, by range, and when nothing is said", function()
    for _, accept in ipairs {
      "application/teep+cbor", "Application/TEEP+CBOR", "*/*", "application/*", "", " ",
      "text/html, application/teep+cbor;q=0.001", "*/*;q=0, application/teep+cbor", "text/html,*/*;q=0.1",
      "application/teep+cbor;v=1;q=1.0", "application/*;q=0, application/teep+cbor",
    } do
      assert.is_true(media.accepts(accept), accept)
    end
    assert.is_true(media.accepts(nil))
  end)

  it("knows the Content-Type of TEEP, whatever its parameters (T-159)", function()
    for _, other in ipairs { "", "text/plain", "application/cbor", "application/teep+cborx", ";application/teep+cbor" } do
      assert.is_false(media.is_teep(other), other)
    end
    assert.is_false(media.is_teep(nil))
    for _, same in ipairs { "application/teep+cbor", "APPLICATION/teep+cbor", "application/teep+cbor; v=1" } do
      assert.is_true(media.is_teep(same), same)
    end
  end)
end)
