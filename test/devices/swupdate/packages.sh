#!/bin/bash
# Update packages as a maker makes them with SWUpdate's own format: $1 is the folder they go to, $2 that of the device's
# files, $3 the length of an image. A package is a cpio archive: sw-description, its signature (CMS), the version and the
# image. Beside them: the parts of the genuine one, and the certificate that the device trusts.
set -euo pipefail
out=$1 www=$2 length=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for key in maker stranger; do
  openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 3650 -set_serial 1 -subj /CN=maker \
    -addext extendedKeyUsage=emailProtection -keyout $key.pem -out $key.crt 2> /dev/null
done
cp maker.crt "$out"

package() { # NAME VERSION REVISION KEY
  echo "$2" > version.txt
  { echo "$2"; head -c "$length" /dev/urandom; } > image.bin
  cat > sw-description << END
software = {
  version = "$2";
  hardware-compatibility: [ "$3" ];
  files: (
    { filename = "version.txt"; path = "$www/version.txt"; sha256 = "$(sha256sum version.txt | cut -d ' ' -f 1)"; },
    { filename = "image.bin"; path = "$www/image.bin"; sha256 = "$(sha256sum image.bin | cut -d ' ' -f 1)"; }
  );
}
END
  files=(sw-description version.txt image.bin)
  if [ "$4" != none ]; then
    openssl cms -sign -in sw-description -out sw-description.sig -signer "$4.crt" -inkey "$4.pem" -md sha256 -outform DER -nosmimecap -binary
    files=(sw-description sw-description.sig version.txt image.bin)
  fi
  printf '%s\n' "${files[@]}" | cpio -o -H crc --quiet > "$out/$1.swu"
}
package genuine 1.1.0 A maker
mkdir "$out/parts"
cp sw-description sw-description.sig image.bin "$out/parts"
package older 0.9.0 A maker
package unsigned 1.1.0 A none
package foreign-key 1.1.0 A stranger
package other-model 1.1.0 B maker
