#!/bin/bash
# build.sh NAME...: builds what is named of a Kubernetes cluster from Go modules, unless it is there already, and prints
# the folder that has it. Names are the last part of go.mod's tools. Folders are told apart by what was built and how:
# versions, flags, compiler. One build at a time, whoever else wants one waits.
#
# Kubernetes' version has to be linked in: its parts misbehave without. Flags and module versions are the same for
# whatever is built of this module, so that compiled packages are shared.
set -euo pipefail
cd "$(dirname "$0")"
command -v go >/dev/null || { echo "the parts of a cluster are Go programs: install Go first" >&2; exit 1; }
cache=$(cd ../../.. && pwd)/.cache/kube
hash=$({ go version; cat go.mod go.sum build.sh; } | sha256sum | cut -c1-16)
folder=$cache/$hash
mkdir -p "$folder"

package() {
  case $1 in
    etcd) echo go.etcd.io/etcd/server/v3 ;;
    *) go mod edit -json | sed -n 's|.*"Path": "\(.*/cmd/'"$1"'\)".*|\1|p' ;;
  esac
}

build() {
  local name=$1 path version major minor at=k8s.io/component-base/version begun=$SECONDS
  path=$(package "$name")
  [ -n "$path" ] || { echo "go.mod has no tool $name" >&2; exit 1; }
  version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
  IFS=. read -r major minor _ <<<"${version#v}"
  echo "building $name (from nothing this takes minutes)" >&2
  CGO_ENABLED=0 go build -trimpath -o "$folder/$name.new" -ldflags "-s -w -X $at.gitVersion=$version \
    -X $at.gitMajor=$major -X $at.gitMinor=$minor -X $at.gitTreeState=clean -X $at.gitCommit=unknown" "$path"
  mv "$folder/$name.new" "$folder/$name"
  echo "built $name in $((SECONDS - begun)) s" >&2
}

exec 9>"$cache/lock"
flock 9
# What other versions left behind.
find "$cache" -mindepth 1 -maxdepth 1 -type d -not -name "$hash" -exec rm -r {} +
for name in "$@"; do
  [ -x "$folder/$name" ] || build "$name" 9>&-
done
echo "$folder"
