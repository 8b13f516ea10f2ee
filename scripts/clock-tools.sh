#!/usr/bin/env bash
# Installs what sets one process's clock, where it is absent (Debian and its kin).
set -euo pipefail

dpkg -s libfaketime >/dev/null 2>&1 && exit 0

echo "installing libfaketime"
command -v apt-get >/dev/null || { echo "no apt-get here: install libfaketime by hand"; exit 1; }
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends libfaketime >/dev/null
