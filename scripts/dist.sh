#!/usr/bin/env bash
# Builds what is published into target/packages: a binary for every Linux with glibc 2.28 or later, a Debian package, the files of the
# container image, the Helm chart, the list of components (SBOM), the licences of dependencies, and SHA256SUMS.
# CLEARHOOK_DIST_TARGET=aarch64-unknown-linux-gnu builds for arm64; cargo then needs the standard library of that target
# (rustup target add aarch64-unknown-linux-gnu). That build is not tested.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/env.sh
scripts/setup.sh --dist
scripts/site.sh

GLIBC=2.28
triple=${CLEARHOOK_DIST_TARGET:-x86_64-unknown-linux-gnu}
case $triple in
  x86_64-*) machine=x86_64 deb=amd64 ;;
  aarch64-*) machine=aarch64 deb=arm64 ;;
  *) echo "dist: $triple is not supported: use x86_64-unknown-linux-gnu or aarch64-unknown-linux-gnu" >&2; exit 2 ;;
esac
version=$(cargo metadata --locked --no-deps --format-version 1 | "$DIST_PYTHON/bin/python" -c 'import json,sys; print(next(p["version"] for p in json.load(sys.stdin)["packages"] if p["name"] == "clearhook"))')
out=$ROOT/target/packages
name=clearhook-$version-linux-$machine

# The linker is that of zig, which has the symbols of each version of glibc.
unset CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS
export PATH="$DIST_PYTHON/bin:$PATH"
export CARGO_ZIGBUILD_ZIG_PATH="$DIST_PYTHON/lib/zig"
cargo zigbuild --locked --profile dist --target "$triple.$GLIBC" --features ssr --bin clearhook
binary=$TARGET/$triple/dist/clearhook

rm -rf "$out"
mkdir -p "$out/files/man" "$out/files/completions"
cp "$binary" "$out/clearhook"
# The list of licences needs the manifests of the packages of all platforms, also of those that were not built.
cargo fetch --locked
cargo about generate --locked --offline --config deploy/about.toml --features ssr --target "$triple" deploy/about.hbs -o "$out/THIRD-PARTY-LICENSES.html"
cargo cyclonedx --format json --features ssr --target "$triple" --no-build-deps --override-filename "clearhook-$version.cdx"
mv "clearhook-$version.cdx.json" "$out/"
find . -name "clearhook-$version.cdx.json" -not -path './target/*' -delete

# The manual pages and completions come from the binary. One for another machine does not run here, so a binary of this machine writes them.
writer=$out/clearhook
if [ "$machine" != "$(uname -m)" ]; then
  cargo build --locked --features ssr --bin clearhook
  writer=$TARGET/debug/clearhook
fi
"$writer" man "$out/files/man" >/dev/null
"$writer" completions bash >"$out/files/completions/clearhook"
"$writer" completions zsh >"$out/files/completions/_clearhook"
"$writer" completions fish >"$out/files/completions/clearhook.fish"
cargo deb --no-build --no-strip --profile dist --target "$triple" --output "$out/clearhook_${version}_$deb.deb"
tar -C "$out" --owner=0 --group=0 --transform "s,^,$name/," -czf "$out/$name.tar.gz" clearhook THIRD-PARTY-LICENSES.html \
  -C "$ROOT" README.md ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE-APACHE LICENSE-MIT docs deploy/debian/clearhook.toml deploy/grafana
cp /etc/ssl/certs/ca-certificates.crt "$out/"
"$DIST_PYTHON/bin/python" -c 'import sys, helm_python; print(helm_python.package("deploy/helm/clearhook", destination=sys.argv[1]))' "$out"
(cd "$out" && sha256sum clearhook *.deb *.tar.gz *.tgz *.json THIRD-PARTY-LICENSES.html >SHA256SUMS)
ls -l "$out"
