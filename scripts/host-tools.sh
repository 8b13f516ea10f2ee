#!/usr/bin/env bash
# Installs the programs that the node's tests run, where they are absent (Debian and its kin).
set -euo pipefail
. "$(dirname "$0")/debian-packages.sh"
need mkfs.ext4 e2fsprogs
need mkfs.xfs xfsprogs
need mkfs.btrfs btrfs-progs
need pvcreate lvm2
need losetup mount
need blkid util-linux
install_missing
