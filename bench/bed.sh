#!/bin/bash
# The bench's bed: namespaces csb-lab (harness) and csb-dut (device), joined by three paths.
#   10.79.0.x direct, 10.79.1.x 5 ms round trip, 10.79.2.x 1 ms and 0.1 % loss.
# On the device .2 answers closed ports with RST, .3 drops, .4 limits what it answers for closed ports to 500 a second.
#   bed.sh up FOLDER | down FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$2

down() {
  local f
  for f in "$folder"/path*.pid; do [ ! -s "$f" ] || kill "$(cat "$f")" 2> /dev/null || true; done
  for n in csb-lab csb-dut csb-wire; do ip netns del $n 2> /dev/null || true; done
}

plain() { # without offloading, else forwarded frames carry unfinished checksums
  ip netns exec "$1" ethtool -K "$2" tx off gso off tso off gro off > /dev/null
  ip -n "$1" link set "$2" up
}

up() {
  mkdir -p "$folder"
  gcc -O2 -pthread -o "$folder/path" "$here/path.c"
  for n in csb-lab csb-dut csb-wire; do
    ip netns add $n
    ip -n $n link set lo up
  done
  ip link add lab0 netns csb-lab type veth peer name dut0 netns csb-dut
  for i in 1 2; do
    ip link add lab$i netns csb-lab type veth peer name a$i netns csb-wire
    ip link add dut$i netns csb-dut type veth peer name b$i netns csb-wire
    plain csb-wire a$i
    plain csb-wire b$i
  done
  for i in 0 1 2; do
    ip -n csb-lab addr add 10.79.$i.1/24 dev lab$i
    for host in 2 3 4; do ip -n csb-dut addr add 10.79.$i.$host/24 dev dut$i; done
    plain csb-lab lab$i
    plain csb-dut dut$i
  done
  ip netns exec csb-dut nft -f - << 'N'
table inet bed {
  set tcp_open { type inet_service; elements = { 23, 80, 443, 554, 8000, 8899, 9530, 34567, 37777, 49152 } }
  counter opened { }
  chain input {
    type filter hook input priority 0;
    tcp flags & (syn | ack) == syn tcp dport 443 counter name opened
    ip daddr { 10.79.0.3, 10.79.1.3, 10.79.2.3 } tcp dport != @tcp_open drop
    ip daddr { 10.79.0.4, 10.79.1.4, 10.79.2.4 } tcp dport != @tcp_open limit rate over 500/second burst 100 packets drop
  }
}
N
  ip netns exec csb-wire "$folder/path" a1 b1 2500 0 > /dev/null 2>&1 & echo $! > "$folder/path1.pid"
  ip netns exec csb-wire "$folder/path" a2 b2 500 10 > /dev/null 2>&1 & echo $! > "$folder/path2.pid"
}

case $1 in
  up) up ;;
  down) down ;;
  *) exit 2 ;;
esac
