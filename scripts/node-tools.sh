#!/usr/bin/env bash
# Installs what a Kubernetes node of test/cluster/node needs, where it is absent (Debian and its kin). Nothing is started
# by it: the node starts a containerd of its own.
set -euo pipefail

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need containerd containerd
need runc runc
need ip iproute2
[ -x /usr/lib/cni/ptp ] || missing+=(containernetworking-plugins)
[ -e /bin/busybox ] && ! ldd /bin/busybox >/dev/null 2>&1 || missing+=(busybox-static)
[ ${#missing[@]} -eq 0 ] && exit 0

echo "installing ${missing[*]}"
command -v apt-get >/dev/null || { echo "no apt-get here: install ${missing[*]} by hand"; exit 1; }
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
