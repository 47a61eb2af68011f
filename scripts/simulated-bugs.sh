#!/usr/bin/env bash
# Puts old bugs back, one at a time, and checks that the simulation finds each of them. Each bug is a patch of a copy of the sources.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/env.sh

SEEDS=${SEEDS:-1000}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$copy" 2>/dev/null
target=$(realpath -m "$TARGET")
for bug in tests/simulated-bugs/*.patch; do
  name=$(basename "$bug" .patch)
  patch --quiet --directory "$copy" --strip 1 <"$bug"
  log=$copy/log
  if (cd "$copy" && CARGO_TARGET_DIR="$target" CLEARHOOK_SIMULATION_SEEDS=$SEEDS cargo test --locked --features ssr --test integration -- simulation::every) >"$log" 2>&1; then
    echo "the simulation did not find $name in $SEEDS runs" >&2
    exit 1
  fi
  # A copy that does not compile has found nothing.
  grep -m 1 -A 1 '^seed [0-9]' "$log" | sed "s/^/$name: /" || { tail -n 20 "$log" >&2; exit 1; }
  patch --quiet --reverse --directory "$copy" --strip 1 <"$bug"
done
