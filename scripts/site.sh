#!/usr/bin/env bash
# Builds the browser's half into target/site: WebAssembly, its script, the style sheet, public files.
# The server's build takes them from there into its binary. Does nothing when no source has changed.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/env.sh

site=target/site
stamp=$site.stamp
sources=$(git ls-files -co --exclude-standard -- src style public locales migrations crates build.rs Cargo.toml Cargo.lock .cargo scripts/site.sh end2end/package-lock.json | sort -u |
  while read -r file; do [ -f "$file" ] && sha256sum "$file"; done | sha256sum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sources" ] && [ -f "$site/pkg/clearhook.wasm" ]; then
  exit 0
fi

started=$SECONDS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "Front end: compiling"
cargo build --quiet --locked --lib --features hydrate --target wasm32-unknown-unknown --profile wasm-release
site-bindgen "$TARGET/wasm32-unknown-unknown/wasm-release/clearhook.wasm" "$work/bindgen"
if [ -d "$work/bindgen/snippets" ]; then
  echo "site: a dependency brings scripts of its own, which are not served; leave it out" >&2
  exit 1
fi
# Only what every browser of the last years has: with all features on, Chromium refuses the module.
wasm-opt -Oz --strip-debug --strip-producers --enable-bulk-memory --enable-nontrapping-float-to-int --enable-reference-types --enable-multivalue --enable-mutable-globals --enable-sign-ext \
  "$work/bindgen/clearhook_bg.wasm" -o "$work/clearhook.wasm"
esbuild "$work/bindgen/clearhook.js" --minify --format=esm --target=es2022 --log-level=warning --outfile="$work/clearhook.js"
# Fonts stand beside the style sheet, under names with a hash of their content.
esbuild style/main.css --bundle --minify --target=esnext --log-level=warning --loader:.woff2=file --asset-names=[name]-[hash] --entry-names=clearhook --outdir="$work/css"

rm -rf "$site"
mkdir -p "$site/pkg"
cp "$work"/clearhook.{js,wasm} "$work"/css/* "$site/pkg/"
cp -R public/. "$site/"
echo "$sources" >"$stamp"

compressed() { node -e 'const z=require("zlib"),f=require("fs");process.stdout.write(String(z.brotliCompressSync(f.readFileSync(process.argv[1])).length))' "$1"; }
for file in "$site"/pkg/*; do
  printf '  %-18s %8d bytes, %7d with brotli\n' "$(basename "$file")" "$(wc -c <"$file")" "$(compressed "$file")"
done
echo "Front end: built in $((SECONDS - started)) s"
