#!/usr/bin/env bash
# The long forms of tests whose short forms are part of `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."
export CLEARHOOK_TEST_GO=1
scripts/setup.sh
scripts/site.sh
source scripts/env.sh

export CLEARHOOK_TEST_ROUNDS=${ROUNDS:-25}
# Random pairs of schemas with random data: nothing that breaks may be called compatible.
CLEARHOOK_SCHEMA_PAIRS=${PAIRS:-100000} cargo test --locked -p event-schema --test property --test large -- --nocapture
cargo test --locked --workspace --features ssr --test integration -- crashes:: nodes:: disk_full:: migrations:: signature_guide::
# Brokers, database and nodes are killed in random order.
CLEARHOOK_TEST_KILLS=${KILLS:-20} cargo test --locked --workspace --features ssr --test integration -- brokers::kills:: --nocapture
# Nodes, network, clocks and receivers are simulated; then old bugs are put back, and the simulation has to find them.
CLEARHOOK_SIMULATION_SEEDS=${SEEDS:-3000} cargo test --locked --workspace --features ssr --test integration -- simulation:: --nocapture
scripts/simulated-bugs.sh
# The console with 10,000 webhooks and 1,000,000 callbacks; alone, because it limits the time of answers.
CLEARHOOK_TEST_WEBHOOKS=${WEBHOOKS:-10000} CLEARHOOK_TEST_CALLBACKS=${CALLBACKS:-1000000} cargo test --locked --workspace --features ssr --test integration -- console_scale:: bulk_all:: log_search:: --nocapture --test-threads=1
# The contract of the API with many more requests for each operation.
CLEARHOOK_CONTRACT_EXAMPLES=${EXAMPLES:-200} cargo test --locked --workspace --features ssr --test integration -- contract::service
