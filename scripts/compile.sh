#!/usr/bin/env bash
# compile.sh OUT [RUNTIME]: the driver as one executable. RUNTIME is the Bun that it carries, where that is not the one
# that compiles: another architecture's, for instance.
#
# ssh2 asks for the native cpu-features only to order its ciphers, and does without. A folder that the driver happens to
# be started in has no say in it: no .env, no bunfig.toml.
set -euo pipefail
cd "$(dirname "$0")/.."
bun build --compile --minify --bytecode --format=esm --splitting --external cpu-features \
  --no-compile-autoload-dotenv --no-compile-autoload-bunfig \
  ${2:+--compile-executable-path "$2"} src/main.ts --outfile "$1"
