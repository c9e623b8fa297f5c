#!/bin/bash
# Measures the truth of "good-servers" with tools nobody here wrote.
. "$(dirname "$0")/../machinery/measure.sh"
P=$(cat "$DIRECTORY/secrets/administrator")
BROKER=$(cat "$DIRECTORY/secrets/broker")
PORTS='443 4433 5556 6443 8443 8883 9443'
udp -6 > "$WORK/udp" &
tcp -6 > "$WORK/tcp" &

nmap_suites -6 "${PORTS// /,}"
for port in $PORTS; do
  say tls.$port.versions "$(openssl_versions "[$A6]:$port")"
  say tls.$port.ssl3 "$(suites_like $port 'SSLv3:')"
  # TLS 1.3 has only sound suites, and nmap does not see it everywhere
  say tls.$port.suites "$(suites_like $port 'TLS_(ECDHE|DHE)_(ECDSA|RSA)_WITH_(AES_(128|256)_GCM|CHACHA20_POLY1305)_SHA') of $(suites_like $port 'TLS_[A-JL-Z].*WITH_')"
  say tls.$port.certificate "$(openssl_certificate "[$A6]:$port")"
  say tls.$port.older "$(openssl_older "[$A6]:$port" tls1_2)"
  say tls.$port.compressors "$(suites_like $port 'DEFLATE|LZS')"
  say tls.$port.curve-192 "$(openssl_accepts "[$A6]:$port" -tls1_2 -groups P-192 -cipher ECDHE:@SECLEVEL=0)"
done
say tls.6443.prime "$(suites_like 6443 'DHE_RSA.*dh 2048') of $(suites_like 6443 'TLS_DHE')"
say tls.6443.root "$(openssl_meets "[$A6]:6443" -showcerts | sed -n '/BEGIN/,/END/p' | sed '1,/END/d' | openssl x509 -noout -text | awk -F': *' '/Signature Algorithm/ { print $2; exit }')"
say tls.9443.prime-4096 "$(openssl_accepts "[$A6]:9443" -tls1_3 -groups ffdhe4096)"
say tls.9443.prime-2048 "$(openssl_accepts "[$A6]:9443" -tls1_3 -groups ffdhe2048)"

say redirect "$(code "http://[$A6]/settings/" -u "admin:$P")"
say https.settings.anonymous "$(code "https://[$A6]/settings/")"
say https.settings.administrator "$(code -u "admin:$P" "https://[$A6]/settings/")"
say start.unit "$(tells GS1-0031 5.2.0 probe -- "http://[$A6]/" "https://[$A6]/" "https://[$A6]:4433/" "https://[$A6]:5556/" "https://[$A6]:6443/" "https://[$A6]:8443/" "https://[$A6]:9443/")"

say ssh.ways "$(for user in root admin service probe; do ssh_ways "$A6" 22 $user; done | sort -u | paste -s -d ' ')"
say ssh.key "$(timeout 15 ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -i "$DIRECTORY/secrets/ssh-key" "service@$A6" id -un 2> /dev/null)"
say ssh.weak "$(ssh_algorithms -6 22 'group1-|exchange-sha1|dss|3des|arcfour|blowfish|cast|md5|^none$')"
say ssh.rsa "$(ssh-keyscan -t rsa "$A6" 2> /dev/null | ssh-keygen -lf - | cut -d ' ' -f 1)"

openssl_meets "[$A6]:8883" | openssl x509 > "$WORK/broker.pem"
broker() { timeout 10 "mosquitto_$1" -h "$A6" -p 8883 --cafile "$WORK/broker.pem" --insecure "${@:2}" 2> /dev/null; }
say mqtt.anonymous "$(broker pub -t gateway/a -m x && echo accepted || echo refused)"
say mqtt.random "$(broker pub -u probe -P wrong -t gateway/a -m x && echo accepted || echo refused)"
say mqtt.account "$(broker pub -r -u probe -P "$BROKER" -t gateway/a -m x && broker sub -u probe -P "$BROKER" -t gateway/a -C 1)"
broker pub -r -u probe -P "$BROKER" -t other/a -m x
say mqtt.other-topic "$(broker sub -u probe -P "$BROKER" -t other/a -C 1 -W 2 || echo none)"
say mqtt.clear "$(timeout 5 mosquitto_pub -h "$A6" -p 8883 -u probe -P "$BROKER" -t gateway/a -m x 2> /dev/null && echo accepted || echo refused)"
wait
say tcp6 "$(cat "$WORK/tcp")"
say udp6 "$(cat "$WORK/udp")"
