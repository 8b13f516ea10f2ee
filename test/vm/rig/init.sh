#!/bin/busybox sh
# First process of the guest: loads modules, lays a tmpfs over the host's read-only root, and hands over.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
# Nothing loads modules later: what a scenario may need is loaded here. Absent ones are built in.
modprobe -a $(cat /modules) 2>/dev/null
mkdir -p /lower /rw /newroot
mount -t virtiofs -o ro hostroot /lower && mount -t tmpfs -o size=60% tmpfs /rw && mkdir /rw/upper /rw/work &&
  mount -t overlay -o lowerdir=/lower,upperdir=/rw/upper,workdir=/rw/work overlay /newroot || {
  echo "guest: no root file system"
  poweroff -f
}
for folder in proc sys dev; do mkdir -p /newroot/$folder && mount --move /$folder /newroot/$folder; done
cd /newroot
mkdir -p out dev/pts dev/shm
mount -t devpts devpts dev/pts
mount -t tmpfs tmpfs dev/shm
mount -t tmpfs tmpfs run
mount -t configfs none sys/kernel/config
mount -t cgroup2 none sys/fs/cgroup
mount -t virtiofs out out
cp /bin/busybox run/busybox
exec switch_root /newroot /run/busybox sh /out/guest.sh
