#!/usr/bin/env bash
# Checks the formatting, runs clippy for the server and the browser build, finds texts outside of locales, and checks the dependencies of the
# browser build.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/env.sh

cargo fmt --all --check
cargo clippy --locked --workspace --features ssr --all-targets -- -D warnings
# Without `test-support`: the compiler reports code that only tests use. Style was checked above.
cargo clippy --locked --features ssr --lib --bins -- -A clippy::all -A clippy::pedantic -D warnings
cargo clippy --locked --lib --features hydrate --target wasm32-unknown-unknown -- -D warnings

# Crates that only the server needs must not be compiled into the browser build.
heavy=$(cargo tree --locked --prefix none --edges normal --features hydrate --target wasm32-unknown-unknown -p clearhook |
  awk '{ print $1 }' | sort -u | grep -xE 'axum|sea-orm|sqlx|reqwest|schemars|tokio|jsonschema|jiff|hyper|clap|argon2' || true)
if [ -n "$heavy" ]; then
  echo "lint: the browser build depends on server crates: $(tr '\n' ' ' <<<"$heavy")" >&2
  exit 1
fi
# `fuzz` is a separate workspace, so the commands above do not check its Cargo.lock.
if ! cargo tree --locked --quiet --manifest-path fuzz/Cargo.toml >/dev/null; then
  echo "lint: fuzz/Cargo.lock is not up to date: run cargo metadata in the folder fuzz" >&2
  exit 1
fi
# A file has one subject; a longer file usually has several.
long=$(git ls-files '*.rs' | xargs wc -l | awk '$2 != "total" && $1 > 600 { print "  " $2 ": " $1 " lines" }')
if [ -n "$long" ]; then
  printf 'lint: files of more than 600 lines; split them by subject:\n%s\n' "$long" >&2
  exit 1
fi
scripts/messages.sh
echo "lint: formatted, no warnings, no texts outside of locales, no server crates in the browser build"
