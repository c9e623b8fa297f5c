#!/bin/bash
# Makes the secrets and update packages of one "good-digest": $1 is the tester's folder, $2 the device's.
# A package is a tar archive (40960 bytes) followed by an RSA-3072 signature of it (384 bytes).
set -euo pipefail
mkdir -p "$1/secrets" "$1/firmware"
for account in administrator spare; do openssl rand -hex 12 > "$1/secrets/$account"; done
for account in admin:administrator tester:spare; do
  user=${account%%:*}
  printf '%s:camera:%s\n' "$user" "$(printf '%s:camera:%s' "$user" "$(cat "$1/secrets/${account##*:}")" | sha256sum | cut -d ' ' -f 1)"
done > "$2/htdigest"
cp "$1/secrets/administrator" "$2/rtsp-password"
cp "$1/secrets/spare" "$2/rtsp-spare"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for key in maker stranger; do openssl genrsa -out "$work/$key.pem" 3072 2> /dev/null; done
openssl rsa -in "$work/maker.pem" -pubout -out "$2/update-key.pem" 2> /dev/null
package() { # FILE VERSION MODEL KEY
  echo "$2" > "$work/version"
  echo "$3" > "$work/model"
  head -c 30000 /dev/zero | tr '\0' F > "$work/app.bin"
  tar -C "$work" --format=ustar --owner=0 --group=0 --mtime=2020-01-01 -cf "$1" version model app.bin
  [ "$(stat -c %s "$1")" = 40960 ]
  [ "$4" = none ] && return
  openssl dgst -sha256 -sign "$work/$4.pem" -out "$work/signature" "$1"
  cat "$work/signature" >> "$1"
}
package "$1/firmware/genuine-2.1.0.bin" 2.1.0 CD-1 maker
package "$1/firmware/older-1.9.0.bin" 1.9.0 CD-1 maker
package "$1/firmware/unsigned-2.1.0.bin" 2.1.0 CD-1 none
package "$1/firmware/foreign-key-2.1.0.bin" 2.1.0 CD-1 stranger
package "$1/firmware/other-model-2.1.0.bin" 2.1.0 CD-9 maker
