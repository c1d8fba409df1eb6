# Stands for the web: prints the page at an address.
set -eu
host=${1#https://}
cat "web/pages/${host%%/*}.txt"
