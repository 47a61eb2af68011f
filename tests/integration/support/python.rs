//! Python, with the packages of `tests/conformance/requirements.txt`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A command that runs a script of `tests/conformance`.
pub(crate) fn python(script: &str) -> Command {
    let mut command = Command::new(interpreter());
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance").join(script));
    command
}

/// The interpreter, which finds these packages.
pub(crate) fn interpreter() -> PathBuf {
    let folder = std::env::var_os("PYTHON_ENV")
        .filter(|folder| !folder.is_empty())
        .map_or_else(default_folder, PathBuf::from);
    let program = folder.join("bin/python");
    assert!(program.exists(), "{} is missing: run `make setup`", program.display());
    program
}

/// Where `make setup` installs the packages.
fn default_folder() -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap();
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from);
    std::env::var_os("CLEARHOOK_CACHE")
        .map_or_else(|| cache.join("clearhook"), PathBuf::from)
        .join("python")
}
