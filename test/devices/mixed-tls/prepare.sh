#!/bin/bash
# Makes the secrets of one "mixed-tls": $1 is the tester's folder, $2 the device's.
set -euo pipefail
mkdir -p "$1/secrets"
for account in admin:administrator tester:spare; do
  openssl rand -hex 12 > "$1/secrets/${account##*:}"
  printf '/settings:%s:%s\n' "${account%%:*}" "$(openssl passwd -6 -in "$1/secrets/${account##*:}")"
done > "$2/httpd.conf"
