//! Generates functions from the messages in `locales`, and embeds the built site in the server's binary: each file under a name with
//! a hash of its content, compressed once, here.
//!
//! The site is what `scripts/site.sh` left in `target/site`. Without it the server still compiles, and its pages work as plain HTML.

#![allow(clippy::expect_used, reason = "a build that cannot continue fails")]

use std::{env, path::PathBuf};
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    messages_build::Generator {
        languages: &[("en", "En"), ("fr", "Fr")],
        enums: &[("validation", "ValidationError")],
        lists: &["catalogue"],
    }
    .write(&manifest.join("locales"), &out.join("messages.rs"));
    #[cfg(feature = "ssr")]
    site::embed();
}

#[cfg(feature = "ssr")]
mod site {
    use std::{
        env,
        fmt::Write as _,
        fs,
        io::Write as _,
        path::{Path, PathBuf},
    };

    use sha2::{Digest, Sha256};

    pub(super) fn embed() {
        println!("cargo:rerun-if-env-changed=CLEARHOOK_SITE");
        let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
        let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
        // While the front end is built, `scripts/build.sh` has the dependencies compiled, but not this crate.
        assert!(
            env::var_os("CLEARHOOK_SITE").is_none_or(|site| site != "pending"),
            "the site is not built yet"
        );
        let site = env::var_os("CLEARHOOK_SITE").map_or_else(|| manifest.join("target/site"), PathBuf::from);
        let mut files = Vec::new();
        collect(&site, &mut files);
        files.sort();
        println!("cargo:rerun-if-changed={}", site.display());

        let mut table = String::from("&[\n");
        for (number, file) in files.iter().enumerate() {
            println!("cargo:rerun-if-changed={}", file.display());
            let name = file
                .strip_prefix(&site)
                .expect("found below it")
                .to_string_lossy()
                .replace('\\', "/");
            let bytes = fs::read(file).expect("a site's file can be read");
            let hash = hex(&Sha256::digest(&bytes));
            // The names of fonts have a hash already, because the style sheet contains them.
            let path = if name.starts_with("pkg/") && file.extension().is_none_or(|ending| ending != "woff2") {
                hashed(&name, &hash[..12])
            } else {
                name.clone()
            };
            let raw = stored(&out, number, "raw", &bytes);
            let (brotli, gzip) = (
                compressed(&out, number, "br", &bytes, &brotli(&bytes)),
                compressed(&out, number, "gz", &bytes, &gzip(&bytes)),
            );
            writeln!(
                table,
                "    Asset {{ name: {name:?}, path: {path:?}, hash: {:?}, raw: {raw}, brotli: {brotli}, gzip: {gzip} }},",
                &hash[..16]
            )
            .expect("writing to a string");
        }
        table.push(']');
        fs::write(out.join("assets.rs"), table).expect("OUT_DIR can be written");
    }

    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { collect(&path, files) } else { files.push(path) }
        }
    }

    fn hashed(name: &str, hash: &str) -> String {
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "bin"));
        format!("{stem}.{hash}.{ending}")
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a string");
            text
        })
    }

    fn stored(out: &Path, number: usize, kind: &str, bytes: &[u8]) -> String {
        let path = out.join(format!("asset-{number}.{kind}"));
        fs::write(&path, bytes).expect("OUT_DIR can be written");
        format!("include_bytes!({:?})", path.display().to_string())
    }

    /// Only what compression makes smaller by a tenth is worth a second copy.
    fn compressed(out: &Path, number: usize, kind: &str, raw: &[u8], bytes: &[u8]) -> String {
        if bytes.len() * 10 < raw.len() * 9 {
            format!("Some({})", stored(out, number, kind, bytes))
        } else {
            "None".to_owned()
        }
    }

    fn brotli(bytes: &[u8]) -> Vec<u8> {
        let mut compressed = Vec::new();
        let parameters = brotli::enc::BrotliEncoderParams {
            quality: 11,
            lgwin: 22,
            ..Default::default()
        };
        brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters).expect("compressing into memory");
        compressed
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).expect("compressing into memory");
        encoder.finish().expect("compressing into memory")
    }
}
