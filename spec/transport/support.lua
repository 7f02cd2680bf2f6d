-- What the transport specs share: waiting with a running loop, and a raw TCP client (bash's /dev/tcp)
-- for what no well-behaved client sends.
local lfs = require "lfs"

local support = {}

-- Step the loop until `done()` is true; fail after `seconds` (10).
function support.wait(loop, done, seconds)
  local expired = false
  local guard = loop:timer(seconds or 10, function() expired = true end)
  while not done() do
    if expired then error("nothing came of it in time", 2) end
    loop:step()
  end
  guard:cancel()
end

-- Count the turns of the loop from now on: a spinning loop does ten thousands in a second.
function support.count_steps(loop)
  local count, step = 0, loop.step
  loop.step = function(self)
    count = count + 1
    return step(self)
  end
  return function() return count end
end

local function read_file(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local content = file:read "a"
  file:close()
  return content
end

local function write_file(path, content)
  local file = assert(io.open(path, "wb"))
  file:write(content)
  file:close()
end

-- Run a shell command beside the loop, with `files` in $folder named by their number; returns what it
-- printed and its exit status. When `enough` is given and true for what was printed so far, the file
-- $folder/stop appears.
function support.shell(loop, script, files, enough)
  local folder = os.tmpname()
  os.remove(folder)
  assert(lfs.mkdir(folder))
  for number, content in pairs(files or {}) do write_file(folder .. "/" .. number, content) end
  write_file(folder .. "/script", script)
  os.execute(([[export folder=%s
    (bash $folder/script >$folder/out 2>$folder/err </dev/null
     echo $? >$folder/status.new; mv $folder/status.new $folder/status) &]]):format(folder))
  local status
  local function tick()
    status = read_file(folder .. "/status")
    if status then return end
    if enough and enough(read_file(folder .. "/out") or "") then write_file(folder .. "/stop", "") end
    loop:timer(0.01, tick)
  end
  tick()
  support.wait(loop, function() return status end)
  local printed = read_file(folder .. "/out")
  os.execute("rm -r " .. folder)
  return printed, tonumber(status)
end

local await_head <const> = [[while IFS= read -r line <&3; do echo "$line"; [ "$line" = $'\r' ] && break; done]]

-- Send the pieces with a pause between them (`true`: wait for the header of the answer), return
-- everything the server sends until it closes (or until 5 seconds have passed, or `enough(sent)`).
function support.raw(loop, port, pieces, enough)
  local lines, files = { ("exec 3<>/dev/tcp/127.0.0.1/%d || exit 1"):format(port) }, {}
  for i, piece in ipairs(pieces) do
    if piece == true then
      table.insert(lines, await_head)
    else
      files[i] = piece
      table.insert(lines, (i > 1 and "sleep 0.05; " or "") .. ("cat $folder/%d >&3"):format(i))
    end
  end
  lines[#lines + 1] = [[
cat <&3 & reader=$!
for turn in {1..250}; do
  kill -0 $reader && [ ! -e $folder/stop ] || break
  sleep 0.02
done 2>/dev/null
kill $reader 2>/dev/null
wait]]
  return support.shell(loop, table.concat(lines, "\n"), files, enough)
end

-- A WebSocket handshake; `fields` replaces (or with false removes) header fields.
function support.handshake(fields, path)
  local all = {
    Host = "localhost", Upgrade = "websocket", Connection = "Upgrade",
    ["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ==", ["Sec-WebSocket-Version"] = "13",
    ["Sec-WebSocket-Protocol"] = "v0.teep.cbor",
  }
  for name, value in pairs(fields or {}) do all[name] = value or nil end
  local lines = { ("GET %s HTTP/1.1"):format(path or "/teep") }
  for name, value in pairs(all) do lines[#lines + 1] = name .. ": " .. value end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

-- A client frame (RFC 6455, section 5.2) with masking key 0; `announced` replaces the true length.
function support.frame(opcode, payload, final, announced)
  local size = announced or #payload
  local head = string.char((final == false and 0 or 0x80) | opcode)
  if size < 126 then
    head = head .. string.char(0x80 | size)
  elseif size < 65536 then
    head = head .. string.pack(">BI2", 0x80 | 126, size)
  else
    head = head .. string.pack(">BI8", 0x80 | 127, size)
  end
  return head .. "\0\0\0\0" .. payload
end

local function octal(bytes)
  return (bytes:gsub(".", function(byte) return ("\\%03o"):format(byte:byte()) end))
end

-- A server that answers one request with just these bytes, then closes, or waits for the client to close
-- (`stays`). On its output: its port, then the header it got. In Perl, which every Debian has.
function support.careless_server(bytes, stays)
  return assert(io.popen(([[exec perl -MIO::Socket -e '
    $| = 1;
    my $listener = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
    print $listener->sockport, "\n";
    alarm 10;
    my $peer = $listener->accept;
    my $length = 0;
    while (<$peer>) { print; $length = $1 if /^content-length: *(\d+)/i; last if /^\r?$/ }
    read $peer, my $body, $length;
    print $peer "%s";
    if (%d) { 1 while <$peer> }']]):format(octal(bytes), stays and 1 or 0)))
end

-- An HTTP answer for it; `announced` replaces the true length.
function support.answer(status, fields, body, announced)
  body = body or ""
  return ("HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s"):format(status, fields or "", announced or #body, body)
end

-- A server of `size` bytes in a process of its own, for a number of requests: each answer ends after
-- `cut` bytes.
function support.payload_server(size, requests, cut)
  return assert(io.popen(([[exec perl -MIO::Socket -e '
    $| = 1;
    $SIG{PIPE} = "IGNORE";
    alarm 60;
    my ($size, $requests, $cut) = (%d, %d, %d);
    my $listener = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
    print $listener->sockport, "\n";
    my $block = "0123456789abcdef" x 4096;
    while ($requests-- > 0) {
      my $peer = $listener->accept;
      my $first = 0;
      while (<$peer>) { $first = $1 if /^range: bytes=(\d+)-\r?$/i; last if /^\r?$/ }
      my $left = $size - $first;
      print $peer "HTTP/1.1 ", $first ? "206 Part" : "200 OK", "\r\nContent-Length: $left\r\n";
      printf $peer "Content-Range: bytes %%d-%%d/%%d\r\n", $first, $size - 1, $size if $first;
      print $peer "\r\n";
      $left = $cut if $left > $cut;
      while ($left > 0) {
        my $part = substr $block, $first %% 65536, $left;
        print $peer $part or last;
        $first += length $part;
        $left -= length $part;
      }
    }']]):format(size, requests, cut)))
end

-- The status of an HTTP answer.
function support.status(answer) return tonumber(answer:match "^HTTP/1%.1 (%d+)") end

-- The code of the close frame in what a server sent, behind the header.
function support.close_code(answer)
  local head, from = answer:match "^(HTTP/1%.1 101.-\r\n\r\n)()"
  if not head then return nil end
  while from <= #answer do
    local first, size = answer:byte(from, from + 1)
    if first == 0x88 then return size >= 2 and string.unpack(">I2", answer, from + 2) or nil end
    if size == 126 then size, from = string.unpack(">I2", answer, from + 2) + 2, from end
    from = from + 2 + size
  end
  return nil
end

-- Shake hands, send the pieces, return the code the server closes with.
function support.closes_with(loop, port, pieces)
  local all = { support.handshake(), true, table.unpack(pieces) }
  return support.close_code((support.raw(loop, port, all, support.close_code)))
end

return support
