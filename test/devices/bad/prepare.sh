#!/bin/bash
# Makes the update packages of "bad" (plain gzip'd archives, no signature) in folder $1/firmware.
set -euo pipefail
mkdir -p "$1/firmware"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
package() { # FOLDER VERSION MODEL FILE
  echo "$2" > "$work/version"
  echo "$3" > "$work/model"
  head -c 30000 /dev/zero | tr '\0' F > "$work/app.bin"
  tar -C "$work" --owner=0 --group=0 --mtime=2020-01-01 -czf "$1/$4" version model app.bin
}
package "$1/firmware" 2.5.0 DVS-2 update-2.5.0.tar.gz
package "$1/firmware" 2.3.0 DVS-2 update-2.3.0.tar.gz
package "$1/firmware" 2.6.0 DVS-9 other-model-2.6.0.tar.gz
