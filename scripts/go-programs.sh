# Sourced by the build.sh beside a go.mod, which has its own `package NAME` (the import path of a tool of that go.mod,
# or nothing) and `compile PATH FILE`.
#
# programs CACHE NAME...: builds what is named, unless it is there already, and prints the folder that has it. Folders
# are told apart by what was built and how; others are removed. One build at a time, whoever else wants one waits.
programs() {
  local cache folder hash name
  cache=$(cd ../../.. && pwd)/.cache/$1
  shift
  command -v go >/dev/null || { echo "$* are Go programs: install Go first" >&2; return 1; }
  hash=$({ go version; cat go.mod go.sum build.sh; } | sha256sum | cut -c1-16)
  folder=$cache/$hash
  mkdir -p "$folder"
  exec 9>"$cache/lock"
  flock 9
  find "$cache" -mindepth 1 -maxdepth 1 -type d -not -name "$hash" -exec rm -r {} +
  for name in "$@"; do
    [ -x "$folder/$name" ] || build "$folder" "$name" 9>&-
  done
  echo "$folder"
}

build() {
  local file=$1/$2 path begun=$SECONDS
  path=$(package "$2")
  [ -n "$path" ] || { echo "go.mod has no tool $2" >&2; exit 1; }
  echo "building $2 (from nothing this takes minutes)" >&2
  compile "$path" "$file.new"
  mv "$file.new" "$file"
  echo "built $2 in $((SECONDS - begun)) s" >&2
}
