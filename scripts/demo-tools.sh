#!/usr/bin/env bash
# What the demo runs as root. It grows a mounted file system, and the kernel lets only a process with CAP_SYS_RESOURCE
# (bit 24) grow ext4; some sandboxes withhold that even from root: then the demo uses xfs.
set -euo pipefail
[ "$(id -u)" = 0 ] && [ -r /proc/self/status ] || exit 0
capabilities=$((16#$(awk '/^CapEff/ {print $2}' /proc/self/status)))
mkfs=mkfs.ext4
if [ $((capabilities >> 24 & 1)) = 0 ]; then mkfs=mkfs.xfs; fi
for program in "$mkfs" losetup blkid; do
  command -v "$program" >/dev/null && continue
  echo "the demo needs $program:"
  exec "$(dirname "$0")/host-tools.sh"
done
