#!/bin/bash
# boot.sh RUN: the first process of a node, in namespaces of its own (mounts, network, processes, host name): whatever
# the node does ends with it. What kubelet and containerd write of the machine's own folders lies below RUN instead.
# Then every program in RUN/services runs, and is started again when it ends.
set -euo pipefail
run=$1

mount --make-rshared /
for folder in lib log; do
  mkdir -p "$run/var/$folder"
  mount --bind "$run/var/$folder" "/var/$folder"
  # A file system of its own, as it were: what is mounted in it does not show below RUN, too.
  mount --make-private "/var/$folder"
  mount --make-shared "/var/$folder"
done
mkdir -p "$run/etc" "$run/etc-work"
mount -t overlay -o "lowerdir=/etc,upperdir=$run/etc,workdir=$run/etc-work" overlay /etc
mount -t tmpfs tmpfs /run

# kubelet sets the kernel up for itself, which would last: it is told that all is so already.
mkdir -p "$run/kernel"
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
  kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  told=$run/kernel/${setting//\//.}
  echo "${setting#*=}" >"$told"
  mount --bind "$told" "/proc/sys/${setting%=*}"
done

# The node's address, the API server's where pods look for it, and an appliance's: all are this machine's own.
ip link set lo up
ip link add eth0 type veth peer name eth0-peer
ip address add 10.77.0.1/24 dev eth0
ip address add 10.96.0.1/32 dev lo
ip address add 192.0.2.10/32 dev lo
ip link set eth0 up
ip link set eth0-peer up

# As pid 1: the group is that of nobody else.
for hierarchy in $(cat "$run/cgroups"); do mkdir -p "$hierarchy"; done

keep() {
  while :; do
    "$1" >>"$run/log/$(basename "$1").log" 2>&1 </dev/null || true
    sleep 0.2
  done
}
mkdir -p "$run/log"
for service in "$run"/services/*; do keep "$service" & done
wait
