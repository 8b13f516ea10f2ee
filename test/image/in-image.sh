#!/bin/bash
# in-image.sh ROOT UID SHARED PROGRAM...: runs a program of an unpacked image as a container would: its root, a user, the
# kernel's folders, and one folder of the machine's at the same place. All of it in a mount namespace that ends with it.
set -euo pipefail
root=$1 user=$2 shared=$3
shift 3
exec unshare --mount --propagation private bash -c '
  root=$1 user=$2 shared=$3
  shift 3
  mount -t tmpfs -o mode=1777 none "$root/tmp"
  mkdir -p "$root$shared"
  mount --bind "$shared" "$root$shared"
  for folder in proc sys dev; do mount --rbind "/$folder" "$root/$folder"; done
  exec chroot --userspec="$user:$user" "$root" "$@"' in-image "$root" "$user" "$shared" "$@"
