#!/bin/bash
# First process of a lab. It was started in mount, process and network namespaces of its own: the network namespace is
# the bench, the device gets another one, and the death of this process ends everything in both.
#   lab.sh own STATE SECONDS DEVICE-FOLDER PROGRAMS      boots a device of this folder
#   lab.sh external STATE SECONDS FOLDER NAME            starts a device that brings its own scripts
set -euo pipefail
kind=$1 state=$2 seconds=$3
read -r host_pid _ < /proc/self/stat
mount --make-rprivate /
mount -t proc proc /proc
mkdir -p /run/netns
mount -t tmpfs netns /run/netns          # names given by `ip netns add` are seen in here only
ip link set lo up
echo "$host_pid" > "$state/pid.new" && mv "$state/pid.new" "$state/pid"

if [ "$kind" = external ]; then
  export DUT_STATE=$state/duts DUT_MAX_SECONDS=$seconds
  mkdir -p "$DUT_STATE"
  bash "$4/$5/start.sh" && touch "$state/console/ready"
else
  sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.default.accept_dad=0
  ip netns add device
  ip netns exec device sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 \
    net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.accept_ra=0
  ip link add bench0 type bridge mcast_snooping 0
  ip link add leg0 type veth peer name eth0 netns device
  ip link set leg0 master bench0 up
  ip link set bench0 up
  ip addr add 10.78.0.1/24 dev bench0
  ip addr add 10.78.0.3/24 dev bench0    # a second source: what a ban of the first leaves untouched
  ip addr add fd78::1/64 dev bench0 nodad
  ip addr add fd78::3/64 dev bench0 nodad preferred_lft 0    # 0: never chosen as source unless asked for
  ip route add 224.0.0.0/4 dev bench0
  ip -n device link set lo up
  ip -n device link set eth0 address 02:00:78:00:00:02 up
  ip -n device addr add 10.78.0.2/24 dev eth0
  ip -n device addr add fd78::2/64 dev eth0 nodad
  ip -n device route add default via 10.78.0.1    # ends at the bench: nothing is forwarded from there
  ip netns exec device unshare --mount --pid --ipc --uts --fork --kill-child=KILL \
    bash "$(dirname "$0")/device-root.sh" "$state" "$4" "$5" &
fi
sleep "$seconds" &
wait -n                                  # the device has died, or its time is over
