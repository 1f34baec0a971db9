#!/bin/bash
# boot.sh LOWER UPPER WORK ROOT: the first process of new namespaces (mounts, processes, network, names) becomes systemd.
#
# ROOT is what is in the folders LOWER (a list with colons) and UPPER, which takes all changes. All mounts are in this mount
# namespace alone: they are gone with its last process, whatever happens. What the kernel has only once (its settings below
# /proc/sys, the clock, modules) is out of reach.
set -euo pipefail
lower=$1 upper=$2 work=$3 root=$4
ip link set lo up
mount --make-rprivate /
# Nothing waits for the disk: what is written here need not survive a loss of power of this machine.
rm -rf "$work/work/incompat" # left by the same option at the start before
mount -t overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$work,volatile" overlay "$root"

mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
for path in sys sysrq-trigger; do
  [[ -e $root/proc/$path ]] || continue # not every kernel has the second
  mount --bind "$root/proc/$path" "$root/proc/$path"
  mount -o remount,bind,ro "$root/proc/$path"
done

mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
for name in null zero full random urandom tty; do
  touch "$root/dev/$name"
  mount --bind "/dev/$name" "$root/dev/$name"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/tmp"

cd "$root"
pivot_root . mnt
# Shared, as the kernel's first systemd makes it: credentials of a unit are mounted by a helper in a namespace of its own.
exec setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio --inh-caps=-sys_time,-sys_module,-sys_rawio \
  env -i container=packwarden-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  sh -c 'cd / && umount -l /mnt && mount --make-rshared / && exec /lib/systemd/systemd' </dev/null
