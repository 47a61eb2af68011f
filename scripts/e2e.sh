#!/usr/bin/env bash
# Journeys in a real browser against the real server, with the site inside it.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/env.sh

scripts/site.sh
# The server that `make unit` builds as well, by the same command: with other features or targets, cargo compiles the library a second time, and
# often its dependencies too.
cargo test --locked --workspace --features ssr --no-run
CLEARHOOK_BIN=$(realpath "$TARGET/debug/clearhook")
CLEARHOOK_CHROMIUM=$(find_chromium)
[ -n "$CLEARHOOK_CHROMIUM" ] || { echo "e2e: no Chromium; run make setup, or set CLEARHOOK_CHROMIUM" >&2; exit 1; }
export CLEARHOOK_BIN CLEARHOOK_CHROMIUM
cd end2end
playwright test "$@"
