#!/usr/bin/env bash
# Installs the tools that are missing, and builds the server with the site embedded. Arguments are passed to cargo: `scripts/build.sh --release`.
# The first build compiles the dependencies of the server in parallel with the tools and the front end, because their last steps use only one core.
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
