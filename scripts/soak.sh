#!/usr/bin/env bash
# The long forms of tests whose short forms are part of `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
source scripts/env.sh

export CLEARHOOK_TEST_ROUNDS=${ROUNDS:-25}
cargo test --locked --workspace --features ssr --test integration -- crashes:: nodes:: disk_full:: migrations::
