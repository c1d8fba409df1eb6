#!/usr/bin/env bash
# The official conformance suite against planc as a client, for both eras of the protocol. Installs the suite, and the Node
# that it needs, into a folder outside the repository's files; where it cannot, it says so and passes the suite over.
#
#   run.sh [PLANC [FOLDER]]
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../../target}
planc=$(realpath "${1:-$target/debug/planc}") || exit 2
folder=${2:-$target/conformance-suite}

WANTED="@modelcontextprotocol/conformance@0.2.0-alpha.12 node@24"

skip() {
  echo "SKIPPED the conformance suite: $*" >&2
  exit 0
}

if [ "$(cat "$folder/installed" 2>/dev/null)" != "$WANTED" ]; then
  command -v npm >/dev/null 2>&1 || skip "there is no \`npm\` here"
  rm -rf "$folder"
  mkdir -p "$folder"
  # shellcheck disable=SC2086
  npm install --prefix "$folder" --no-audit --no-fund --loglevel=error $WANTED >"$folder/log" 2>&1 ||
    skip "npm could not install it: $(tail -n 1 "$folder/log")"
  echo "$WANTED" >"$folder/installed"
fi

export PATH="$folder/node_modules/.bin:$PATH" PLANC="$planc" NODE_NO_WARNINGS=1
failed=0
for revision in 2025-11-25 2026-07-28; do
  echo "== planc as a client, $revision"
  log=$folder/client-$revision.log
  if ! conformance client --command "node $here/client.mjs" --requirements "$revision" \
    --expected-failures "$here/expected-$revision.yml" -o "$folder/results-$revision" >"$log" 2>&1; then
    failed=1
    tail -n 60 "$log"
  fi
  grep -aE '^(✓|✗|~)|Passed|expected|unexpected|stale' "$log" | tail -n 50
done
exit $failed
