#!/usr/bin/env bash
# Installs what sets one process's clock, where it is absent (Debian and its kin).
set -euo pipefail
. "$(dirname "$0")/debian-packages.sh"
dpkg -s libfaketime >/dev/null 2>&1 || missing+=(libfaketime)
install_missing
