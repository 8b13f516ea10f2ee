#!/usr/bin/env bash
# Installs the programs that the node's tests run, where they are absent (Debian and its kin).
set -euo pipefail

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need mkfs.ext4 e2fsprogs
need mkfs.xfs xfsprogs
need mkfs.btrfs btrfs-progs
need pvcreate lvm2
need losetup mount
need blkid util-linux
[ ${#missing[@]} -eq 0 ] && exit 0

echo "installing ${missing[*]}"
command -v apt-get >/dev/null || { echo "no apt-get here: install ${missing[*]} by hand"; exit 1; }
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
