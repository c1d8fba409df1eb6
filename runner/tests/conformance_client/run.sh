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

. "$here/../conformance_client/suite.sh"

export PLANC="$planc"
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
