#!/bin/bash
# Makes the secrets of one "good-web": $1 is the tester's folder, $2 the device's.
set -euo pipefail
mkdir -p "$1/secrets"
for account in administrator spare; do openssl rand -hex 12 > "$1/secrets/$account"; done
for account in admin:administrator tester:spare; do
  printf '%s:%s\n' "${account%%:*}" "$(openssl passwd -5 -in "$1/secrets/${account##*:}")"
done > "$2/htpasswd"
cp "$1/secrets/administrator" "$2/rtsp-password"
cp "$1/secrets/spare" "$2/rtsp-spare"
ssh-keygen -q -t ed25519 -N '' -C tester -f "$1/secrets/ssh-key"
cp "$1/secrets/ssh-key.pub" "$2/authorized-keys"
