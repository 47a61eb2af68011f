#!/usr/bin/env bash
# Runs each fuzz target for a while, from its seeds and what earlier runs found, and says how many inputs it tried. What breaks it is kept
# in fuzz/artifacts. The stable compiler serves: no sanitizer is asked for, since there is no unsafe code of ours.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/env.sh

FOR=${FOR:-30}
read -r -a targets <<<"${TARGETS:-$(cargo fuzz list | tr '\n' ' ')}"
# The pages' scripts are not fuzzed, so they are not built in. (A folder that is not there would be built anew for each target.)
export CLEARHOOK_SITE=$PWD/fuzz/target/no-site
mkdir -p "$CLEARHOOK_SITE"

# An input that takes a second or half a gigabyte is a fault as well.
limits=(-max_total_time="$FOR" -timeout=1 -rss_limit_mb=512 -max_len=4096 -print_final_stats=1)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
total=0

cargo fuzz build --sanitizer none
for target in "${targets[@]}"; do
  corpus=fuzz/corpus/$target
  mkdir -p "$corpus"
  if ! cargo fuzz run --sanitizer none "$target" "$corpus" "fuzz/seeds/$target" -- "${limits[@]}" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "fuzz: $target broke; the input is in fuzz/artifacts/$target" >&2
    exit 1
  fi
  count=$(awk '$1 == "stat::number_of_executed_units:" { print $2 }' "$log")
  total=$((total + count))
  printf '  %-14s %10d executions, nothing found\n' "$target" "$count"
done
echo "fuzz: $total executions"
