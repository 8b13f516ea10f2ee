# Sourced by the scripts that install programs where they are absent (Debian and its kin).
missing=()

# need PROGRAM PACKAGE
need() { command -v "$1" >/dev/null || missing+=("$2"); }

# Some guests and images boot a busybox of which all is in one file.
need_static_busybox() { [ -e /bin/busybox ] && ! ldd /bin/busybox >/dev/null 2>&1 || missing+=(busybox-static); }

install_missing() {
  [ ${#missing[@]} -eq 0 ] && return
  echo "installing ${missing[*]}"
  command -v apt-get >/dev/null || { echo "no apt-get here: install ${missing[*]} by hand"; exit 1; }
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
