# Sourced by every script: where the project's tools are and which toolchain compiles it.
# Tools live in a cache of their own, outside the clone and outside ~/.cargo/bin: a second clone finds them,
# and no version that another project relies on is replaced.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${CLEARHOOK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/clearhook}
TOOLS=$CACHE/tools
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
DEBIAN_TOOLCHAIN=clearhook-debian
# Python with the packages that the conformance tests need.
export PYTHON_ENV=$CACHE/python
# Python with what builds and checks the packages.
export DIST_PYTHON=$CACHE/dist-python

export PATH="$TOOLS/bin:$ROOT/end2end/node_modules/.bin:$HOME/.cargo/bin:$PATH"

# True when the compiler that cargo would use now can build for the browser.
has_wasm() {
  local sysroot
  sysroot=$(rustc --print sysroot 2>/dev/null) || return 1
  compgen -G "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib/libstd-*.rlib" >/dev/null
}

# One toolchain for server and front end, so that nothing is compiled twice.
if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && ! has_wasm && [ -d "${RUSTUP_HOME:-$HOME/.rustup}/toolchains/$DEBIAN_TOOLCHAIN" ]; then
  export RUSTUP_TOOLCHAIN=$DEBIAN_TOOLCHAIN
fi

# mold links the server in a fifth of the time; without it the system's linker serves.
if command -v mold >/dev/null 2>&1; then
  export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-Clink-arg=-fuse-ld=mold"
  export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-Clink-arg=-fuse-ld=mold"
fi

# The version of a crate in Cargo.lock: tools that must match a library are installed in that very version.
locked_version() { awk -v want="name = \"$1\"" '$0 == want { getline; gsub(/version = |"/, ""); print; exit }' "$ROOT/Cargo.lock"; }

# The path of a program, also where only root has it on the path (nginx, pgbouncer).
find_program() { PATH="$PATH:/usr/sbin:/sbin" command -v "$1"; }

find_chromium() {
  if [ -n "${CLEARHOOK_CHROMIUM:-}" ]; then echo "$CLEARHOOK_CHROMIUM"; return; fi
  command -v chromium chromium-browser google-chrome-stable google-chrome 2>/dev/null | head -n 1
}

find_postgres_bin() {
  local dir
  if command -v initdb >/dev/null 2>&1; then dirname "$(command -v initdb)"; return; fi
  dir=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1)
  [ -n "$dir" ] && [ -x "$dir/initdb" ] && echo "$dir"
}
