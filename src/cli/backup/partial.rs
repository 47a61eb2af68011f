//! A file that appears at its path only when it is complete. Until then it has another name in the same directory; it is removed after an
//! error, and a file that a killed process left is used again.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{CWD, OFlags, RenameFlags, renameat_with},
    process::geteuid,
};

use crate::{
    cli::backup::sealed,
    storage::backup::{beside, explain_io},
};

/// The first bytes of a copy: of SQLite, or zeros, because SQLite writes the first page last.
const SQLITE: &[u8; 16] = b"SQLite format 3\0";

/// A file that is not complete yet. It is empty, locked, and accessible to its owner only.
pub(super) struct PartialFile {
    path: PathBuf,
    file: File,
    is_done: bool,
}

impl PartialFile {
    /// Creates the file for this destination. Errors are sentences.
    pub(super) fn create(destination: &Path) -> Result<Self, String> {
        let name = destination
            .file_name()
            .ok_or_else(|| format!("{} names no file; use a path such as clearhook.backup", destination.display()))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".partial");
        let path = destination.with_file_name(hidden);
        let cannot = |error: io::Error| format!("cannot write {}: {}", path.display(), explain_io(&error));
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                // In a directory that others can write to, they must not choose where the data goes.
                .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
                .open(&path)
                .map_err(cannot)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(format!(
                        "another command is writing {}; wait until it has ended",
                        destination.display()
                    ));
                }
                Err(TryLockError::Error(error)) => return Err(cannot(error)),
            }
            let opened = file.metadata().map_err(cannot)?;
            // The command that held the lock may have moved the file to its destination in the meantime.
            let is_same = fs::symlink_metadata(&path).is_ok_and(|found| (found.dev(), found.ino()) == (opened.dev(), opened.ino()));
            if !is_same {
                continue;
            }
            if opened.uid() != geteuid().as_raw() || !opened.is_file() {
                return Err(format!("{} belongs to another user; remove it", path.display()));
            }
            file.set_permissions(fs::Permissions::from_mode(0o600))
                .and_then(|()| file.set_len(0))
                .map_err(cannot)?;
            return Ok(Self {
                path,
                file,
                is_done: false,
            });
        }
    }

    /// Where it is now.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The open file.
    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Keeps the file where it is now.
    pub(super) fn keep(mut self) {
        self.is_done = true;
    }

    /// Makes it durable and moves it to its destination. Without `overwrite`, a file that is there by now is kept, and this fails.
    pub(super) fn finish(mut self, destination: &Path, overwrite: bool) -> io::Result<()> {
        self.file.sync_all()?;
        if overwrite {
            fs::rename(&self.path, destination)?;
        } else {
            match renameat_with(CWD, &self.path, CWD, destination, RenameFlags::NOREPLACE) {
                Ok(()) => {}
                // File systems that cannot do this in one step (NFS).
                Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) if !destination.exists() => {
                    fs::rename(&self.path, destination)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.is_done = true;
        sync_folder(destination)
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.is_done {
            for ending in ["", "-journal", "-wal", "-shm"] {
                // What cannot be removed is used again by the next command.
                let _ = fs::remove_file(beside(&self.path, ending));
            }
        }
    }
}

/// The files that killed commands left beside this destination, under other names. A command that still runs holds the lock of its file.
pub(super) fn left_over(destination: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder_of(destination)) else {
        return Vec::new();
    };
    let has_name = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with('.') && name.ends_with(".partial"))
    };
    let mut found: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(has_name).collect();
    found.retain(|path| is_left_over(path).unwrap_or(false));
    found.sort();
    found
}

/// Whether a file is the beginning of a backup of this user that no command is writing.
fn is_left_over(path: &Path) -> io::Result<bool> {
    let found = fs::symlink_metadata(path)?;
    if !found.is_file() || found.uid() != geteuid().as_raw() || found.mode() & 0o777 != 0o600 {
        return Ok(false);
    }
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)?;
    if file.try_lock().is_err() {
        return Ok(false);
    }
    let mut beginning = Vec::new();
    Read::by_ref(&mut file)
        .take(sealed::MAGIC.len() as u64)
        .read_to_end(&mut beginning)?;
    let has_page = |page: &[u8; 16]| beginning.starts_with(page);
    Ok(has_page(SQLITE) || has_page(&[0; 16]) || beginning == sealed::MAGIC)
}

/// Makes renames in the directory of a file durable.
pub(super) fn sync_folder(file: &Path) -> io::Result<()> {
    File::open(folder_of(file))?.sync_all()
}

fn folder_of(file: &Path) -> &Path {
    file.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn file_appears_when_it_is_complete_and_not_after_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.backup");
        let names = || fs::read_dir(folder.path()).unwrap().flatten().count();
        drop(PartialFile::create(&target).unwrap());
        assert_eq!(names(), 0);
        let mut partial = PartialFile::create(&target).unwrap();
        io::Write::write_all(partial.file(), b"content").unwrap();
        assert!(!target.exists());
        let refusal = PartialFile::create(&target).err().unwrap();
        assert!(refusal.contains("another command is writing"), "{refusal}");
        partial.finish(&target, false).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"content");
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        let again = PartialFile::create(&target).unwrap();
        assert!(again.finish(&target, false).is_err(), "it exists");
        assert_eq!((fs::read(&target).unwrap().as_slice(), names()), (b"content".as_slice(), 1));
    }

    #[test]
    fn leftover_of_a_killed_command_is_used_again_and_a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.backup");
        let leftover = folder.path().join(".a.backup.partial");
        fs::write(&leftover, "half of it").unwrap();
        PartialFile::create(&target).unwrap().finish(&target, false).unwrap();
        assert_eq!(fs::metadata(&target).unwrap().len(), 0);
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, "of another").unwrap();
        symlink(&elsewhere, &leftover).unwrap();
        assert!(PartialFile::create(&target).is_err());
        assert_eq!(fs::read(&elsewhere).unwrap(), b"of another");
    }
}
