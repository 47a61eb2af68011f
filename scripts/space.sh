#!/usr/bin/env bash
# Checks that the build fits on the disk. A linker that finds the disk full ends with a panic that does not say so.
# A target folder that outlives many builds grows, because the compiler keeps a copy of its state for every set of features.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/env.sh

# NEEDED: the space in MiB for a whole build and the tests. RESERVE: the space that must be free even if everything is built already.
NEEDED=${CLEARHOOK_BUILD_SPACE:-15000}
RESERVE=$((NEEDED / 3))
mkdir -p "$TARGET"
free() { df --output=avail --block-size=1M "$TARGET" | tail -n 1 | tr -d ' '; }
built() { du -sm "$TARGET" | cut -f 1; }
fits() { [ "$(free)" -ge "$RESERVE" ] && [ $(($(free) + $(built))) -ge "$NEEDED" ]; }

if fits; then exit 0; fi
# A folder that other projects may share is not emptied.
if [ "${CI:-}" = true ] || [ "$(realpath "$TARGET")" = "$PWD/target" ]; then
  echo "Only $(free) MiB are free, so what the compiler kept to build faster is removed from $TARGET."
  rm -rf "$TARGET"/*/incremental "$TARGET"/*/*/incremental
  if fits; then exit 0; fi
  echo "Still only $(free) MiB are free, so $TARGET is emptied."
  rm -rf "${TARGET:?}"/{debug,release,dist,wasm-release,wasm32-unknown-unknown}
  if fits; then exit 0; fi
fi
echo "space: only $(free) MiB are free for $TARGET, and a build needs $NEEDED MiB; make room, or name another folder in CARGO_TARGET_DIR" >&2
exit 1
