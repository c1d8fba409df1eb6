#!/usr/bin/env bash
# The official conformance suite against `planc mcp --http`, for both eras of the protocol: natively, where what the suite wants of
# a fixture's own tools does not apply, and in front of a conformant fixture, where no check may be lost that passes for the
# fixture alone. Installs the suite, and the Node that it needs, as the script for planc as a client does; where it cannot, it
# says so and passes the suite over.
#
#   run.sh [PLANC [FOLDER [FIXTURE]]]
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../../target}
planc=$(realpath "${1:-$target/debug/planc}") || exit 2
folder=${2:-$target/conformance-suite}
fixture=$(realpath "${3:-$(dirname "$planc")/examples/conformance_fixture}") || {
  echo "build the fixture first: cargo build --workspace --locked --example conformance_fixture" >&2
  exit 2
}

. "$here/../conformance_client/suite.sh"

scratch=$(mktemp -d)
started=()
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null; done
  wait 2>/dev/null
  rm -rf "$scratch"
}
trap finish EXIT

# Starts a server that prints its address in a line, and waits for that: `start NAME COMMAND…` sets `url`.
start() {
  local name=$1
  shift
  mkfifo "$scratch/$name.url"
  "$@" >"$scratch/$name.url" 2>"$scratch/$name.log" &
  started+=($!)
  read -r -t 60 url <"$scratch/$name.url" || {
    echo "$name did not start:" >&2
    cat "$scratch/$name.log" >&2
    exit 1
  }
}

# planc with a bearer credential, as agents meet it: `gateway NAME` serves the workspace of that name.
gateway() {
  cd "$scratch/$1" || exit 1
  start "$1" "$planc" mcp --http 127.0.0.1:0 --state-dir "$scratch/$1.state"
  start "$1-bearer" node "$here/bearer.mjs" "$url" "$scratch/$1.state/agents"
  cd "$here" || exit 1
}

failed=0
# The suite, held against its baseline: `suite NAME REVISION URL BASELINE`. At places it waits for half a second, which can be too
# short for a machine that is busy with other things; so a run that fails is made again, and has to pass as a whole.
suite() {
  local out=$folder/$1-$2 attempt
  for attempt in 1 2 3; do
    rm -rf "$out"
    if conformance server --url "$3" --requirements "$2" --expected-failures "$4" -o "$out" >"$out.log" 2>&1; then
      grep -aE '^Total' "$out.log"
      return
    fi
    echo "attempt $attempt failed: $(grep -aE '^  ✗ .*:|stale' "$out.log" | tr -s '\n ' ' ')"
  done
  failed=1
  tail -n 60 "$out.log"
}

mkdir "$scratch/native" "$scratch/through"
start fixture "$fixture"
alone=$url

gateway native
native=$url

cat >"$scratch/through/planc.toml" <<TOML
[catalogues]
files = ["catalogues/*.pl"]

[servers.fixture]
url = "$alone"
read = ["fixture:**"]
prefix = false
transparent = true
TOML
(cd "$scratch/through" && "$planc" tools import --mcp fixture --state-dir "$scratch/through.state" >"$scratch/import" 2>&1) || {
  cat "$scratch/import" >&2
  exit 1
}
# Reviewed: its tools only read, which is so.
sed -i 's|^ *// Effects are not reviewed.*$|    reads "fixture:all"|' "$scratch/through/catalogues/fixture.pl"
gateway through
through=$url

for revision in 2025-11-25 2026-07-28; do
  echo "== planc itself, $revision"
  suite native "$revision" "$native" "$here/native-$revision.yml"
  echo "== the fixture alone, $revision"
  suite alone "$revision" "$alone" "$here/alone-$revision.yml"
  echo "== planc in front of the fixture, $revision"
  suite through "$revision" "$through" "$here/through-$revision.yml"
  node "$here/lost.mjs" "$folder/alone-$revision" "$folder/through-$revision" "$here/through-$revision.yml" || failed=1
done
exit $failed
