#!/bin/bash
# Measures the truth of "good-web" with tools nobody here wrote. The second address of the lab is banned at the end.
. "$(dirname "$0")/../machinery/measure.sh"
P=$(cat "$DIRECTORY/secrets/administrator")
SPARE=$(cat "$DIRECTORY/secrets/spare")
SSH=(timeout 20 ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR)

syslog_start
say tcp4 "$(tcp -4)"
say tcp6 "$(tcp -6)"
say udp4 "$(udp -4)"
say start.unit "$(tells CW1-0017 3.1.0 -- "https://$A/" "https://[$A6]/")"
say onvif "$(onvif "https://$A")"
say https.start.anonymous "$(code "https://$A/")"
say https.private.anonymous "$(code "https://$A/private/")"
say https.private.administrator "$(code -u "admin:$P" "https://$A/private/")"
say https6.private.administrator "$(code -u "admin:$P" "https://[$A6]/private/")"
say https.private.spare "$(code -u "tester:$SPARE" "https://$A/private/")"
say https.users "$(users admin "https://$A/private/")"
say https.snapshot.anonymous "$(code "https://$A/private/snapshot.jpg")"
say rtsps.anonymous "$(play "rtsps://$A:322/live/main")"
say rtsps.administrator "$(play "rtsps://admin:$P@$A:322/live/main")"
say rtsps.spare "$(play "rtsps://tester:$SPARE@$A:322/live/main")"
say rtsps6.administrator "$(play "rtsps://admin:$P@[$A6]:322/live/main")"
say rtsps.scheme "$(printf 'DESCRIBE rtsps://%s:322/live/main RTSP/1.0\r\nCSeq: 1\r\n\r\n' "$A" |
  timeout 5 openssl s_client -quiet -connect "$A:322" 2> /dev/null | tr -d '\r' | sed -n 's/^WWW-Authenticate: \([A-Za-z]*\).*/\1/p')"
for port in 443 322; do
  say tls4.$port.versions "$(tls_versions "$A:$port")"
  say tls4.$port.suites "$(tls_suites "$A:$port")"
  say tls6.$port.versions "$(tls_versions --ipv6 "[$A6]:$port")"
done
say tls.key "$(timeout 10 openssl s_client -connect "$A:443" < /dev/null 2> /dev/null | openssl x509 -noout -text | sed -n 's/.*NIST CURVE: //p')"
OFFERED=$(nmap -Pn -n -p 22 --script ssh2-enum-algos "$A" 2> /dev/null | sed -n 's/^|_*       *//p')
WEAK=$(grep -cE '^(3des|arcfour|blowfish|cast128|ssh-dss|hmac-md5|none@|diffie-hellman-group1-|diffie-hellman-group-exchange-sha1)' <<< "$OFFERED")
say ssh.weak-algorithms "$WEAK of $([ "$(wc -l <<< "$OFFERED")" -gt 20 ] && echo many)"
say ssh.methods "$("${SSH[@]}" root@$A true 2>&1 | tr -d '\r' | grep -o 'Permission denied.*')"
say ssh.key "$("${SSH[@]}" -i "$DIRECTORY/secrets/ssh-key" service@$A id -un)"

# failed log-ins arrive by both channels
code -u 'mallory:wrong' "https://$A/private/" > /dev/null
say log.https.udp "$(recorded imudp nginx '"mallory"' 'client: 10.78.0.1')"
say log.https.tls "$(recorded imtcp nginx '"mallory"' 'client: 10.78.0.1')"
say log.https.accepted "$(recorded imudp nginx 'log-in of user admin from 10.78.0.1 succeeded')"
code -u $'eve\r\nforged:wrong' "https://$A/private/" > /dev/null
say log.https.line-break "$(recorded imudp nginx 'eve#015#012forged')"
say log.https.password "$(records imudp "$P")"
play "rtsps://trudy:wrong@$A:322/live/main" > /dev/null
say log.rtsps.udp "$(recorded imudp rtsp-server user=trudy rhost=10.78.0.1)"
say log.rtsps.tls "$(recorded imtcp rtsp-server user=trudy rhost=10.78.0.1)"

# the fifth one bans the address that made them: the second address of the lab, which has made none so far
attack() { code --interface "$SECOND" -u "$1" "https://$A/private/"; }
for i in 1 2 3 4; do attack "tester:wrong$i" > /dev/null; done
sleep 3
say lock.after-4 "$(attack "admin:$P")"
attack tester:wrong5 > /dev/null
start=$SECONDS
sleep 3
say lock.after-5 "$(attack "admin:$P")"
say lock.after-5.stream "$(timeout 5 openssl s_client -bind "$SECOND" -connect "$A:322" < /dev/null 2>&1 | grep -c 'Connection refused\|refused')"
say lock.after-5.first-address "$(code -u "admin:$P" "https://$A/private/")"
say lock.lasts-about-half-a-minute "$(lock_lasts "$start" attack "admin:$P")"
