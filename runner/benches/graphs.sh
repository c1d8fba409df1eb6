#!/bin/sh
# The same chain of programs under planc, ninja and make, in one run of hyperfine; then long plans of file steps, run, killed in the
# middle and resumed, with time and memory. Needs hyperfine, ninja, make and GNU time; PLANC names the binary.
#
#   cargo build --release && PLANC=target/release/planc sh runner/benches/graphs.sh
set -eu
planc=$(realpath "${PLANC:-target/release/planc}")
nodes=${NODES:-200}
sizes=${SIZES:-1000 10000 30000}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export HOME="$place/home" XDG_STATE_HOME="$place/state"
mkdir -p "$place/work" "$HOME"
cd "$place/work"

digest() { "$planc" --format json plan "$1" | sed -n 's/^  "digest": "\(sha256:[0-9a-f]*\)".*/\1/p' | head -1; }

# A chain of programs: each waits for the one before it.
{
  printf 'plan "chain" {\n  critical {\n    run "true"\n  }\n'
  for n in $(seq "$nodes"); do printf '  step s%s = process.run(argv: ["true"])\n' "$n"; done
  printf '}\n'
} >chain.pl
{
  printf 'rule run\n  command = true\n'
  for n in $(seq "$nodes"); do printf 'build t%s: run t%s\n' "$n" $((n - 1)); done
  printf 'build t0: phony\n'
} >build.ninja
{
  printf 't%s:\n' "$nodes"
  for n in $(seq "$nodes"); do printf 't%s: t%s\n\t@true;\n' "$n" $((n - 1)); done
  printf 't0:\n.PHONY: t0\n'
} >Makefile
echo "== a chain of $nodes programs"
hyperfine --style basic --warmup 1 --runs "${RUNS:-5}" \
  --prepare "rm -rf $place/state; $planc --format json plan chain.pl | sed -n 's/^  \"digest\": \"\(sha256:[0-9a-f]*\)\".*/\1/p' | head -1 >$place/digest" \
  --command-name planc "$planc --quiet run --approve=\$(cat $place/digest) chain.pl" \
  --prepare 'true' --command-name ninja "ninja -j1 --quiet t$nodes" \
  --prepare 'true' --command-name make "make -j1 -s t$nodes"

# Long plans of file steps.
for size in $sizes; do
  rm -rf "$place/state" out
  {
    printf 'plan "long" {\n  critical {\n    create "out/**"\n  }\n'
    for n in $(seq "$size"); do printf '  step s%s = fs.write(path: "out/%s/%s.txt", text: "row %s")\n' "$n" $((n % 100)) "$n" "$n"; done
    printf '}\n'
  } >long.pl
  echo "== $size file steps"
  approved=$(digest long.pl)
  /usr/bin/time -f 'run: %e s, %M KiB' "$planc" --quiet run --approve="$approved" long.pl >/dev/null
  rm -rf "$place/state" out
  approved=$(digest long.pl)
  "$planc" --quiet run --approve="$approved" long.pl >/dev/null &
  pid=$!
  until [ "$(find out -type f 2>/dev/null | wc -l)" -ge $((size / 2)) ]; do sleep 0.1; done
  kill -9 $pid
  wait $pid 2>/dev/null || true
  run=$("$planc" --format json runs | sed -n 's/.*"run": "\([0-9a-f]*\)".*/\1/p' | head -1)
  /usr/bin/time -f 'resume from the middle: %e s, %M KiB' "$planc" --quiet resume "$run" >/dev/null
  [ "$(find out -type f | wc -l)" = "$size" ]
done
