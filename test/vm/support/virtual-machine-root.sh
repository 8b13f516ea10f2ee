#!/bin/busybox sh
# First process on the disk of a virtual machine: looks at what its earlier boots wrote, writes, and goes down.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -o remount,rw /
cd /boots
earlier=$(ls | grep -c 'data$')
sha256sum -c ./*.sum >/dev/null 2>&1
found=$?
[ "$earlier" -eq 0 ] && found=0
head -c 4194304 /dev/urandom >"$earlier.data"
sha256sum "$earlier.data" >"$earlier.sum"
sync
echo "vm: $earlier boots before this one, their data $([ $found -eq 0 ] && echo whole || echo DAMAGED)"
poweroff -f
