#!/usr/bin/env bash
# Runs each fuzz target for some seconds, starting from its seeds and the corpus of earlier runs, and prints the number of inputs. An input that
# fails is stored in fuzz/artifacts. No sanitizer is used, because our code has no `unsafe`; so the stable compiler is sufficient.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/env.sh

FOR=${FOR:-30}
read -r -a targets <<<"${TARGETS:-$(cargo fuzz list | tr '\n' ' ')}"
# The site is not fuzzed, so an empty directory is embedded. (If the directory did not exist, each target would be compiled again.)
export CLEARHOOK_SITE=$PWD/fuzz/target/no-site
mkdir -p "$CLEARHOOK_SITE"

# An input that takes more than its limit of seconds or 512 MiB is a failure as well. A comparison of schemas gives up after 2 s per direction.
limits=(-max_total_time="$FOR" -rss_limit_mb=512 -max_len=4096 -print_final_stats=1)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
total=0

cargo fuzz build --sanitizer none
for target in "${targets[@]}"; do
  corpus=fuzz/corpus/$target
  mkdir -p "$corpus"
  seconds=1
  if [ "$target" = schema_comparison ]; then seconds=6; fi
  if ! cargo fuzz run --sanitizer none "$target" "$corpus" "fuzz/seeds/$target" -- "${limits[@]}" -timeout="$seconds" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "fuzz: $target failed; the input is in fuzz/artifacts/$target" >&2
    exit 1
  fi
  count=$(awk '$1 == "stat::number_of_executed_units:" { print $2 }' "$log")
  total=$((total + count))
  printf '  %-18s %10d executions, no failures\n' "$target" "$count"
done
echo "fuzz: $total executions"
