#!/usr/bin/env bash
# Sets up what is missing, and builds the server with the site inside it. Arguments are passed to cargo: `scripts/build.sh --release`.
# In the first build the dependencies of the server are compiled beside the tools and the front end, whose last steps occupy one core.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --compiler
source scripts/env.sh

server=(cargo build --locked --features ssr --bin clearhook "$@")
folder=debug
[ "${1:-}" != --release ] || folder=release
if [ ! -e "$TARGET/$folder/clearhook" ]; then
  # The build script of the server refuses to run while the site is pending, and cargo goes on with everything else. If a dependency cannot be
  # compiled, the second call says so.
  CLEARHOOK_SITE=pending "${server[@]}" --keep-going --quiet >/dev/null 2>&1 &
  dependencies=$!
  trap 'kill "$dependencies" 2>/dev/null || true' EXIT
fi
scripts/setup.sh --build-only
scripts/site.sh
if [ -n "${dependencies:-}" ]; then
  wait "$dependencies" || true
  trap - EXIT
fi
"${server[@]}"
