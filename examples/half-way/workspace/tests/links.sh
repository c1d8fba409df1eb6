# Every link of a page must lead to a page.
cd site/pages
for target in $(sed -n 's/.*href="\([^"]*\)".*/\1/p' ./*.html); do
  if [ ! -f "$target" ]; then
    echo "no page $target"
    exit 1
  fi
done
