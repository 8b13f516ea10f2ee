#!/bin/bash
# build.sh NAME...: builds what is named of a Kubernetes cluster from Go modules, unless it is there already, and prints
# the folder that has it. Names are the last part of go.mod's tools.
#
# Kubernetes' version has to be linked in: its parts misbehave without. Flags and module versions are the same for
# whatever is built of this module, so that compiled packages are shared.
set -euo pipefail
cd "$(dirname "$0")"
. ../../../scripts/go-programs.sh

package() {
  case $1 in
    etcd) echo go.etcd.io/etcd/server/v3 ;;
    *) go mod edit -json | sed -n 's|.*"Path": "\(.*/cmd/'"$1"'\)".*|\1|p' ;;
  esac
}

compile() {
  local version major minor at=k8s.io/component-base/version
  version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
  IFS=. read -r major minor _ <<<"${version#v}"
  CGO_ENABLED=0 go build -trimpath -o "$2" -ldflags "-s -w -X $at.gitVersion=$version \
    -X $at.gitMajor=$major -X $at.gitMinor=$minor -X $at.gitTreeState=clean -X $at.gitCommit=unknown" "$1"
}

programs kube "$@"
