#!/bin/bash
# First process of a device: builds a root file system from the installed packages and nothing else of the host,
# moves into it for good, and becomes the device's init script.
#   device-root.sh STATE DEVICE-FOLDER PROGRAMS
set -euo pipefail
state=$1 device=$2 programs=$3
root=/mnt
mount -t tmpfs -o mode=755,size=256m root $root
cd $root
mkdir -p usr proc sys dev device programs secrets console root home opt tmp run/lock run/sshd \
  var/{log,lib,cache,spool,tmp,www,mail} old
for d in bin sbin lib lib32 lib64 libx32; do [ ! -L "/$d" ] || ln -s "usr/$d" "$d"; done
ln -s ../run var/run
chmod 1777 tmp var/tmp
mount --bind /usr usr
mount -o remount,bind,ro usr

# settings of the packages as installed, without accounts, keys and links of the host
cp -a /etc etc
rm -rf etc/shadow* etc/gshadow* etc/ssh/ssh_host_* etc/ssl/private/* etc/netns etc/cron* etc/mtab
awk -F: '{ print $1 ":*:19700:0:99999:7:::" }' etc/passwd > etc/shadow
chmod 640 etc/shadow
rm -f etc/resolv.conf etc/hosts etc/hostname
touch etc/resolv.conf
echo camera > etc/hostname
printf '127.0.0.1 localhost\n::1 localhost\n10.78.0.2 camera\n' > etc/hosts
hostname camera

mount -t tmpfs -o mode=755 dev dev
for d in null zero full random urandom tty; do touch "dev/$d"; mount --bind "/dev/$d" "dev/$d"; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t proc proc proc

mount --bind "$device" device
mount --bind "$programs" programs
mount --bind "$state/for-device" secrets
for d in device programs secrets; do mount -o remount,bind,ro $d; done
mount --bind "$state/console" console    # the console and the ready mark come out here

pivot_root . old
cd /
umount -l /old
rmdir /old
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  IPV4=10.78.0.2 IPV6=fd78::2 LAB4=10.78.0.1 \
  setpriv --inh-caps=-all --bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_admin,+net_raw,+sys_chroot,+audit_write,+sys_tty_config,+ipc_lock,+sys_nice,+sys_resource \
  bash /device/init.sh
