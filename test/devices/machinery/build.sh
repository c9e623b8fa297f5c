#!/bin/bash
# Compiles the RTSP server's launcher into directory $1, once for each version of its source.
set -euo pipefail
source=$(dirname "$0")/rtsp-server.c
program=$1/rtsp-server
mkdir -p "$1"
[ "$program" -nt "$source" ] && exit 0
gcc -O1 -Wall -Wextra -o "$program.$$" "$source" $(pkg-config --cflags --libs gstreamer-rtsp-server-1.0 gstreamer-rtsp-1.0 gio-2.0)
mv "$program.$$" "$program"
