//! The SQLite file: created with access for its owner only, used by one service at a time, and checked for being deleted or replaced.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Mutex,
};

use thiserror::Error;

/// Why a file cannot be used as the database. The message does not contain the path; the caller adds it.
#[derive(Debug, Error)]
pub enum FileError {
    /// SQLite needs the path as UTF-8.
    #[error("the path is not UTF-8; move the database to a path that is")]
    NotUtf8,
    /// The path is a directory.
    #[error("the path is a directory; use a file in it, such as clearhook.db")]
    Directory,
    /// SQLite would have one write-ahead log per name, which corrupts the database.
    #[error(
        "the file has {0} names (hard links), and SQLite corrupts a database that is opened under two of them; \
         find them with `find -inum {1}` and remove all but one"
    )]
    HardLinks(u64, u64),
    /// Another service uses the file.
    #[error(
        "another `clearhook serve` uses this database file, by this or another path; stop it, or choose another database \
         with --database-url"
    )]
    InUse,
    /// The operating system reported an error.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The identity of a file, independent of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }
}

/// Creates a directory and its parents with access for the owner only, unless it exists.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Creates the file with access for its owner only, unless it exists. Returns its path with symbolic links resolved: SQLite creates its log
/// beside the real file, with the same permissions.
pub(super) fn prepare(path: &Path) -> Result<PathBuf, FileError> {
    if path.to_str().is_none() {
        return Err(FileError::NotUtf8);
    }
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err(FileError::Directory),
        Ok(metadata) if metadata.nlink() > 1 => return Err(FileError::HardLinks(metadata.nlink(), metadata.ino())),
        // The file is not opened here, because closing it would release the POSIX locks that SQLite holds on it in this process.
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                create_private_dir(folder)?;
            }
            open_private(path)?;
        }
        Err(error) => return Err(error.into()),
    }
    let path = fs::canonicalize(path)?;
    if path.to_str().is_none() {
        return Err(FileError::NotUtf8);
    }
    Ok(path)
}

fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// The lock that a running `serve` holds on the SQLite file. It must be kept as long as SQLite may have the file open, because closing the
/// file releases SQLite's own locks too.
#[derive(Debug)]
pub struct FileLock {
    #[expect(dead_code, reason = "the lock lasts as long as the file is open")]
    file: File,
}

impl FileLock {
    /// Ensures that this is the only `serve` that uses the file, under whatever path. Other commands may use it at the same time.
    ///
    /// The lock is on a byte of the file itself that SQLite does not use. So it works through symbolic links, bind mounts and other names,
    /// and there is no lock file that could be deleted.
    pub fn take(path: &Path) -> Result<Self, FileError> {
        prepare(path)?;
        let file = open_private(path)?;
        match lock_byte(&file) {
            Ok(true) => Ok(Self { file }),
            Ok(false) => Err(FileError::InUse),
            Err(error) => Err(error.into()),
        }
    }
}

/// Far beyond the bytes that SQLite locks (from 2^30) and the largest database (2^48).
#[cfg(target_os = "linux")]
const LOCKED_BYTE: i64 = 1 << 62;

/// Locks a byte for this open file. Returns false if it is locked by another process.
#[cfg(target_os = "linux")]
fn lock_byte(file: &File) -> io::Result<bool> {
    use nix::{
        errno::Errno,
        fcntl::{FcntlArg, fcntl},
        libc,
    };
    let lock = libc::flock {
        l_type: i16::try_from(libc::F_WRLCK).unwrap_or_default(),
        l_whence: i16::try_from(libc::SEEK_SET).unwrap_or_default(),
        l_start: LOCKED_BYTE,
        l_len: 1,
        l_pid: 0,
    };
    match fcntl(file, FcntlArg::F_OFD_SETLK(&lock)) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Other systems have no lock that belongs to an open file and does not interfere with SQLite's locks.
#[cfg(not(target_os = "linux"))]
fn lock_byte(_: &File) -> io::Result<bool> {
    Ok(true)
}

/// The identity of an open database file, and of the files beside it.
#[derive(Debug)]
pub(super) struct OpenFile {
    path: PathBuf,
    database: FileId,
    /// SQLite's write-ahead log and its index, once they were recorded. They do not change while a connection is open.
    beside: [(PathBuf, Mutex<Option<FileId>>); 2],
}

impl OpenFile {
    /// Records the identity of the file.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        let beside = |ending: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            (PathBuf::from(name), Mutex::new(None))
        };
        Ok(Self {
            path: path.to_owned(),
            database: FileId::of(path)?,
            beside: [beside("-wal"), beside("-shm")],
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Records the identity of the log and its index, so that their deletion is detected. A connection must stay open from then on, because
    /// SQLite deletes them when the last one closes.
    pub(super) fn note_files_beside(&self) {
        for (path, id) in &self.beside {
            *id.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = FileId::of(path).ok();
        }
    }

    /// Why further writes would be lost, if they would.
    pub(super) fn trouble(&self) -> Option<String> {
        let noted = self.beside.iter().map(|(path, id)| {
            let id = *id.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            (path.as_path(), id)
        });
        let all = [(self.path.as_path(), Some(self.database))].into_iter().chain(noted);
        for (path, id) in all {
            let Some(id) = id else { continue };
            match FileId::of(path) {
                Ok(now) if now == id => {}
                Ok(_) => return Some(format!("{} was replaced by another file", path.display())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(format!("{} was deleted", path.display())),
                Err(error) => return Some(format!("{} is no longer accessible: {error}", path.display())),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn new_files_and_directories_are_for_their_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/b/clearhook.db");
        assert_eq!(prepare(&file).unwrap(), file.canonicalize().unwrap());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(file.parent().unwrap()), 0o700);
        assert!(matches!(prepare(folder.path()), Err(FileError::Directory)));
    }

    #[test]
    fn a_file_is_locked_by_whatever_path() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("clearhook.db"), folder.path().join("link.db"));
        let lock = FileLock::take(&file).unwrap();
        symlink(&file, &link).unwrap();
        for path in [&file, &link] {
            assert!(matches!(FileLock::take(path), Err(FileError::InUse)), "{}", path.display());
        }
        drop(lock);
        drop(FileLock::take(&link).unwrap());
        fs::hard_link(&file, folder.path().join("hard.db")).unwrap();
        assert!(matches!(FileLock::take(&file), Err(FileError::HardLinks(2, _))));
    }

    #[test]
    fn a_file_that_is_deleted_or_replaced_is_missed() {
        let folder = tempfile::tempdir().unwrap();
        let path = prepare(&folder.path().join("clearhook.db")).unwrap();
        let log = folder.path().canonicalize().unwrap().join("clearhook.db-wal");
        let open = OpenFile::new(&path).unwrap();
        fs::write(&log, "").unwrap();
        assert_eq!(open.trouble(), None);
        open.note_files_beside();
        assert_eq!(open.trouble(), None);
        fs::remove_file(&log).unwrap();
        assert!(open.trouble().unwrap().contains("-wal was deleted"));
        fs::rename(&path, folder.path().join("elsewhere")).unwrap();
        assert!(open.trouble().unwrap().contains("was deleted"));
        fs::write(&path, "").unwrap();
        assert!(open.trouble().unwrap().contains("was replaced"));
    }
}
