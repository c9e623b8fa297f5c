#!/bin/bash
# Makes the secrets and update packages of one "swupdate": $1 is the tester's folder, $2 the device's. Every length is
# fixed, so that the statement can say where each part lies.
set -euo pipefail
mkdir -p "$1/secrets" "$1/firmware"
for account in administrator spare; do openssl rand -hex 12 > "$1/secrets/$account"; done
for account in admin:administrator tester:spare; do
  user=${account%%:*}
  printf '%s:camera:%s\n' "$user" "$(printf '%s:camera:%s' "$user" "$(cat "$1/secrets/${account##*:}")" | md5sum | cut -d ' ' -f 1)"
done > "$2/htdigest"

firmware=$1/firmware
bash "$(dirname "$0")/packages.sh" "$firmware" /www 30000
mv "$firmware/maker.crt" "$2/maker.crt"
# the parts lie where the statement says
cmp <(tail -c +129 "$firmware/genuine.swu" | head -c 360) "$firmware/parts/sw-description"
cmp <(tail -c +621 "$firmware/genuine.swu" | head -c 1262) "$firmware/parts/sw-description.sig"
cmp <(tail -c +2137 "$firmware/genuine.swu" | head -c 30006) "$firmware/parts/image.bin"
