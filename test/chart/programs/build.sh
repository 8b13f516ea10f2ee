#!/bin/bash
# build.sh NAME...: builds what is named of go.mod's tools (helm, kustomize, promtool), unless it is there already, and
# prints the folder that has it. Folders are told apart by what was built and how. One build at a time.
#
# promtool is built without service discoveries: rules are tested without them, and they are most of it.
set -euo pipefail
cd "$(dirname "$0")"
command -v go >/dev/null || { echo "helm, kustomize and promtool are Go programs: install Go first" >&2; exit 1; }
cache=$(cd ../../.. && pwd)/.cache/chart-tools
hash=$({ go version; cat go.mod go.sum build.sh; } | sha256sum | cut -c1-16)
folder=$cache/$hash
mkdir -p "$folder"

package() {
  go mod edit -json | sed -nE 's|.*"Path": "(.*/('"$1"'\|'"$1"'/v[0-9]+))"$|\1|p' | head -1
}

build() {
  local name=$1 path begun=$SECONDS
  path=$(package "$name")
  [ -n "$path" ] || { echo "go.mod has no tool $name" >&2; exit 1; }
  echo "building $name (from nothing this takes minutes)" >&2
  CGO_ENABLED=0 go build -trimpath -tags remove_all_sd -o "$folder/$name.new" -ldflags '-s -w' "$path"
  mv "$folder/$name.new" "$folder/$name"
  echo "built $name in $((SECONDS - begun)) s" >&2
}

exec 9>"$cache/lock"
flock 9
find "$cache" -mindepth 1 -maxdepth 1 -type d -not -name "$hash" -exec rm -r {} +
for name in "$@"; do
  [ -x "$folder/$name" ] || build "$name" 9>&-
done
echo "$folder"
