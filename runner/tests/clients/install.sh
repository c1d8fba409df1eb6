#!/usr/bin/env bash
# Installs the agents' clients that `main.rs` beside this drives, each of one version, into a folder outside the
# repository's files: `target/agent-clients`, or the one that is named. Which one cannot be had is said, and its tests are
# passed over.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-${CARGO_TARGET_DIR:-$here/../../../target}/agent-clients}

# The programs that people start, and the packages that bring them.
CLIENTS=(claude=@anthropic-ai/claude-code@2.1.332 codex=@openai/codex@0.171.0 gemini=@google/gemini-cli@0.61.0)

skip() {
  echo "SKIPPED the tests of $1: $2" >&2
}

for client in "${CLIENTS[@]}"; do
  name=${client%%=*}
  package=${client#*=}
  place=$folder/$name
  if [ "$(cat "$place/installed" 2>/dev/null)" = "$package" ]; then
    continue
  fi
  if ! command -v npm >/dev/null 2>&1; then
    skip "$name" "there is no \`npm\` here"
    continue
  fi
  rm -rf "$place"
  mkdir -p "$place"
  # The package of Claude Code brings a program that needs no Node, but asks for a newer one than others do.
  if ! npm install --prefix "$place" --no-audit --no-fund --engine-strict=false --loglevel=error "$package" >"$place/log" 2>&1; then
    skip "$name" "npm could not install it: $(tail -n 1 "$place/log")"
  elif ! HOME=$place "$place/node_modules/.bin/$name" --version >"$place/log" 2>&1; then
    skip "$name" "it does not start: $(tail -n 1 "$place/log")"
  else
    echo "$package" >"$place/installed"
  fi
done
