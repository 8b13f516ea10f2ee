#!/usr/bin/env bash
# Installs what the virtual machines of test/vm need, where it is absent (Debian and its kin).
set -euo pipefail
. "$(dirname "$0")/debian-packages.sh"
need qemu-system-x86_64 qemu-system-x86
need mkfs.xfs xfsprogs
need mkfs.btrfs btrfs-progs
need mkfs.ext4 e2fsprogs
need nvme nvme-cli
need cryptsetup cryptsetup-bin
need unxz xz-utils
need_static_busybox
install_missing
