#!/usr/bin/env bash
# Checks that the build fits on the disk. A linker that finds the disk full ends with a panic that does not say so.
# A target folder that outlives many builds grows: the compiler keeps a copy of its state for every set of features.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/env.sh

# Free space in MiB that a whole build and the tests need beside the target folder (a first build writes about 12,000).
NEEDED=${CLEARHOOK_BUILD_SPACE:-15000}
mkdir -p "$TARGET"
free() { df --output=avail --block-size=1M "$TARGET" | tail -n 1 | tr -d ' '; }

[ "$(free)" -lt "$NEEDED" ] || exit 0
echo "Only $(free) MiB are free, so what the compiler kept to build faster is removed from $TARGET."
rm -rf "$TARGET"/*/incremental "$TARGET"/*/*/incremental
[ "$(free)" -lt "$NEEDED" ] || exit 0
echo "Still only $(free) MiB are free, so $TARGET is emptied."
rm -rf "${TARGET:?}"/{debug,release,dist,wasm-release,wasm32-unknown-unknown}
if [ "$(free)" -lt $((NEEDED / 2)) ]; then
  echo "space: only $(free) MiB are free for $TARGET, and the build needs $NEEDED MiB; make room, or name another folder in CARGO_TARGET_DIR" >&2
  exit 1
fi
