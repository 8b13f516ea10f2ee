#!/usr/bin/env bash
# Installs what a Kubernetes node of test/cluster/node needs, where it is absent (Debian and its kin). Nothing is started
# by it: the node starts a containerd of its own.
set -euo pipefail
. "$(dirname "$0")/debian-packages.sh"
need containerd containerd
need runc runc
need ip iproute2
[ -x /usr/lib/cni/ptp ] || missing+=(containernetworking-plugins)
need_static_busybox
install_missing
