//! A process with another time than the machine, by libfaketime.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The path of the library (Debian package: faketime).
pub(crate) fn faketime() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").unwrap().flatten().map(|folder| folder.path());
    let mut found = folders
        .map(|folder| folder.join("faketime/libfaketime.so.1"))
        .filter(|path| path.exists());
    found.next().expect("libfaketime is missing: run make setup")
}

/// Makes a process read the offset of its wall clock from a file. Its monotonic clock is not changed.
pub(crate) fn faked(command: &mut Command, library: &Path, clock: &Path) {
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}
