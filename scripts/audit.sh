#!/usr/bin/env bash
# What is known of the dependencies: licences, bans, sources, and advisories where their database can be fetched.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/env.sh

FETCH_SECONDS=120
log=$(mktemp)
trap 'rm -f "$log"' EXIT

cargo deny --locked --features ssr check licenses bans sources
# The tree of the fuzz targets as well, which is locked apart.
cargo deny --locked --config deny.toml --manifest-path fuzz/Cargo.toml check bans licenses sources

if timeout "$FETCH_SECONDS" cargo deny fetch db >"$log" 2>&1; then
  cargo deny --locked --features ssr check advisories
  echo "audit: licences, bans, sources and advisories are in order"
else
  tail -n 3 "$log" | sed 's/^/  /' >&2
  echo "audit: licences, bans and sources are in order; ADVISORIES WERE NOT CHECKED: their database could not be fetched" >&2
fi
