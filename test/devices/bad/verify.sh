#!/bin/bash
# Measures the truth of "bad" with tools nobody here wrote.
. "$(dirname "$0")/../machinery/measure.sh"
telnet_root() { (sleep 1; echo root; sleep 1; echo 12345; sleep 2; echo 'id; exit'; sleep 1) | timeout 15 telnet "$@" 2> /dev/null | grep -c 'uid=0(root)'; }
version() { curl -s -m 10 -u admin:12345 "http://$A/cgi-bin/status.cgi" | sed -n 's/^softVersion=//p'; }
install() { curl -s -m 10 -u admin:12345 -H 'Content-Type: application/octet-stream' --data-binary "@$DIRECTORY/firmware/$1" "http://$A/cgi-bin/upload.cgi"; }

syslog_start
say tcp4 "$(tcp -4)"
say tcp6 "$(tcp -6)"
say udp4 "$(udp -4)"
say onvif "$(onvif "http://$A")"
say http.start.anonymous "$(code "http://$A/")"
say http.config.anonymous "$(code "http://$A/config/")"
say http.config.default "$(code -u admin:12345 "http://$A/config/")"
say http6.config.default "$(code -u admin:12345 "http://[$A6]/config/")"
for i in $(seq 1 12); do code -u "admin:wrong$i" "http://$A/config/" > /dev/null; done
say http.lockout "$(code -u admin:12345 "http://$A/config/")"
say http.config.operator "$(code -u operator:54321 "http://$A/config/")"
for i in $(seq 1 12); do code -u "operator:bad$i" "http://$A/config/" > /dev/null; done
say http.lockout.operator "$(code -u operator:54321 "http://$A/config/")"
say snapshot.anonymous "$(code "http://$A/tmpfs/auto.jpg")"
say snapshot.picture "$(curl -s -m 10 "http://$A/tmpfs/auto.jpg" | ffprobe -v error -show_entries stream=codec_name -of csv=p=0 -)"
say rtsp.main.anonymous "$(play "rtsp://$A/h264/main")"
say http.users "$(users admin "http://$A/config/")"
say rtsp.challenge "$(describe 554 /h264/main | challenges)"
say rtsp.nonces "$(nonces describe 554 /h264/main)"
say rtsp.main.default "$(play "rtsp://admin:12345@$A/h264/main")"
say rtsp.sub.anonymous "$(play "rtsp://$A/h264/sub")"
say rtsp.sub.udp "$(play "rtsp://$A/h264/sub" udp)"
say rtsp6.sub.anonymous "$(play "rtsp://[$A6]/h264/sub")"
say telnet4.default.root "$(telnet_root "$A")"
say telnet6.default.root "$(telnet_root "$A6" 2323)"
say mqtt.anonymous.read "$(timeout 10 mosquitto_sub -h "$A" -t '#' -C 1 | grep -c 'admin:12345@')"
say mqtt.anonymous.write "$(timeout 10 mosquitto_pub -h "$A" -t t -m x && echo yes || echo no)"
say mqtt6.anonymous.write "$(timeout 10 mosquitto_pub -h "$A6" -t t -m x && echo yes || echo no)"
say description.serial "$(curl -s -m 10 "http://$A:49152/root.xml" | grep -o 'DVS2-[0-9]*')"
say tls "$(for port in 80 554 1883 49152; do tls_versions "$A:$port"; done)"
say update.before "$(version)"
say update.other-model.answer "$(install other-model-2.6.0.tar.gz)"
say update.other-model "$(version)"
say update.anonymous "$(code --data-binary "@$DIRECTORY/firmware/update-2.5.0.tar.gz" "http://$A/cgi-bin/upload.cgi") $(version)"
head -c -$(($(stat -c %s "$DIRECTORY/firmware/update-2.5.0.tar.gz") / 8)) "$DIRECTORY/firmware/update-2.5.0.tar.gz" > "$DIRECTORY/firmware/less"
say update.truncated "$(install less > /dev/null; version)"
rm "$DIRECTORY/firmware/less"
install update-2.3.0.tar.gz > /dev/null
say update.unsigned "$(install update-2.5.0.tar.gz > /dev/null; version)"
say update.older "$(install update-2.3.0.tar.gz > /dev/null; version)"
say log.arrives "$(recorded imudp motion)"
code -u mallory:wrong "http://$A/config/" > /dev/null
code -u admin:12345 "http://$A/config/" > /dev/null
play "rtsp://trudy:wrong@$A/h264/main" > /dev/null
sleep 8
say log.http "$(records imudp mallory) $(records imudp 401) $(records imudp httpd)"
say log.update "$(records imudp update) $(records imudp upload)"
say log.rtsp "$(records imudp trudy) $(records imudp rtsp)"
say log.accepted "$(records imudp admin)"
say log.password "$(records imudp 12345)"
