#!/bin/bash
# Makes the secrets of one "bad-servers": $1 is the tester's folder, $2 the device's.
set -euo pipefail
mkdir -p "$1/secrets"
for account in administrator broker technician; do openssl rand -hex 12 > "$1/secrets/$account"; done
printf 'admin:%s\n' "$(openssl passwd -6 -in "$1/secrets/administrator")" > "$2/htpasswd"
cp "$1/secrets/broker" "$1/secrets/technician" "$2"
