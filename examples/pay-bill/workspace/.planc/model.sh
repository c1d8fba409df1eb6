# Stands for a model: reads a request of `model.extract` on standard input and prints the answer. It knows bills, and
# nothing else. A real one hands `ask`, `text` and `schema` to a model in the same few lines.
text=$(sed 's/.*"text":"//; s/","schema":.*//')
iban=$(printf '%s' "$text" | grep -oE '[A-Z]{2}[0-9]{2}( [0-9A-Z]{4})+( [0-9A-Z]{1,3})?' | head -n 1 | tr -d ' ')
amount=$(printf '%s' "$text" | grep -oE '[0-9]+[.][0-9]{2} EUR' | head -n 1 | cut -d ' ' -f 1)
number=$(printf '%s' "$text" | grep -oE 'R-[0-9]+' | head -n 1)
if [ -z "$iban" ] || [ -z "$amount" ] || [ -z "$number" ]; then
  echo '{"error": "the text has no bill with an IBAN, an amount and a number"}'
else
  printf '{"value": {"number": "%s", "iban": "%s", "amount": %s}}\n' "$number" "$iban" "$amount"
fi
