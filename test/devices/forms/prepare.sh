#!/bin/bash
# Makes the secrets of one "forms": $1 is the tester's folder, $2 the device's.
set -euo pipefail
mkdir -p "$1/secrets"
for account in administrator spare; do
  openssl rand -hex 12 > "$1/secrets/$account"
done
digest() { printf '%s:recorder:%s\n' "$1" "$(printf '%s:recorder:%s' "$1" "$2" | md5sum | cut -d' ' -f1)"; }
for account in admin:administrator tester:spare; do
  password=$(cat "$1/secrets/${account##*:}")
  printf '%s:%s\n' "${account%%:*}" "$(openssl passwd -apr1 "$password")" >> "$2/users"
  digest "${account%%:*}" "$password" >> "$2/digests"
done
