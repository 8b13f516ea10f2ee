#!/usr/bin/env bash
# Installs what `make image` needs beside apt, where it is absent (Debian).
set -euo pipefail
command -v apt-get >/dev/null || { echo "the image is made of Debian's packages: run this on Debian, or use deploy/Dockerfile"; exit 1; }
command -v readelf >/dev/null && exit 0
echo "installing binutils"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends binutils >/dev/null
