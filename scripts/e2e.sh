#!/usr/bin/env bash
# Journeys in a real browser against the real server, with the site inside it.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/env.sh

scripts/site.sh
# The server that `make unit` builds as well. With other features, or without the dependencies of the tests, everything would be compiled a
# second time; the smallest of the tests that need the server makes cargo build it.
cargo test --locked --workspace --features ssr --no-run --test architecture
CLEARHOOK_BIN=$(realpath "$TARGET/debug/clearhook")
CLEARHOOK_CHROMIUM=$(find_chromium)
[ -n "$CLEARHOOK_CHROMIUM" ] || { echo "e2e: no Chromium; run make setup, or set CLEARHOOK_CHROMIUM" >&2; exit 1; }
export CLEARHOOK_BIN CLEARHOOK_CHROMIUM
cd end2end
playwright test "$@"
