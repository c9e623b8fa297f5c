# What the devices' verify.sh scripts share. Sourced on the lab side; every tool is someone else's.
# Each measurement prints one line: id, tabulator, value. Guesses are bounded by what the script writes out.
set -uo pipefail
DIRECTORY=${1:?folder of the running device}
A=10.78.0.2 A6=fd78::2 LAB=10.78.0.1 SECOND=10.78.0.3
WORK=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null; rm -rf "$WORK"' EXIT

say() { printf '%s\t%s\n' "$1" "$2"; }

# open TCP ports, in order; $1 is -4 or -6
tcp() { timeout 120 nmap -n -Pn -sS -p- --min-rate 3000 --max-retries 2 $([ "$1" = -6 ] && echo "-6 $A6" || echo "$A") |
  awk '/^[0-9]+\/tcp +open/ { split($1, a, "/"); printf "%s%s", s, a[1]; s = " " }'; }

# UDP ports that answer; slowly, because Linux sends about one "port unreachable" a second
udp() { timeout 120 nmap -n -Pn -sU --scan-delay 1100ms --max-retries 1 \
  -p 53,69,123,161,514,1900,3702,5353,37020 $([ "$1" = -6 ] && echo "-6 $A6" || echo "$A") |
  awk '/udp +open/ { split($1, a, "/"); printf "%s%s%s", s, a[1], $2 == "open" ? "" : "?"; s = " " }'; }

# a nonce for each of two connections: "different", "same" or "none"
nonces() { local a b; a=$("$@" | grep -o 'nonce="[^"]*"' | head -n 1); b=$("$@" | grep -o 'nonce="[^"]*"' | head -n 1)
  if [ -z "$a" ]; then echo none; elif [ "$a" = "$b" ]; then echo same; else echo different; fi; }

# answers to a wrong password of a user that exists and of one that does not: "same" or "different"; $1 user, $2 URL
users() { local a b; a=$(answer_to "$1:wrong" "$2"); b=$(answer_to nobody:wrong "$2"); [ "$a" = "$b" ] && echo same || echo different; }
answer_to() { curl -s -k -m 10 -i --anyauth -u "$1" "$2" | tr -d '\r' | sed '/^Date:/d; s/nonce="[^"]*"//'; }

# mechanism and names of the parameters of the challenges on standard input
challenges() { tr -d '\r' | sed -n 's/^WWW-Authenticate: //p' | sed 's/="[^"]*"//g'; }

# asks an RTSP server in clear for a path without a log-in; $1 port, $2 path
describe() { printf 'DESCRIBE rtsp://%s%s RTSP/1.0\r\nCSeq: 1\r\n\r\n' "$A" "$2" | timeout 3 busybox nc "$A" "$1"; }

# status of an HTTP request; 000 when there was no answer
code() { timeout 20 curl -s -k -m 10 -o /dev/null -w '%{http_code}' "$@"; }

# number of lines, headers included, that hold one of the texts; the other arguments are pages, after "--"
tells() {
  local texts=()
  while [ "$1" != -- ]; do texts+=(-e "$1"); shift; done
  shift
  for page in "$@"; do timeout 20 curl -s -k -i -m 10 "$page"; done | grep -a -c -F "${texts[@]}"
}

# number of web servers, of those given, that answer the one call every ONVIF device answers to anybody
onvif() {
  local url message='<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body>
    <GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/></e:Body></e:Envelope>'
  for url in "$@"; do
    timeout 20 curl -s -k -m 10 -H 'Content-Type: application/soap+xml' -d "$message" "$url/onvif/device_service" |
      grep -q GetSystemDateAndTimeResponse && echo "$url"
  done | grep -c .
}

# codec of an RTSP stream, or why there was none; $1 URL, $2 transport
play() {
  local said
  said=$(timeout 25 ffprobe -v error -rtsp_transport "${2:-tcp}" -tls_verify 0 -show_entries stream=codec_name \
    -of csv=p=0 "$1" 2>&1 | tail -n 1)
  case $said in h264*) echo h264 ;; *401*) echo 401 ;; *404*) echo 404 ;; *refused*) echo refused ;; *) echo "other: ${said: -60}" ;; esac
}

# protocol versions a TLS server accepts; $@ are sslscan's host arguments. A name is given because some servers refuse
# the IPv6 literal that sslscan would put into server_name (RFC 6066 section 3 allows no literals there).
tls_versions() { timeout 60 sslscan --no-colour --no-check-certificate --no-heartbleed --sni-name=camera "$@" |
  awk '/enabled$/ && /^(SSL|TLS)v/ { printf "%s%s", s, $1; s = " " }'; }

# number of accepted TLS 1.0-1.2 suites that are not AEAD, and of all accepted ones
tls_suites() { timeout 60 sslscan --no-colour --no-check-certificate --no-heartbleed --sni-name=camera "$@" |
  awk '/^(Preferred|Accepted)/ { all++; if ($0 !~ /GCM|CHACHA20|CCM/) weak++ } END { printf "%d of %d", weak, all }'; }

# a syslog receiver on the lab side: UDP 514, TCP 1514, TLS 6514 with a certificate made for the occasion
syslog_start() {
  local key=$WORK/receiver.key certificate=$WORK/receiver.pem
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=receiver \
    -keyout "$key" -out "$certificate" 2> /dev/null
  cat > "$WORK/syslog.conf" << END
global(defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="$certificate"
  defaultNetstreamDriverCertFile="$certificate" defaultNetstreamDriverKeyFile="$key")
module(load="imudp")
module(load="imptcp")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
template(name="line" type="string" string="%inputname% %fromhost-ip% %rawmsg%\n")
input(type="imudp" address="$LAB" port="514")
input(type="imptcp" address="$LAB" port="1514")
input(type="imtcp" address="$LAB" port="6514")
action(type="omfile" file="$WORK/syslog" template="line" asyncWriting="off")
END
  : > "$WORK/syslog"
  rsyslogd -n -i NONE -f "$WORK/syslog.conf" > "$WORK/syslog.said" 2>&1 &
  sleep 1
}

# number of records received by input $1 (imudp, imptcp, imtcp) that hold all of the other arguments
records() {
  local input=$1 lines; shift
  lines=$(grep -a "^$input " "$WORK/syslog")
  for word in "$@"; do lines=$(grep -aF -- "$word" <<< "$lines"); done
  grep -c . <<< "$lines"
}
# "yes" as soon as there is such a record, "no" after ten seconds
recorded() { for _ in $(seq 1 20); do [ "$(records "$@")" -gt 0 ] && { echo yes; return; }; sleep 0.5; done; echo no; }

# "yes" when a lock begun at $1 ends after about a minute, i.e. the rest of the arguments print 200 again
lock_lasts() {
  local start=$1 lasted; shift
  until [ "$("$@")" = 200 ] || [ $((SECONDS - start)) -gt 120 ]; do sleep 1; done
  lasted=$((SECONDS - start))
  [ $lasted -ge 27 ] && [ $lasted -le 45 ] && echo yes || echo "no, $lasted s"
}

# protocol versions that OpenSSL's client gets, one at a time; $1 is ADDRESS:PORT, the rest options
openssl_versions() {
  local version
  for version in tls1 tls1_1 tls1_2 tls1_3; do
    openssl_meets "$1" -$version -cipher ALL:COMPLEMENTOFALL:@SECLEVEL=0 "${@:2}" | grep -q '^New, .*Cipher is [^(]' && echo $version
  done | paste -s -d ' '
}
# what OpenSSL's client says of one handshake; $1 is ADDRESS:PORT, the rest options
openssl_meets() { timeout 10 openssl s_client -connect "$1" -legacy_server_connect "${@:2}" < /dev/null 2> /dev/null; }
# "yes" when a handshake with these options ends well, else "no"
openssl_accepts() { openssl_meets "$@" | grep -q '^New, .*Cipher is [^(]' && echo yes || echo no; }
# kind and size of the key, and how the certificate is signed
openssl_certificate() {
  openssl_meets "$@" | openssl x509 -noout -text |
    awk -F': *' '/Public Key Algorithm/ { k = $2 } /Public-Key/ { b = $2 } !s && /Signature Algorithm/ { s = $2 } END { print k, b, s }'
}
# of a handshake of version $2 (tls1_2): whether secure renegotiation is signalled, and the last eight of the server's random bytes when
# they are the mark of a server that could do more (RFC 8446 section 4.1.3)
openssl_older() {
  openssl_meets "$1" -$2 -cipher ALL:@SECLEVEL=0 -msg "${@:3}" > "$WORK/older"
  sed -n 's/^Secure Renegotiation \(IS.*\) supported/\1/p' "$WORK/older" | head -n 1 | tr '\n' ' '
  sed -n '/^<<< .*ServerHello$/,/^[<>]/p' "$WORK/older" | grep '^ ' | tr -d ' \n' | cut -c 61-76 |
    sed 's/444f574e47524401/marked/; /marked/!s/.*/unmarked/'
}

# suites that nmap finds, at all of the ports $2 at once; $1 is -4 or -6
nmap_suites() { timeout 60 nmap -n -Pn --script ssl-enum-ciphers -p "$2" $([ "$1" = -6 ] && echo "-6 $A6" || echo "$A") > "$WORK/suites"; }
# lines of that at port $1 that fit pattern $2: how many
suites_like() {
  awk -v port="$1/tcp" -v like="$2" '/^[0-9]+\/tcp/ { here = $1 == port } here && $0 ~ like { n++ } END { print n + 0 }' "$WORK/suites"
}

# algorithms of SSH that nmap finds at port $2, of those that fit pattern $3; $1 is -4 or -6
ssh_algorithms() {
  timeout 30 nmap -n -Pn --script ssh2-enum-algos -p "$2" $([ "$1" = -6 ] && echo "-6 $A6" || echo "$A") |
    sed -n 's/^|_\? \{6,\}//p' | grep -E "$3" | sort | paste -s -d ' '
}
# ways to log in by SSH that are offered to user $3; $1 is ADDRESS, $2 the port
ssh_ways() {
  timeout 10 ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o BatchMode=yes \
    -o PreferredAuthentications=none -p "$2" "$3@$1" true 2>&1 | tr -d '\r' | sed -n 's/.*Permission denied (\(.*\))\./\1/p'
}
# "uid" of whoever logs in by SSH with a password; $1 ADDRESS, $2 port, $3 user, $4 password
ssh_password() {
  printf '#!/bin/sh\necho "%s"\n' "$4" > "$WORK/ask" && chmod 700 "$WORK/ask"
  SSH_ASKPASS=$WORK/ask SSH_ASKPASS_REQUIRE=force timeout 15 ssh -F none -o StrictHostKeyChecking=no -o LogLevel=ERROR \
    -o UserKnownHostsFile=/dev/null -o NumberOfPasswordPrompts=1 -o PubkeyAuthentication=no -p "$2" "$3@$1" id -un 2> /dev/null ||
    echo refused
}
