#!/bin/bash
# Makes the secret of one "mixed-tls": $1 is the tester's folder, $2 the device's.
set -euo pipefail
mkdir -p "$1/secrets"
openssl rand -hex 12 > "$1/secrets/administrator"
printf '/settings:admin:%s\n' "$(openssl passwd -6 -in "$1/secrets/administrator")" > "$2/httpd.conf"
