#!/usr/bin/env bash
# Journeys in a real browser against the real server, with the site inside it.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/env.sh

scripts/site.sh
# The features of `cargo test`, so that the library is not compiled a second time.
cargo build --locked --features ssr,test-support --bin clearhook
CLEARHOOK_BIN=$(realpath "$TARGET/debug/clearhook")
CLEARHOOK_CHROMIUM=$(find_chromium)
[ -n "$CLEARHOOK_CHROMIUM" ] || { echo "e2e: no Chromium; run make setup, or set CLEARHOOK_CHROMIUM" >&2; exit 1; }
export CLEARHOOK_BIN CLEARHOOK_CHROMIUM
cd end2end
playwright test "$@"
