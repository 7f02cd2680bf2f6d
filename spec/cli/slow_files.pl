#!/usr/bin/perl
# A file server that stops in the middle: it sends the first PART bytes of what is asked for, and the rest
# when the file GO is there. Prints its port, then the offset each request asks for.
#   slow_files.pl PORT FILE PART GO
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $file, $part, $go) = @ARGV;
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 5, ReuseAddr => 1)
  or die "port $port: $@";
$| = 1;
$SIG{PIPE} = 'IGNORE';
print 'port=', $server->sockport, "\n";

# False when the client has gone away.
sub wait_for_go {
  my ($client) = @_;
  until (-e $go) {
    my $bits = '';
    vec($bits, fileno($client), 1) = 1;
    return 0 if select($bits, undef, undef, 0.02) && !sysread($client, my $more, 1);
  }
  return 1;
}

while (my $client = $server->accept) {
  my $head = '';
  while ($head !~ /\r\n\r\n/ && sysread($client, my $more, 4096)) { $head .= $more }
  my $offset = $head =~ /^Range: bytes=(\d+)-\r$/mi ? $1 : 0;
  print "offset=$offset\n";
  open(my $handle, '<:raw', $file) or die "$file: $!";
  my $bytes = do { local $/; <$handle> };
  my $size = length $bytes;
  my $rest = substr($bytes, $offset);
  my $range = $offset ? "Content-Range: bytes $offset-" . ($size - 1) . "/$size\r\n" : '';
  syswrite($client, 'HTTP/1.1 ' . ($offset ? '206 Partial Content' : '200 OK') . "\r\n$range" .
    'Content-Length: ' . length($rest) . "\r\nConnection: close\r\n\r\n" . substr($rest, 0, $part));
  if (length($rest) > $part && wait_for_go($client)) {
    print {$client} substr($rest, $part);
    $client->flush;
  }
  close $client;
}
