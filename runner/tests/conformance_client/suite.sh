# The official conformance suite, installed into `$folder` with the Node that it needs, and on the PATH; sourced. Where it cannot
# be installed, it is said and passed over.

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
export PATH="$folder/node_modules/.bin:$PATH" NODE_NO_WARNINGS=1
