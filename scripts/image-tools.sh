#!/usr/bin/env bash
# Installs what `make image` needs beside apt, where it is absent (Debian).
set -euo pipefail
. "$(dirname "$0")/debian-packages.sh"
command -v apt-get >/dev/null || { echo "the image is made of Debian's packages: run this on Debian, or use deploy/Dockerfile"; exit 1; }
need readelf binutils
install_missing
