# Runs all tests; says what failed.
. lib/greeting.sh

failed=0
check() {
  if [ "$1" != "$2" ]; then
    echo "expected '$2', got '$1'"
    failed=1
  fi
}

check "$(greet Ada)" "Hello, Ada!"
check "$(greet "" 2>/dev/null || echo refused)" "refused"
check "$(sh bin/hello)" "Hello, world!"

exit $failed
