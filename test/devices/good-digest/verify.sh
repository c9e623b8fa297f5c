#!/bin/bash
# Measures the truth of "good-digest" with tools nobody here wrote. The second address of the lab is banned on the way.
. "$(dirname "$0")/../machinery/measure.sh"
P=$(cat "$DIRECTORY/secrets/administrator")
login() { code --digest -u "$1" "${@:3}" "https://$2/private/"; }
version() { curl -s -k -m 10 --digest -u "admin:$P" "https://$A/private/about.cgi" | sed -n 's/^version=//p'; }
install() { curl -s -k -m 20 --digest -u "admin:$P" -H 'Content-Type: application/octet-stream' --data-binary "@$DIRECTORY/firmware/$1" "https://$A/update/upload.cgi" > /dev/null; version; }

syslog_start
say tcp4 "$(tcp -4)"
say tcp6 "$(tcp -6)"
say udp4 "$(udp -4)"
say start.unit "$(tells CD1-0023 2.0.0 -- "http://$A/" "https://$A/" "https://[$A6]/")"
say onvif "$(onvif "http://$A" "https://$A")"
say http.redirect "$(curl -s -m 10 -o /dev/null -w '%{http_code} %{redirect_url}' "http://$A/private/")"
say http6.redirect "$(curl -s -m 10 -o /dev/null -w '%{http_code} %{redirect_url}' "http://[$A6]/private/")"
say https.start.anonymous "$(code "https://$A/")"
say https.private.anonymous "$(code "https://$A/private/")"
say https.snapshot.anonymous "$(code "https://$A/private/snapshot.jpg")"
say https.users "$(users admin "https://$A/private/")"
say https.update.anonymous "$(code --data-binary x "https://$A/update/upload.cgi")"
say https.update.viewer "$(code --digest -u "tester:$(cat "$DIRECTORY/secrets/spare")" --data-binary x "https://$A/update/upload.cgi")"
say https.challenge "$(curl -s -k -m 10 -i "https://$A/private/" | tr -d '\r' | sed -n 's/^WWW-Authenticate: \([A-Za-z]*\) .*algorithm=\([A-Z0-9-]*\).*/\1 \2/p')"
say https.private.administrator "$(login "admin:$P" "$A")"
say https6.private.administrator "$(login "admin:$P" "[$A6]")"
say rtsp.anonymous "$(play "rtsp://$A/stream/1")"
say rtsp.challenge "$(describe 554 /stream/1 | challenges)"
say rtsp.nonces "$(nonces describe 554 /stream/1)"
say https.nonces "$(nonces curl -s -k -m 10 -i "https://$A/private/")"
say rtsp.spare "$(play "rtsp://tester:$(cat "$DIRECTORY/secrets/spare")@$A/stream/1")"
say rtsp.second.anonymous "$(play "rtsp://$A/stream/2")"
say rtsp.administrator "$(play "rtsp://admin:$P@$A/stream/1")"
say rtsp.administrator.udp "$(play "rtsp://admin:$P@$A/stream/2" udp)"
say rtsp6.administrator "$(play "rtsp://admin:$P@[$A6]/stream/1")"
say rtsp.scheme "$(printf 'DESCRIBE rtsp://%s/stream/1 RTSP/1.0\r\nCSeq: 1\r\n\r\n' "$A" | timeout 3 busybox nc "$A" 554 | tr -d '\r' | sed -n 's/^WWW-Authenticate: \([A-Za-z]*\) .*/\1/p')"
say tls4.443.versions "$(tls_versions "$A:443")"
say tls4.443.suites "$(tls_suites "$A:443")"
say tls6.443.versions "$(tls_versions --ipv6 "[$A6]:443")"
say tls6.443.suites "$(tls_suites --ipv6 "[$A6]:443")"

say update.before "$(version)"
say update.unsigned "$(install unsigned-2.1.0.bin)"
say update.foreign-key "$(install foreign-key-2.1.0.bin)"
say update.other-model "$(install other-model-2.1.0.bin)"
{ head -c 20000 "$DIRECTORY/firmware/genuine-2.1.0.bin"; printf X; tail -c +20002 "$DIRECTORY/firmware/genuine-2.1.0.bin"; } > "$DIRECTORY/firmware/altered"
say update.altered "$(install altered)"
rm "$DIRECTORY/firmware/altered"
head -c 20000 "$DIRECTORY/firmware/genuine-2.1.0.bin" > "$DIRECTORY/firmware/half"
say update.half "$(install half)"
rm "$DIRECTORY/firmware/half"
say update.anonymous "$(code --data-binary "@$DIRECTORY/firmware/genuine-2.1.0.bin" "https://$A/update/upload.cgi") $(version)"
say update.older "$(install older-1.9.0.bin)"
say update.genuine "$(install genuine-2.1.0.bin)"
say log.update-installed "$(recorded imptcp 'update' 'Update installed' 10.78.0.1)"
say update.older-after "$(install older-1.9.0.bin)"
say update.kept "$(login "tester:$(cat "$DIRECTORY/secrets/spare")" "$A") $(login "admin:$P" "$A")"
say log.update "$(recorded imptcp 'update' 'Update refused: signature' 10.78.0.1)"

# failed log-ins and what becomes of them: from the second address, so that the first stays welcome
login tester:wrong "$A" --interface "$SECOND" > /dev/null
say log.https.known-user "$(recorded imptcp "log-in of user tester from $SECOND failed")"
login mallory:wrong "$A" --interface "$SECOND" > /dev/null
say log.https.unknown-user "$(recorded imptcp "log-in of user mallory from $SECOND failed")"
say log.https.challenges "$(records imptcp 'log-in of user -')"
say log.https.credentials "$(records imptcp 'response=')"
play "rtsp://trudy:wrong@$A/stream/1" > /dev/null
say log.rtsp "$(recorded imptcp rtsp-server user=trudy rhost=10.78.0.1)"
for i in $(seq 1 12); do last=$(login "admin:$P" "$A" --interface "$SECOND"); done
say lock.honest "$last"
for i in 1 2 3 4 5 6 7 8; do login "tester:wrong$i" "$A" --interface "$SECOND" > /dev/null; done
sleep 3
say lock.after-9 "$(login "admin:$P" "$A" --interface "$SECOND")"
login tester:wrong9 "$A" --interface "$SECOND" > /dev/null
start=$SECONDS
sleep 3
say lock.after-10 "$(login "admin:$P" "$A" --interface "$SECOND")"
say lock.after-10.first-address "$(login "admin:$P" "$A")"
say lock.after-10.rtsp "$(curl -s -m 5 -i --interface "$SECOND" "rtsp://$A/stream/1" | head -n 1 | tr -d '\r')"
say lock.lasts-about-half-a-minute "$(lock_lasts "$start" login "admin:$P" "$A" --interface "$SECOND")"
for i in $(seq 1 10); do play "rtsp://tester:wrong@[$A6]/stream/1" > /dev/null; done
sleep 3
say lock.rtsp6 "$(play "rtsp://admin:$P@[$A6]/stream/1")"
say lock.rtsp6.ipv4 "$(play "rtsp://admin:$P@$A/stream/1")"
