#!/bin/bash
# Measures the truth of "mixed-tls" with tools nobody here wrote.
. "$(dirname "$0")/../machinery/measure.sh"
P=$(cat "$DIRECTORY/secrets/administrator")
old=(--tlsv1.0 --ciphers DEFAULT@SECLEVEL=0)
# a second opinion: the protocol that OpenSSL's own client negotiates when it offers just one; "none" when refused.
# What it prints first is the oldest version that the chosen suite belongs to.
negotiates() { # ADDRESS:PORT OPTION...
  timeout 10 openssl s_client -connect "$1" -cipher 'ALL:COMPLEMENTOFALL:@SECLEVEL=0' "${@:2}" < /dev/null 2> /dev/null |
    sed -n 's/^New, \([^,]*\), Cipher is \(.*\)/\1 \2/p' | sed 's/^(NONE).*/none/'
}

syslog_start
say tcp4 "$(tcp -4)"
say tcp6 "$(tcp -6)"
say udp4 "$(udp -4)"
say start.unit "$(tells MT1-0005 1.0.4 -- "https://$A/" "https://$A:9443/" "https://[$A6]:9443/")"
say onvif "$(onvif "https://$A" "https://$A:8443" "https://$A:9443")"
say https.settings.anonymous "$(code "https://$A/settings/")"
say https.users "$(users admin "https://$A/settings/")"
say https.settings.administrator "$(code -u "admin:$P" "https://$A/settings/")"
say https6.settings.administrator "$(code "${old[@]}" -u "admin:$P" "https://[$A6]/settings/")"
say https.8443.settings.administrator "$(code "${old[@]}" -u "admin:$P" "https://$A:8443/settings/")"
say https.9443.settings.anonymous "$(code "https://$A:9443/settings/snapshot.jpg")"
SPARE=$(cat "$DIRECTORY/secrets/spare")
for i in $(seq 1 20); do code -u "tester:wrong$i" "https://$A/settings/" > /dev/null; done
say https.lockout "$(code -u "tester:$SPARE" "https://$A/settings/")"
for port in 443 8443 9443; do
  say tls4.$port.versions "$(tls_versions "$A:$port")"
  say tls6.$port.versions "$(tls_versions --ipv6 "[$A6]:$port")"
  say tls4.$port.suites "$(tls_suites "$A:$port")"
  say tls6.$port.suites "$(tls_suites --ipv6 "[$A6]:$port")"
done
say tls4.443.offer-1.0 "$(negotiates "$A:443" -tls1)"
say tls6.443.offer-1.0 "$(negotiates "[$A6]:443" -tls1)"
say tls4.8443.offer-1.1 "$(negotiates "$A:8443" -tls1_1)"
say tls4.8443.offer-1.2 "$(negotiates "$A:8443" -tls1_2)"
say tls4.9443.offer-null "$(negotiates "$A:9443" -tls1_2 -cipher 'NULL-SHA256:@SECLEVEL=0')"
say tls4.9443.offer-anonymous "$(negotiates "$A:9443" -tls1_2 -cipher 'ADH-AES128-GCM-SHA256:@SECLEVEL=0')"
say tls6.9443.offer-null "$(negotiates "[$A6]:9443" -tls1_2 -cipher 'NULL-SHA256:@SECLEVEL=0')"
say tls4.8443.key "$(timeout 10 openssl s_client -connect "$A:8443" -tls1_1 -cipher 'ALL:@SECLEVEL=0' < /dev/null 2> /dev/null | openssl x509 -noout -text | sed -n 's/.*Public-Key: (\([0-9]*\) bit)/\1/p')"
say log.records "$(wc -l < "$WORK/syslog")"
