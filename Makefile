# Thin on purpose: each target is one command of the project.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Bun is pinned in package.json. The one on PATH serves if it is that version; else npm brings it.
BUN_VERSION := $(shell sed -n 's/.*"bun": "\([0-9.]*\)".*/\1/p' package.json)
BUN_HOME := .cache/bun-$(BUN_VERSION)
ifeq ($(shell bun --version 2>/dev/null),$(BUN_VERSION))
BUN := $(shell command -v bun)
else
BUN := $(CURDIR)/$(BUN_HOME)/node_modules/.bin/bun
export PATH := $(CURDIR)/$(BUN_HOME)/node_modules/.bin:$(PATH)
endif
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

READY := node_modules/.installed
BINARY := dist/rose-csi
IMAGE := dist/image/index.json
SOURCE := $(shell find src -name '*.ts' -not -name '*.test.ts')
SANITY := .cache/bin/csi-sanity
FLOOR := 90

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## a volume's life on the embedded backend (as root with real devices and mounts)
	@scripts/demo-tools.sh
	@bun src/main.ts demo

test: $(READY) ## all tests that need no root, no Go and no network
	@bun test

test-host: $(READY) tools-host ## the node's rules on real loop devices and file systems (root)
	@bun test $(addprefix ./,$(wildcard test/host/*.host.ts))

demo-routeros: $(READY) ## the same for the controller, on a simulated RouterOS appliance over real SSH
	@bun test/demo/run.ts

simulator: $(READY) ## a simulated RouterOS appliance to log in to; FLAGS="--help" shows what it takes
	@bun test/simulator/main.ts --state .cache/simulator $(FLAGS)

e2e-vm: $(READY) $(BINARY) ## the data path on real kernels, in virtual machines (root)
	@scripts/vm-tools.sh
	@bun test/vm/run.ts $(VM)

contract: $(READY) ## the contract suite on the RouterOS versions that make test leaves out
	@bun test ./test/contract/routeros.versions.ts

faults: $(READY) ## every fault at every point of every operation on RouterOS, counted (minutes)
	@bun test ./test/faults/sweep.faults.ts ./test/faults/races.faults.ts

verify: types lint structure unused current coverage ## types, lint, structure, unused code, generated files, tests, coverage

types: $(READY)
	@tsc --noEmit

lint: $(READY)
	@biome check --error-on-warnings

structure: $(READY)
	@bun scripts/structure.ts

unused: $(READY)
	@bun --bun node_modules/.bin/knip

current: $(READY)
	@bun scripts/docs.ts --check
	@bun scripts/links.ts
	@bun scripts/bindings.ts --check

coverage: $(READY)
	@bun scripts/coverage.ts $(FLOOR)

generate: $(READY) ## the CSI bindings, docs/configuration.md and docs/capabilities.md
	@bun scripts/bindings.ts
	@bun scripts/docs.ts

format: $(READY) ## formats the source
	@biome check --write

sanity: $(READY) $(SANITY) ## csi-sanity against the driver (root, Go)
	@bun test/sanity/run.ts $(SANITY)

interop: $(READY) ## the grpc-go client against the driver (Go)
	@cd test/go && ROSE_CSI="$(BUN) $(CURDIR)/src/main.ts" go test -v -count=1 ./interop/

test-kube: $(READY) $(BINARY) ## client and controllers against a real kube-apiserver and etcd (Go; the first build takes long)
	@scripts/clock-tools.sh
	@test/cluster/programs/build.sh etcd kube-apiserver >/dev/null
	@bun test $(addprefix ./,$(wildcard test/cluster/*.cluster.ts))

# What of it: KUBE="nodes two-clusters".
KUBE ?= $(patsubst test/cluster/whole/%.cluster.ts,%,$(wildcard test/cluster/whole/*.cluster.ts))
# How long appliance and API server are away, s.
e2e-kube: export OUTAGE_SECONDS ?= 15
e2e-kube: $(READY) ## volumes and bad days by Kubernetes objects, real controllers and sidecars (Go; the first build takes long)
	@test/cluster/programs/build.sh etcd kube-apiserver kube-controller-manager csi-provisioner csi-attacher csi-resizer \
	  csi-snapshotter snapshot-controller >/dev/null
	@bun test $(patsubst %,./test/cluster/whole/%.cluster.ts,$(KUBE))

e2e-cluster: $(READY) $(IMAGE) ## volumes on a real kubelet: the chart and the image on a cluster of one node (root, Go); SCENARIOS="block" for some
	@scripts/node-tools.sh
	@bun test/cluster/node/run.ts e2e $(SCENARIOS)

cluster-up: $(READY) $(IMAGE) ## a cluster of one real node, with the driver installed, to play with (root, Go)
	@scripts/node-tools.sh
	@bun test/cluster/node/run.ts up

cluster-down: $(READY) ## takes it down, and all that belongs to it
	@bun test/cluster/node/run.ts down

soak: export MODEL_RUNS ?= 10000
soak: OUTAGE_SECONDS ?= 120
soak: LONG_OUTAGE_SECONDS ?= 600
soak: $(READY) ## the long ones: 10,000 random histories of the reconcilers, outages of two and of ten minutes (root, Go)
	@bun test ./test/model/reconcile.test.ts
	@$(MAKE) --no-print-directory e2e-kube OUTAGE_SECONDS=$(OUTAGE_SECONDS)
	@$(MAKE) --no-print-directory e2e-kube KUBE=appliance OUTAGE_SECONDS=$(LONG_OUTAGE_SECONDS)
	@$(MAKE) --no-print-directory e2e-vm VM=long-outage

build: $(BINARY) ## one compiled executable, dist/rose-csi

test-build: $(READY) $(BINARY) ## starts the compiled executable and probes it
	@bun test ./test/build/compiled.build.ts

image: $(IMAGE) ## the container image as OCI layout in dist/, without a container engine; ARCH="amd64 arm64" for both

test-image: $(READY) $(IMAGE) ## the image unpacked, its programs and the driver run in it (root)
	@bun test --timeout 60000 ./test/image/image.build.ts

chart: $(READY) ## the Helm chart and kustomize base: lint, what is rendered, what is refused (Go)
	@programs=$$(test/chart/programs/build.sh helm kustomize promtool) \
	  && for values in test/chart/values/*.yaml; do "$$programs/helm" lint --quiet --strict deploy/helm/rose-csi -f "$$values"; done \
	  && bun scripts/chart.ts "$$programs/helm" --check && "$$programs/kustomize" build deploy/kustomize/base >/dev/null
	@bun test --timeout 60000 $(addprefix ./,$(wildcard test/chart/*.helm.ts))

kustomize: $(READY) ## renders the kustomize base, and the chart's tests, from the chart (Go)
	@bun scripts/chart.ts "$$(test/chart/programs/build.sh helm)/helm"

bench: $(READY) $(BINARY) ## start, memory and throughput; JSON in bench-results/
	@bun test/bench/run.ts
	@bun test/bench/routeros/run.ts --short

bench-routeros: $(READY) $(BINARY) ## the RouterOS backend over the simulator, each latency and limit; about 6 minutes
	@bun test/bench/routeros/run.ts

clean: ## removes what was built and installed
	@rm -rf .cache node_modules dist coverage test-results bench-results

$(BINARY): $(READY) package.json scripts/compile.sh $(SOURCE)
	@scripts/compile.sh $(BINARY)

$(IMAGE): $(READY) package.json scripts/compile.sh scripts/image.ts $(wildcard scripts/image/*.ts) $(SOURCE)
	@scripts/image-tools.sh
	@bun scripts/image.ts $(ARCH)

$(SANITY): test/go/go.mod test/go/go.sum
	@command -v go >/dev/null || { echo "csi-sanity is a Go program: install Go first"; exit 1; }
	@cd test/go && CGO_ENABLED=0 go build -trimpath -o $(CURDIR)/$(SANITY) github.com/kubernetes-csi/csi-test/v5/cmd/csi-sanity

# What the node calls; a Debian package for each that is absent.
tools-host:
	@scripts/host-tools.sh

$(READY): package.json bun.lock Makefile | $(BUN)
	@bun install --frozen-lockfile --silent
	@touch $@

$(CURDIR)/$(BUN_HOME)/node_modules/.bin/bun:
	@echo "installing Bun $(BUN_VERSION) into $(BUN_HOME)"
	@mkdir -p $(BUN_HOME)
	@echo '{"private":true,"allowScripts":{"bun":true}}' > $(BUN_HOME)/package.json
	@npm install --prefix $(BUN_HOME) --save-exact --loglevel=error bun@$(BUN_VERSION) >/dev/null

.PHONY: help demo demo-routeros simulator test test-host contract faults verify types lint structure unused current \
	coverage generate format sanity interop test-kube e2e-kube soak build test-build image test-image chart kustomize \
	bench bench-routeros clean tools-host e2e-vm cluster-up cluster-down e2e-cluster
