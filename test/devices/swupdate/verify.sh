#!/bin/bash
# Measures the truth of "swupdate" with tools nobody here wrote: curl, openssl, nmap, sslscan.
. "$(dirname "$0")/../machinery/measure.sh"
P=$(cat "$DIRECTORY/secrets/administrator")
F=$DIRECTORY/firmware
get() { timeout 20 curl -s -k -m 10 --digest -u "admin:$P" "https://$A/$1"; }
# version and, if the image is not the one of the beginning, "other": what is installed after a moment for a restart
first=$(get content.txt)
installed() { local v; sleep "${1:-1.5}"; for _ in $(seq 1 20); do v=$(get version.txt); [ -n "$v" ] && break; sleep 0.5; done
  [ "$(get content.txt)" = "$first" ] && echo "$v same" || echo "$v other"; }
upload() { timeout 30 curl -s -k -m 20 -o /dev/null "${@:2}" -F "file=@$1" "https://$A/upload"; }
install() { upload "$1" --digest -u "admin:$P"; installed "${2:-1.5}"; }
changed() { # one byte at $1 of the genuine package
  { head -c "$1" "$F/genuine.swu"; head -c $(($1 + 1)) "$F/genuine.swu" | tail -c 1 | tr '\000-\377' '\001-\377\000'; tail -c "+$(($1 + 2))" "$F/genuine.swu"; } > "$WORK/changed.swu"
  install "$WORK/changed.swu"
}

syslog_start
say tcp4 "$(tcp -4)"
say udp4 "$(udp -4)"
say https6 "$(code "https://[$A6]/")"
say https.page.anonymous "$(code "https://$A/")"
say https.settings.anonymous "$(code "https://$A/settings.txt")"
say https.snapshot.anonymous "$(code "https://$A/snapshot.jpg")"
say https.page.administrator "$(code --digest -u "admin:$P" "https://$A/")"
say https.page.spare "$(code --digest -u "tester:$(cat "$DIRECTORY/secrets/spare")" "https://$A/")"
say https.challenge "$(curl -s -k -m 10 -i "https://$A/" | tr -d '\r' | sed -n 's/^WWW-Authenticate: \([A-Za-z]*\) .*/\1/p')"
say https.default "$(for p in admin 12345 password ''; do code --digest -u "admin:$p" "https://$A/"; done | tr '\n' ' ')"
say https.nonces "$(for _ in 1 2 3 4 5; do curl -s -k -m 10 -i "https://$A/" | grep -o 'nonce="[^"]*"'; done | sort | uniq -d | grep -q . && echo same || echo different)"
say https.users "$(users admin "https://$A/")"
say onvif "$(onvif "https://$A")"
say tls.key "$(timeout 10 openssl s_client -connect "$A:443" < /dev/null 2> /dev/null | openssl x509 -noout -text | sed -n 's/.*NIST CURVE: //p; s/.*Public-Key: (\([0-9]* bit\)).*/\1/p' | head -n 1)"
say tls4.443.versions "$(tls_versions "$A:443")"
say tls4.443.suites "$(tls_suites "$A:443")"
for i in $(seq 1 15); do code --digest -u "tester:wrong$i" "https://$A/" > /dev/null; done
say lock.after-15 "$(code --digest -u "tester:$(cat "$DIRECTORY/secrets/spare")" "https://$A/")"
code --digest -u mallory:wrong "https://$A/" > /dev/null
say log.arrives "$(recorded imudp 'picture is sharp')"
say log.failed-login "$(records imudp mallory) $(records imudp tester) $(records imudp 401)"

say update.before "$(installed 0)"
say update.header "$(changed 300)"
say update.signature "$(changed 1200)"
say update.payload "$(changed 17000)"
say log.update-refused "$(recorded imudp swupdate rror)"
head -c 16384 "$F/genuine.swu" > "$WORK/half.swu"
say update.half "$(install "$WORK/half.swu")"
head -c -4096 "$F/genuine.swu" > "$WORK/less.swu"
say update.last-block-missing "$(install "$WORK/less.swu")"
say update.unsigned "$(install "$F/unsigned.swu")"
say update.foreign-key "$(install "$F/foreign-key.swu")"
say update.other-model "$(install "$F/other-model.swu")"
say update.older "$(install "$F/older.swu")"
say update.anonymous "$(upload "$F/genuine.swu"; installed)"
say update.wrong-password "$(upload "$F/genuine.swu" --digest -u admin:wrong; installed)"
say update.genuine "$(install "$F/genuine.swu" 4)"
say log.update-installed "$(recorded imudp swupdate successful)"
say update.genuine.content "$([ "$(get image.bin | sha256sum)" = "$(tail -c +2137 "$F/genuine.swu" | head -c 30006 | sha256sum)" ] && echo 'as in the package' || echo other)"
say update.genuine.verifies "$(tail -c +129 "$F/genuine.swu" | head -c 360 > "$WORK/d"; tail -c +621 "$F/genuine.swu" | head -c 1262 > "$WORK/s"
  openssl cms -verify -noverify -binary -inform DER -in "$WORK/s" -content "$WORK/d" 2>&1 > /dev/null | grep -ci 'verification successful')"
say update.older-after "$(install "$F/older.swu")"
say update.kept "$(code --digest -u "tester:$(cat "$DIRECTORY/secrets/spare")" "https://$A/") $(get settings.txt)"
