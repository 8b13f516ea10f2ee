#!/bin/busybox sh
# First process of a virtual machine that has its root on its first disk.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
modprobe -a $(cat /modules) 2>/dev/null
mount -t ext4 /dev/vda /root || {
  echo "vm: no root on its disk"
  poweroff -f
}
exec switch_root /root /init
