#!/usr/bin/env bash
# Every check, each step timed, and one line at the end that counts.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
begin=$SECONDS

step() {
  local at=$SECONDS
  printf '\n==> %s\n' "$1"
  shift
  "$@" 2>&1 | tee -a "$log"
  printf '==> done in %d s\n' $((SECONDS - at))
}

unit() { source scripts/env.sh && cargo test --locked --workspace --features ssr; }

step "set-up" scripts/setup.sh
step "lint" scripts/lint.sh
step "front end" scripts/site.sh
step "unit and integration tests (SQLite and PostgreSQL)" unit
step "journeys in a browser" scripts/e2e.sh

rust=$(awk '/^test result: ok\./ { passed += $4 } END { print passed + 0 }' "$log")
browser=$(awk '$2 == "passed" && $1 ~ /^[0-9]+$/ { passed += $1 } END { print passed + 0 }' "$log")
if [ "$rust" -eq 0 ] || [ "$browser" -eq 0 ]; then
  echo "test: a part ran no test (Rust $rust, browser $browser)" >&2
  exit 1
fi
printf '\nEvery check passed in %d s: %d Rust tests, %d browser journeys.\n' $((SECONDS - begin)) "$rust" "$browser"
echo "$((rust + browser)) passed, 0 failed"
