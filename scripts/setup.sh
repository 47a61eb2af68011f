#!/usr/bin/env bash
# Brings everything that build and tests need onto this machine. Run again, it looks, finds all there, and ends at once.
# Each need has an ordinary way; where downloads fail, Debian's packages and the crates registry take over.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/env.sh

LEPTOS_VERSION=0.3.11
DENY_VERSION=0.20.2
FUZZ_VERSION=0.13.2
DEB_VERSION=3.8.0
ABOUT_VERSION=0.9.3
CYCLONEDX_VERSION=0.5.9
missing=()
started=$SECONDS
mkdir -p "$TOOLS" "$CACHE/log"

# step NAME COMMAND…: runs it with its output in a log file, and says how long it took.
step() {
  local name=$1 log at=$SECONDS
  shift
  log="$CACHE/log/$(echo "$name" | tr -cs 'a-zA-Z0-9\n' '-').log"
  printf '  %-46s' "$name"
  if "$@" >"$log" 2>&1; then
    printf 'done in %d s\n' $((SECONDS - at))
  else
    printf 'failed after %d s (log: %s)\n' $((SECONDS - at)) "$log"
    tail -n 4 "$log" | sed 's/^/      /'
    return 1
  fi
}

lack() { missing+=("$1"); }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null 2>&1; then sudo "$@"
  else echo "root or sudo is needed for: $*"; return 1
  fi
}

apt_updated=
apt_install() {
  command -v apt-get >/dev/null 2>&1 || { echo "no apt-get on this machine"; return 1; }
  if [ -z "$apt_updated" ]; then as_root apt-get update -q; apt_updated=yes; fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

# ---- compiler and linker -------------------------------------------------------------------------------------------

for need in cargo:'Rust, from https://rustup.rs' npm:'Node.js 18 or later with npm'; do
  command -v "${need%%:*}" >/dev/null 2>&1 || { echo "setup: ${need%%:*} is missing: install ${need#*:}, then run this again." >&2; exit 1; }
done
if [ ! -f Cargo.lock ]; then echo "setup: Cargo.lock is missing: use a complete clone." >&2; exit 1; fi

command -v cc >/dev/null 2>&1 || step "C compiler" apt_install build-essential || lack "a C compiler (Debian: build-essential)"
command -v mold >/dev/null 2>&1 || step "linker mold" apt_install mold || echo "      not needed: the system's linker serves, more slowly"
source scripts/env.sh

debian_toolchain() {
  apt_install rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web rust-web-llvm lld-22
}

# Debian ships the compiler for WebAssembly and the standard library's sources, but not the library compiled for it.
debian_wasm_std() {
  local dir lib=/usr/lib/rustlib/wasm32-unknown-unknown/lib
  dir=$(mktemp -d)
  mkdir -p "$dir/src"
  printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[lib]\ncrate-type = ["cdylib"]\n' >"$dir/Cargo.toml"
  : >"$dir/src/lib.rs"
  (cd "$dir" && env -u RUSTUP_TOOLCHAIN PATH="/usr/bin:$PATH" CARGO_TARGET_DIR="$dir/target" RUSTC_BOOTSTRAP=1 \
    /usr/bin/cargo build --release --target wasm32-unknown-unknown -Zbuild-std=std,panic_abort)
  as_root mkdir -p "$lib"
  find "$dir/target/wasm32-unknown-unknown/release/deps" -name '*.rlib' ! -name 'libempty*' -print0 | xargs -0 -I{} "$([ "$(id -u)" = 0 ] && echo env || echo sudo)" cp {} "$lib/"
  rm -rf "$dir"
}

if ! has_wasm; then
  if ! step "WebAssembly target (rustup)" timeout 180 rustup target add wasm32-unknown-unknown; then
    step "Debian's Rust (WebAssembly, second way)" debian_toolchain &&
      step "standard library for WebAssembly" debian_wasm_std &&
      step "link the toolchain into rustup" rustup toolchain link "$DEBIAN_TOOLCHAIN" /usr ||
      lack "the wasm32-unknown-unknown target (rustup target add wasm32-unknown-unknown)"
  fi
  source scripts/env.sh
fi
cargo clippy --version >/dev/null 2>&1 || step "clippy and rustfmt" rustup component add clippy rustfmt || lack "clippy and rustfmt (rustup component add clippy rustfmt)"

# Reports what could not be installed.
finish() {
  if [ ${#missing[@]} -gt 0 ]; then
    printf 'setup: could not get %s\n' "${missing[@]}" >&2
    exit 1
  fi
}
# With these, cargo can begin.
if [ "${1:-}" = --compiler ]; then finish; exit 0; fi

# ---- tools of the front end ----------------------------------------------------------------------------------------

# shellcheck disable=SC2086  # A tool may be a command of another one.
has_version() { [ "$($1 --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)" = "$2" ]; }

# The tools' own release profiles optimise for minutes what runs for milliseconds here.
install_tool() {
  if command -v cargo-binstall >/dev/null 2>&1 && cargo binstall -y --root "$TOOLS" "$1@$2"; then return; fi
  # A locked dependency may be gone from the registry, or ask for a newer compiler than this one: then any that fits.
  from_source "$@" --locked || from_source "$@" --config 'resolver.incompatible-rust-versions="fallback"' --ignore-rust-version
}

from_source() {
  local name=$1 version=$2
  shift 2
  CARGO_TARGET_DIR="$CACHE/tools-target" CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=${OPT_LEVEL:-0} CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=false \
    cargo install "$name" --version "$version" --root "$TOOLS" --force "$@"
}

site_bindgen() {
  CARGO_TARGET_DIR="$CACHE/tools-target" CARGO_PROFILE_DEV_DEBUG=false cargo install --path crates/site-bindgen --debug --locked --root "$TOOLS" --force
}
bindgen_version=$(locked_version wasm-bindgen)
if ! has_version site-bindgen "$bindgen_version"; then
  if ! step "site-bindgen $bindgen_version" site_bindgen; then lack "site-bindgen (cargo install --path crates/site-bindgen)"
  elif ! has_version site-bindgen "$bindgen_version"; then
    lack "site-bindgen $bindgen_version: set this version in crates/site-bindgen/Cargo.toml, and run cargo update --manifest-path crates/site-bindgen/Cargo.toml"
  fi
fi
# Only `make dev` needs them: the build itself is a few commands of cargo, site-bindgen and wasm-opt.
if [ "${1:-}" = --dev ]; then
  has_version wasm-bindgen "$bindgen_version" || step "wasm-bindgen $bindgen_version" install_tool wasm-bindgen-cli "$bindgen_version" ||
    lack "wasm-bindgen-cli $bindgen_version (cargo install wasm-bindgen-cli)"
  has_version cargo-leptos "$LEPTOS_VERSION" ||
    step "cargo-leptos $LEPTOS_VERSION" install_tool cargo-leptos "$LEPTOS_VERSION" ||
    lack "cargo-leptos $LEPTOS_VERSION (cargo install --locked cargo-leptos)"
fi
# Only `make audit` and `make fuzz` need these.
if [ "${1:-}" = --audit ]; then
  has_version cargo-deny "$DENY_VERSION" || step "cargo-deny $DENY_VERSION" install_tool cargo-deny "$DENY_VERSION" ||
    lack "cargo-deny $DENY_VERSION (cargo install --locked cargo-deny)"
fi
if [ "${1:-}" = --fuzz ]; then
  has_version cargo-fuzz "$FUZZ_VERSION" || step "cargo-fuzz $FUZZ_VERSION" install_tool cargo-fuzz "$FUZZ_VERSION" ||
    lack "cargo-fuzz $FUZZ_VERSION (cargo install --locked cargo-fuzz)"
fi
# Only the test of the packages needs these.
if [ "${1:-}" = --dist-test ]; then
  for need in debootstrap:debootstrap lintian:lintian buildah:buildah systemd-analyze:systemd objdump:binutils curl:curl setpriv:util-linux; do
    find_program "${need%%:*}" >/dev/null || step "${need#*:}" apt_install "${need#*:}" || lack "${need%%:*}, for the test of the packages (Debian: ${need#*:})"
  done
fi
# Only `make bench` needs it, besides what the tests need.
if [ "${1:-}" = --bench ]; then
  find_program wrk >/dev/null || step "wrk" apt_install wrk || lack "wrk, for the part wrk of the benchmark (Debian: wrk)"
fi
# Only `make dist` needs these.
if [ "${1:-}" = --dist ]; then
  has_version cargo-deb "$DEB_VERSION" || step "cargo-deb $DEB_VERSION" install_tool cargo-deb "$DEB_VERSION" ||
    lack "cargo-deb $DEB_VERSION (cargo install --locked cargo-deb)"
  # Not optimised, it compares licences for many minutes.
  has_version cargo-about "$ABOUT_VERSION" || OPT_LEVEL=2 step "cargo-about $ABOUT_VERSION" install_tool cargo-about "$ABOUT_VERSION" --features cli ||
    lack "cargo-about $ABOUT_VERSION (cargo install --locked cargo-about --features cli)"
  has_version "cargo-cyclonedx cyclonedx" "$CYCLONEDX_VERSION" || step "cargo-cyclonedx $CYCLONEDX_VERSION" install_tool cargo-cyclonedx "$CYCLONEDX_VERSION" ||
    lack "cargo-cyclonedx $CYCLONEDX_VERSION (cargo install --locked cargo-cyclonedx)"
  dist_python() {
    rm -rf "$DIST_PYTHON"
    python3 -m venv "$DIST_PYTHON" || { apt_install python3-venv && /usr/bin/python3 -m venv "$DIST_PYTHON"; }
    "$DIST_PYTHON/bin/pip" install --quiet --disable-pip-version-check -r deploy/requirements.txt
    cp deploy/requirements.txt "$DIST_PYTHON/"
  }
  cmp -s deploy/requirements.txt "$DIST_PYTHON/requirements.txt" 2>/dev/null || step "Python packages of make dist" dist_python ||
    lack "the Python packages of deploy/requirements.txt"
fi
rm -rf "$CACHE/tools-target"

npm_packages() { (cd end2end && npm ci --no-audit --no-fund); }
cmp -s end2end/package-lock.json end2end/node_modules/.package-lock.stamp 2>/dev/null || {
  if step "packages of end2end (npm)" npm_packages; then cp end2end/package-lock.json end2end/node_modules/.package-lock.stamp
  else lack "the npm packages of end2end (cd end2end && npm ci)"; fi
}

# ---- what the tests need -------------------------------------------------------------------------------------------

python_packages() {
  rm -rf "$PYTHON_ENV"
  python3 -m venv "$PYTHON_ENV" || { apt_install python3-venv && /usr/bin/python3 -m venv "$PYTHON_ENV"; }
  "$PYTHON_ENV/bin/pip" install --quiet --disable-pip-version-check -r tests/conformance/requirements.txt
  cp tests/conformance/requirements.txt "$PYTHON_ENV/"
}

# Installs a server without starting it, as Debian otherwise does.
debian_server() {
  local policy=/usr/sbin/policy-rc.d
  if [ -e "$policy" ]; then apt_install "$@"; return; fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod +x "$policy"
  apt_install "$@" && as_root rm -f "$policy" || { as_root rm -f "$policy"; return 1; }
}

browser() { apt_install chromium fonts-dejavu-core || npx --prefix end2end playwright install --with-deps chromium; }
if [ -z "${1:-}" ]; then
  contract_packages() { (cd tests/conformance && npm ci --no-audit --no-fund); }
  cmp -s tests/conformance/package-lock.json tests/conformance/node_modules/.package-lock.stamp 2>/dev/null || {
    if step "packages of the contract test (npm)" contract_packages; then
      cp tests/conformance/package-lock.json tests/conformance/node_modules/.package-lock.stamp
    else lack "the npm packages of tests/conformance (cd tests/conformance && npm ci)"; fi
  }
  [ -n "$(find_chromium)" ] || step "Chromium" browser || lack "a browser for the end-to-end tests (Debian: chromium; or set CLEARHOOK_CHROMIUM)"
  compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || step "faketime" apt_install faketime || lack "libfaketime, for tests with a clock that is set (Debian: faketime)"
  [ -n "${CLEARHOOK_TEST_POSTGRES:-}" ] || [ -n "$(find_postgres_bin)" ] || step "PostgreSQL" apt_install postgresql ||
    lack "PostgreSQL's programs (Debian: postgresql; or set CLEARHOOK_TEST_POSTGRES to a server)"
  command -v systemd-analyze >/dev/null 2>&1 || step "systemd-analyze" apt_install systemd || lack "systemd-analyze, for the test of the unit file (Debian: systemd)"
  # The conformance tests talk to clearhook through other people's software.
  for need in curl:curl nginx:nginx-light pgbouncer:pgbouncer javac:default-jdk-headless openssl:openssl php:php-cli; do
    find_program "${need%%:*}" >/dev/null || step "${need#*:}" apt_install "${need#*:}" || lack "${need%%:*}, for the conformance tests (Debian: ${need#*:})"
  done
  # The alerting rules and the dashboard are tested with a real Prometheus.
  command -v prometheus >/dev/null 2>&1 && command -v promtool >/dev/null 2>&1 || step "Prometheus" debian_server prometheus ||
    lack "prometheus and promtool (Debian: prometheus)"
  # NATS and RabbitMQ are started by the tests only, not as services of the machine.
  find_program nats-server >/dev/null || step "NATS" debian_server nats-server || lack "nats-server (Debian: nats-server)"
  [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || find_program rabbitmq-server >/dev/null || step "RabbitMQ" debian_server rabbitmq-server ||
    lack "rabbitmq-server (Debian: rabbitmq-server)"
  # For the C# code of the guide to signatures.
  command -v mcs >/dev/null 2>&1 && command -v mono >/dev/null 2>&1 || step "mono" apt_install mono-mcs mono-runtime libmono-system-core4.0-cil ||
    lack "mcs and mono, for the C# code of the guide (Debian: mono-mcs, mono-runtime, libmono-system-core4.0-cil)"
  # Half a gigabyte: only for the long form of the tests.
  if [ -n "${CLEARHOOK_TEST_GO:-}" ]; then
    command -v go >/dev/null 2>&1 || step "Go" apt_install golang-go || lack "go, for the Go code of the guide (Debian: golang-go)"
  fi
  cmp -s tests/conformance/requirements.txt "$PYTHON_ENV/requirements.txt" 2>/dev/null || step "Python packages" python_packages ||
    lack "the Python packages of tests/conformance/requirements.txt (python3 -m venv; Debian: python3-venv)"
fi

finish
[ $((SECONDS - started)) -lt 2 ] || echo "Set-up complete in $((SECONDS - started)) s."
