#!/bin/bash
# Builds the cluster's parts from Go modules into the file that is named. Kubernetes' version has to be linked in: its
# parts misbehave without. Flags and module versions are the same for whatever is built of this module, so that compiled
# packages are shared.
set -euo pipefail
cd "$(dirname "$0")"
version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
IFS=. read -r major minor _ <<<"${version#v}"
at=k8s.io/component-base/version
CGO_ENABLED=0 go build -trimpath -o "$1" -ldflags "-s -w -X $at.gitVersion=$version -X $at.gitMajor=$major \
  -X $at.gitMinor=$minor -X $at.gitTreeState=clean -X $at.gitCommit=unknown" .
