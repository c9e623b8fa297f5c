#!/bin/bash
# Measures the truth of "bad-servers" with tools nobody here wrote.
. "$(dirname "$0")/../machinery/measure.sh"
P=$(cat "$DIRECTORY/secrets/administrator")
BROKER=$(cat "$DIRECTORY/secrets/broker")
PORTS='443 4433 5556 6443 8443 8883 9443'
udp -4 > "$WORK/udp" &
tcp -4 > "$WORK/tcp" &

nmap_suites -4 "${PORTS// /,}"
for port in $PORTS; do
  options=() && [ $port = 4433 ] && options=(-groups P-192:P-256)
  say tls.$port.versions "$(openssl_versions "$A:$port" "${options[@]}")"
  say tls.$port.suites "$(for like in TLS_RSA_WITH_ DH_anon WITH_NULL WITH_3DES WITH_RC4 WITH_RC4_128_MD5; do suites_like $port "$like"; done | paste -s -d ' ')"
  say tls.$port.older "$(openssl_older "$A:$port" tls1_2 "${options[@]}")"
  say tls.$port.compressors "$(suites_like $port 'DEFLATE|LZS')"
  say tls.$port.curve-192 "$(openssl_accepts "$A:$port" -tls1_2 -groups P-192 -cipher ECDHE:@SECLEVEL=0)"
  say tls.$port.prime-1024 "$(suites_like $port 'dh 1024')"
  say tls.$port.fallback "$(openssl_accepts "$A:$port" -fallback_scsv -tls1_1 -cipher ALL:@SECLEVEL=0) $(openssl_accepts "$A:$port" -fallback_scsv -tls1 -cipher ALL:@SECLEVEL=0)"
done
say tls.6443.older-1.1 "$(openssl_older "$A:6443" tls1_1)"
sound='ALL:!aNULL:@SECLEVEL=0'
for port in 443 5556 6443 8443 8883 9443; do say tls.$port.certificate "$(openssl_certificate "$A:$port" -cipher "$sound")"; done
say tls.4433.certificate "$(openssl_certificate "$A:4433" -tls1_2 -groups P-192 -cipher "$sound")"
say tls.4433.null "$(openssl_accepts "$A:4433" -tls1_2 -groups P-192 -cipher ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0)"

say https.settings.anonymous "$(code "https://$A/settings/" --ciphers DEFAULT@SECLEVEL=0)"
say https.settings.administrator "$(code "https://$A/settings/" --ciphers DEFAULT@SECLEVEL=0 -u "admin:$P")"
say http.settings.anonymous "$(code "http://$A:8080/settings/")"
say http.settings.administrator "$(code "http://$A:8080/settings/" -u "admin:$P")"
say start.unit "$(tells BS1-0013 1.1.7 -- "http://$A:8080/" "https://$A:8443/" "https://$A:9443/")"
say tunnel.unit "$(timeout 20 curl -s -k -i -m 10 --tls-max 1.1 --tlsv1.0 --ciphers DEFAULT@SECLEVEL=0 "https://$A:6443/" | grep -c -e BS1-0013 -e '1\.1\.7') of $(code --tls-max 1.1 --tlsv1.0 --ciphers DEFAULT@SECLEVEL=0 "https://$A:6443/")"
page() { printf 'GET / HTTP/1.0\r\n\r\n' | timeout 5 openssl s_client -quiet -legacy_server_connect -connect "$A:$1" "${@:2}" 2> /dev/null; }
say status.unit "$(page 4433 -tls1_2 -groups P-192 -cipher "$sound" | grep -c -e BS1-0013 -e '1\.1\.7') of $(page 4433 -tls1_2 -groups P-192 -cipher "$sound" | grep -c '^HTTP/1.0 200')"
say echo.unit "$(page 5556 | grep -c -e BS1-0013 -e '1\.1\.7') of $(page 5556 | grep -c '^HTTP/1.0 200')"

say ssh.22.published "$(ssh_password "$A" 22 admin 1234)"
say ssh.22.rsa "$(ssh-keyscan -p 22 -t rsa "$A" 2> /dev/null | ssh-keygen -lf - | cut -d ' ' -f 1)"
say ssh.22.anonymous "$(ssh_ways "$A" 22 root)"
say ssh.2222.weak "$(ssh_algorithms -4 2222 'group1-|exchange-sha1|dss|3des|arcfour|blowfish|cast|md5')"
say ssh.2222.own "$(ssh_password "$A" 2222 technician "$(cat "$DIRECTORY/secrets/technician")")"
say ssh.2222.published "$(ssh_password "$A" 2222 admin 1234)"
say ssh.2222.anonymous "$(ssh_ways "$A" 2222 technician)"

say ftp.anonymous "$(timeout 30 nmap -n -Pn --script ftp-anon -p 21 "$A" | grep -c 'Anonymous FTP login allowed')"
say ftp.others "$(code -m 5 -u admin:1234 "ftp://$A/")"

openssl_meets "$A:8883" | openssl x509 > "$WORK/broker.pem"
broker() { timeout 10 "mosquitto_$1" -h "$A" -p 8883 --cafile "$WORK/broker.pem" --insecure "${@:2}" 2> /dev/null; }
broker pub -r -t verify/a -m x
say mqtt.8883.anonymous "$(broker sub -t verify/a -C 1 -W 5)"
say mqtt.8883.random "$(broker pub -u admin -P wrong -t verify/b -m x && echo accepted || echo refused)"
broker pub -r -n -t verify/a
clear() { timeout 5 mosquitto_pub -h "$A" -p 1883 "$@" -t verify/c -m x 2> /dev/null && echo accepted || echo refused; }
say mqtt.1883.anonymous "$(clear)"
say mqtt.1883.random "$(clear -u admin -P wrong)"
say mqtt.1883.account "$(clear -u probe -P "$BROKER")"
wait
say tcp4 "$(cat "$WORK/tcp")"
say udp4 "$(cat "$WORK/udp")"
