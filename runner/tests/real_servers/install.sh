#!/usr/bin/env bash
# Installs the MCP servers that `main.rs` beside this drives, each of one version, into a folder outside the repository's
# files: `target/real-servers`, or the one that is named. Where it cannot, it says so, and the tests are passed over.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-${CARGO_TARGET_DIR:-$here/../../../target}/real-servers}

NPM=(@modelcontextprotocol/server-filesystem@2026.8.31 @modelcontextprotocol/server-memory@2026.8.31
  @modelcontextprotocol/server-everything@2026.8.31)
# The server for SQLite was written for the library before its second version.
PYPI=(mcp-server-git==2026.10.10 mcp-server-time==2026.10.10 mcp-server-sqlite==2025.4.25 'mcp<2')

wanted="${NPM[*]} ${PYPI[*]}"
if [ "$(cat "$folder/installed" 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi

skip() {
  echo "SKIPPED the tests of real servers: $*" >&2
  exit 0
}

for program in node npm python3 git; do
  command -v "$program" >/dev/null 2>&1 || skip "there is no \`$program\` here"
done
rm -rf "$folder"
mkdir -p "$folder"
npm install --prefix "$folder/npm" --no-audit --no-fund --loglevel=error "${NPM[@]}" >"$folder/log" 2>&1 ||
  skip "npm could not install them: $(tail -n 1 "$folder/log")"
python3 -m venv "$folder/venv" >"$folder/log" 2>&1 || skip "no environment of Python could be made: $(tail -n 1 "$folder/log")"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "${PYPI[@]}" >"$folder/log" 2>&1 ||
  skip "pip could not install them: $(tail -n 1 "$folder/log")"
echo "$wanted" >"$folder/installed"
