# Thin on purpose: each target is one command of the project. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Bun is pinned in package.json. The one on PATH serves if it is that version; else npm brings it.
BUN_VERSION := $(shell sed -n 's/.*"bun": "\([0-9.]*\)".*/\1/p' package.json)
BUN_HOME := .cache/bun-$(BUN_VERSION)
BUN := $(shell [ "$$(bun --version 2>/dev/null)" = "$(BUN_VERSION)" ] && command -v bun || echo $(CURDIR)/$(BUN_HOME)/node_modules/bun/bin/bun.exe)
export PATH := $(CURDIR)/$(BUN_HOME)/node_modules/.bin:$(CURDIR)/node_modules/.bin:$(PATH)

$(CURDIR)/$(BUN_HOME)/node_modules/bun/bin/bun.exe:
	@echo "installing Bun $(BUN_VERSION) into $(BUN_HOME)"
	@mkdir -p $(BUN_HOME) && echo '{"private":true,"allowScripts":{"bun":true}}' > $(BUN_HOME)/package.json
	@npm install --prefix $(BUN_HOME) --save-exact --loglevel=error bun@$(BUN_VERSION) >/dev/null

node_modules/.installed: package.json bun.lock | $(BUN)
	@$(BUN) install --frozen-lockfile --silent
	@touch $@
