#!/bin/bash
# Measures the truth of "forms" with tools nobody here wrote.
. "$(dirname "$0")/../machinery/measure.sh"
P=$(cat "$DIRECTORY/secrets/administrator") SPARE=$(cat "$DIRECTORY/secrets/spare")
# what a browser shows after the form was sent: the title line of the page, or of the form again; $1 user, $2 password, $3 host
logs_in() {
  local jar=$WORK/$RANDOM.cookies
  curl -s -k -m 10 -L -c "$jar" -b "$jar" --data-urlencode "httpd_username=$1" --data-urlencode "httpd_password=$2" "https://${3:-$A}/log-in" |
    grep -o -m 1 '<h1>[^<]*'
}
# status and heading of a page that is asked for without a log-in
shows() { printf '%s %s' "$(code "$1")" "$(curl -s -k -m 10 "$1" | grep -a -o -m 1 '<h1>[^<]*')"; }

syslog_start
say tcp4 "$(tcp -4)"
say tcp6 "$(tcp -6)"
say udp4 "$(udp -4)"
say udp6 "$(udp -6)"
say onvif "$(onvif "https://$A" "https://$A:8443" "http://$A:8080")"
say form.settings.anonymous "$(shows "https://$A/settings/")"
say form6.settings.anonymous "$(shows "https://[$A6]/settings/")"
say form.anything.anonymous "$(shows "https://$A/no/such/page")"
say form.snapshot.anonymous "$(curl -s -k -m 10 "https://$A/settings/snapshot.jpg" | ffprobe -v error -show_entries stream=codec_name -of csv=p=0 - 2> /dev/null | grep -c mjpeg)"
say form.administrator "$(logs_in admin "$P")"
say form6.administrator "$(logs_in admin "$P" "[$A6]")"
say form.wrong "$(logs_in admin wrong)"
say form.unknown "$(logs_in nobody wrong)"
say form.cookie "$(curl -s -k -i -m 10 --data-urlencode httpd_username=admin --data-urlencode "httpd_password=$P" "https://$A/log-in" | tr -d '\r' | sed -n 's/^Set-Cookie: \(session\)=[^;]*;/\1 /p')"
cookie() { curl -s -k -i -m 10 --data-urlencode httpd_username=admin --data-urlencode "httpd_password=$P" "$@" "https://$A/log-in" | tr -d '\r' | sed -n 's/^Set-Cookie: session=\([^;]*\);.*/\1/p'; }
one=$(cookie)
curl -s -k -m 10 -o "$WORK/out" -b "session=$one" "https://$A/log-out"
say form.after-log-out "$(curl -s -k -m 10 -b "session=$one" "https://$A/settings/" | grep -o '<h1>[^<]*')"
say form.next-cookie "$([ "$(cookie)" = "$one" ] && echo same || echo different)"
say form.planted-cookie "$([ "$(cookie -b session=planted)" = planted ] && echo kept || echo replaced)"
say digest.anonymous "$(code "https://$A:8443/")"
say digest.administrator "$(code --digest -u "admin:$P" "https://$A:8443/")"
say digest.challenge "$(curl -s -k -i -m 10 "https://$A:8443/" | challenges)"
say digest.nonces "$(nonces curl -s -k -i -m 10 "https://$A:8443/")"
say digest.users "$(users admin "https://$A:8443/")"
say digest.clear "$(code "http://$A:8443/")"
for i in $(seq 1 20); do logs_in tester "wrong$i" > /dev/null; code --digest -u "tester:wrong$i" "https://$A:8443/" > /dev/null; done
say form.lockout "$(logs_in tester "$SPARE")"
say digest.lockout "$(code --digest -u "tester:$SPARE" "https://$A:8443/")"
for address in "$A" "[$A6]"; do
  family=4; [ "$address" = "$A" ] || family=6
  say old$family.picture "$(curl -s -m 10 "http://$address:8080/snapshot.jpg" | ffprobe -v error -show_entries stream=codec_name -of csv=p=0 -)"
  say old$family.post "$(code -d x=y "http://$address:8080/")"
done
say old.rtsp "$(printf 'OPTIONS rtsp://%s:8080/ RTSP/1.0\r\nCSeq: 1\r\n\r\n' "$A" | timeout 3 busybox nc "$A" 8080 | head -n 1 | tr -d '\r')"
say old.play "$(play "rtsp://$A:8080/snapshot.jpg" | cut -d: -f1)"
say snmp4.description "$(snmpget -v2c -c public -Oqv -t 3 "$A" 1.3.6.1.2.1.1.1.0 | tr -d '\"')"
say snmp6.description "$(snmpget -v2c -c public -Oqv -t 3 "udp6:[$A6]" 1.3.6.1.2.1.1.1.0 | tr -d '\"')"
say snmp.private "$(snmpget -v2c -c private -Oqv -t 2 -r 0 "$A" 1.3.6.1.2.1.1.1.0 2> /dev/null | grep -c .)"
say tftp "$(timeout 8 busybox tftp -g -r config.txt -l /dev/stdout "$A" 2> /dev/null)"
say start.unit "$(tells FM1-0031 4.0.2 -- "https://$A/" "https://$A/settings/" "https://$A:8443/" "http://$A:8080/")"
for port in 443 8443; do
  say tls4.$port.versions "$(tls_versions "$A:$port")"
  say tls6.$port.versions "$(tls_versions --ipv6 "[$A6]:$port")"
  say tls4.$port.suites "$(tls_suites "$A:$port")"
  say tls6.$port.suites "$(tls_suites --ipv6 "[$A6]:$port")"
done
say tls4.443.certificate "$(openssl_certificate "$A:443")"
say log.form.unknown "$(logs_in mallory wrong > /dev/null; recorded imudp mallory 'not found' "$LAB")"
say log.form.known "$(logs_in admin "wrong again" > /dev/null; recorded imudp "'admin'" Mismatch "$LAB")"
say log.digest "$(code --digest -u trudy:wrong "https://$A:8443/" > /dev/null; recorded imudp trudy 'not found' "$LAB")"
sleep 4
: > "$WORK/syslog"
logs_in admin "$P" > /dev/null
code --digest -u "admin:$P" "https://$A:8443/" > /dev/null
say log.arrives "$(recorded imudp watchdog)"
sleep 4
say log.accepted "$(records imudp admin) $(records imudp httpd)"
say log.password "$(records imudp "$P")"
