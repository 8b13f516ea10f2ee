#!/usr/bin/env bash
# Installs what the virtual machines of test/vm need, where it is absent (Debian and its kin).
set -euo pipefail

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need qemu-system-x86_64 qemu-system-x86
need mkfs.xfs xfsprogs
need mkfs.btrfs btrfs-progs
need mkfs.ext4 e2fsprogs
need nvme nvme-cli
need cryptsetup cryptsetup-bin
need unxz xz-utils
[ -e /bin/busybox ] && ! ldd /bin/busybox >/dev/null 2>&1 || missing+=(busybox-static)
[ ${#missing[@]} -eq 0 ] && exit 0

echo "installing ${missing[*]}"
command -v apt-get >/dev/null || { echo "no apt-get here: install ${missing[*]} by hand"; exit 1; }
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
