#!/bin/bash
# Makes the secrets and update packages of one "swupdate": $1 is the tester's folder, $2 the device's.
# A package is a cpio archive: sw-description, its signature (CMS), the version and the image. Every length is fixed, so
# that the statement can say where each part lies.
set -euo pipefail
mkdir -p "$1/secrets" "$1/firmware"
for account in administrator spare; do openssl rand -hex 12 > "$1/secrets/$account"; done
for account in admin:administrator tester:spare; do
  user=${account%%:*}
  printf '%s:camera:%s\n' "$user" "$(printf '%s:camera:%s' "$user" "$(cat "$1/secrets/${account##*:}")" | md5sum | cut -d ' ' -f 1)"
done > "$2/htdigest"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for key in maker stranger; do
  openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 3650 -set_serial 1 -subj /CN=maker \
    -addext extendedKeyUsage=emailProtection -keyout $key.pem -out $key.crt 2> /dev/null
done
cp maker.crt "$2/maker.crt"

package() { # FILE VERSION REVISION KEY
  echo "$2" > version.txt
  { echo "$2"; head -c 30000 /dev/urandom; } > image.bin
  cat > sw-description << END
software = {
  version = "$2";
  hardware-compatibility: [ "$3" ];
  files: (
    { filename = "version.txt"; path = "/www/version.txt"; sha256 = "$(sha256sum version.txt | cut -d ' ' -f 1)"; },
    { filename = "image.bin"; path = "/www/image.bin"; sha256 = "$(sha256sum image.bin | cut -d ' ' -f 1)"; }
  );
}
END
  files=(sw-description version.txt image.bin)
  if [ "$4" != none ]; then
    openssl cms -sign -in sw-description -out sw-description.sig -signer $4.crt -inkey $4.pem -md sha256 -outform DER -nosmimecap -binary
    files=(sw-description sw-description.sig version.txt image.bin)
  fi
  printf '%s\n' "${files[@]}" | cpio -o -H crc --quiet > "$1"
}
package "$1/firmware/genuine.swu" 1.1.0 A maker
# the parts lie where the statement says
cmp <(tail -c +129 "$1/firmware/genuine.swu" | head -c 360) <(head -c 360 sw-description)
cmp <(tail -c +621 "$1/firmware/genuine.swu" | head -c 1262) <(head -c 1262 sw-description.sig)
cmp <(tail -c +2137 "$1/firmware/genuine.swu" | head -c 30006) image.bin
package "$1/firmware/older.swu" 0.9.0 A maker
package "$1/firmware/unsigned.swu" 1.1.0 A none
package "$1/firmware/foreign-key.swu" 1.1.0 A stranger
package "$1/firmware/other-model.swu" 1.1.0 B maker
