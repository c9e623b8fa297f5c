#!/bin/bash
# Makes the secrets of one "good-servers": $1 is the tester's folder, $2 the device's.
set -euo pipefail
mkdir -p "$1/secrets"
for account in administrator broker; do openssl rand -hex 12 > "$1/secrets/$account"; done
printf 'admin:%s\n' "$(openssl passwd -6 -in "$1/secrets/administrator")" > "$2/htpasswd"
cp "$1/secrets/broker" "$2/broker"
ssh-keygen -q -t ed25519 -N '' -C laboratory -f "$1/secrets/ssh-key"
cp "$1/secrets/ssh-key.pub" "$2/authorized-keys"
