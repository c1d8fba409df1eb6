# Stands for a vault: keys as files that only their owner may read. Keys come on standard input and are never printed.
set -eu
case "$1" in
swap) # NAME: two lines, the key that is there and the one that shall be
  { read -r from; read -r to || [ -n "$to" ]; }
  [ "$(cat "vault/$2")" = "$from" ] || { echo "the vault has another key for $2" >&2; exit 1; }
  printf '%s\n' "$to" >"vault/$2"
  echo "swapped $2"
  ;;
same) # NAME: whether this is the key
  [ "$(cat "vault/$2")" = "$(cat)" ]
  ;;
serves) # FILE: whether the file gives this key
  grep -qxF "BILLING_KEY=$(cat)" "$2"
  ;;
esac
