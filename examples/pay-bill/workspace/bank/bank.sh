# Stands for the client of a bank: `transfer IBAN AMOUNT REFERENCE` and `cancel REFERENCE`, kept in a ledger.
set -eu
ledger=bank/ledger.csv
case "$1" in
transfer)
  if grep -q ",$4\$" "$ledger"; then
    echo "$4 is paid already" >&2
    exit 1
  fi
  echo "$2,$3,$4" >>"$ledger"
  echo "paid $3 EUR to $2 for $4"
  ;;
cancel)
  # The first line is the heading.
  grep -v ",$2\$" "$ledger" >bank/ledger.new
  cat bank/ledger.new >"$ledger"
  rm bank/ledger.new
  echo "cancelled $2"
  ;;
esac
