#!/bin/bash
# build.sh NAME...: builds what is named of go.mod's tools (helm, kustomize, promtool), unless it is there already, and
# prints the folder that has it.
#
# promtool is built without service discoveries: rules are tested without them, and they are most of it.
set -euo pipefail
cd "$(dirname "$0")"
. ../../../scripts/go-programs.sh

package() {
  go mod edit -json | sed -nE 's|.*"Path": "(.*/('"$1"'\|'"$1"'/v[0-9]+))"$|\1|p' | head -1
}

compile() {
  CGO_ENABLED=0 go build -trimpath -tags remove_all_sd -o "$2" -ldflags '-s -w' "$1"
}

programs chart-tools "$@"
