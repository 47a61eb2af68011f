//! The SQLite file: created with access for its owner only, used by one service at a time, and checked for being deleted, replaced or
//! overwritten.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use thiserror::Error;

use crate::sync::locked;

/// Why a file cannot be used as the database. The message does not contain the path; the caller adds it.
#[derive(Debug, Error)]
pub enum FileError {
    /// SQLite needs the path as UTF-8.
    #[error("the path is not UTF-8; move the database to a path that is")]
    NotUtf8,
    /// The path is a directory.
    #[error("the path is a directory; use a file in it, such as clearhook.db")]
    Directory,
    /// The path is a device, a pipe or a socket.
    #[error("the path is not a regular file; use a file such as clearhook.db")]
    NotAFile,
    /// The content is not SQLite's.
    #[error(
        "the file is not a SQLite database; nothing was changed in it; \
         restore it from a backup, or choose another file with --database-url"
    )]
    NotADatabase,
    /// SQLite found an inconsistency.
    #[error(
        "the database is damaged or was truncated; restore the file, without its -wal and -shm, from a backup, \
         or choose another file with --database-url"
    )]
    Damaged,
    /// Another application uses the database.
    #[error(
        "the database belongs to another application (it has the table `{0}` and not clearhook's); nothing was changed in it; \
         choose another file with --database-url"
    )]
    Foreign(String),
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
        Ok(metadata) if !metadata.is_file() => return Err(FileError::NotAFile),
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
    /// The content of the file, once the service marked it.
    content: OnceLock<Content>,
    /// Whether the content is wrong. This is final: SQLite has cached pages of the earlier content.
    is_ruined: AtomicBool,
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
            content: OnceLock::new(),
            is_ruined: AtomicBool::new(false),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Records the identity of the log and its index, so that their deletion is detected. A connection must stay open from then on, because
    /// SQLite deletes them when the last one closes.
    pub(super) fn note_files_beside(&self) {
        for (path, id) in &self.beside {
            *locked(id) = FileId::of(path).ok();
        }
    }

    /// Watches the content from now on. `mark` was written into the header of the database by the caller, but may not be checkpointed yet.
    ///
    /// The file is opened here and stays open as long as `self`, because closing it would release SQLite's locks in this process.
    pub(super) fn watch_content(&self, mark: u32) -> io::Result<()> {
        let content = Content::new(File::open(&self.path)?, mark);
        // The first mark stays if there are two callers.
        let _ = self.content.set(content);
        Ok(())
    }

    /// Whether the mark was found in the file. Before that, it is in the write-ahead log, and an overwritten file is not detected.
    pub(super) fn is_marked(&self) -> bool {
        self.content.get().is_some_and(|content| content.was_marked.load(Ordering::Relaxed))
    }

    /// Notes an error of SQLite that only a damaged file explains.
    pub(super) fn note_damage(&self) {
        self.is_ruined.store(true, Ordering::Relaxed);
    }

    /// Whether the file contains another database, or none. Costs one read of 100 bytes from the cache of the operating system.
    pub(super) fn is_ruined(&self) -> bool {
        if !self.is_ruined.load(Ordering::Relaxed) && self.content.get().is_some_and(|content| !content.is_intact()) {
            self.is_ruined.store(true, Ordering::Relaxed);
        }
        self.is_ruined.load(Ordering::Relaxed)
    }

    /// Why further writes would be lost or damage a file, if they would, and what to do.
    pub(super) fn trouble(&self) -> Option<String> {
        let path = self.path.display();
        if let Some(missing) = self.missing() {
            return Some(format!("{missing}; stop clearhook, restore the file, then start clearhook again"));
        }
        let is_ruined = self.is_ruined() || self.content.get().is_some_and(Content::stays_short);
        is_ruined.then(|| {
            self.note_damage();
            format!(
                "{path} was overwritten, truncated or damaged; stop clearhook, delete {path}-wal and {path}-shm, restore {path} from a backup, \
                 then start clearhook again"
            )
        })
    }

    /// The file that is no longer at its path, if any.
    fn missing(&self) -> Option<String> {
        let noted = self.beside.iter().map(|(path, id)| {
            let id = *locked(id);
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

/// The fields of a database's header that tell whether it is still the same database (SQLite, "Database File Format", section 1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    /// The length of the file that the header declares, in bytes.
    length: u64,
    /// The change counter. It never decreases, because checkpoints copy pages in the order of the log.
    changes: u32,
    /// `user_version`, which has no meaning for SQLite.
    mark: u32,
}

impl Header {
    /// Reads the header. `None` if the file is not a database.
    fn read(file: &File) -> io::Result<Option<Self>> {
        let mut bytes = [0; 100];
        match file.read_exact_at(&mut bytes, 0) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let number = |at: usize| bytes[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        if !bytes.starts_with(b"SQLite format 3\0") {
            return Ok(None);
        }
        // A page size of 65,536 is stored as 1.
        let page = match u64::from(bytes[16]) << 8 | u64::from(bytes[17]) {
            1 => 65_536,
            page => page,
        };
        Ok(Some(Self {
            length: page * u64::from(number(28)),
            changes: number(24),
            mark: number(60),
        }))
    }
}

/// How often a header that is not the expected one is read again: a checkpoint may be writing it.
const READS: u32 = 5;
const BETWEEN_READS: Duration = Duration::from_millis(5);
/// Number of checks in a row in which the file must be shorter than its header says. A checkpoint writes the header before the last pages.
const SHORT: u32 = 3;

/// The content of the file in use. Device and inode do not change when a file is overwritten in place, for example by `cp`.
#[derive(Debug)]
struct Content {
    file: File,
    mark: u32,
    /// Whether the mark was found in the file. Before, it is in the write-ahead log.
    was_marked: AtomicBool,
    /// The highest change counter so far.
    changes: AtomicU32,
    /// The length of the file if it is too short, and in how many checks it was.
    short: Mutex<(u64, u32)>,
}

impl Content {
    fn new(file: File, mark: u32) -> Self {
        let changes = Header::read(&file).ok().flatten().map_or(0, |header| header.changes);
        Self {
            file,
            mark,
            was_marked: AtomicBool::new(false),
            changes: AtomicU32::new(changes),
            short: Mutex::default(),
        }
    }

    /// Whether the file has the header of this database.
    fn is_intact(&self) -> bool {
        for read in 0..READS {
            if read > 0 {
                thread::sleep(BETWEEN_READS);
            }
            match Header::read(&self.file) {
                Ok(Some(header)) if self.expects(header) => return true,
                Ok(_) => {}
                // A file that cannot be read now is reported by the next statement.
                Err(_) => return true,
            }
        }
        false
    }

    fn expects(&self, header: Header) -> bool {
        let is_marked = header.mark == self.mark;
        if !is_marked && self.was_marked.load(Ordering::Relaxed) {
            return false;
        }
        let before = self.changes.load(Ordering::Relaxed);
        // The counter may wrap around.
        if header.changes.wrapping_sub(before) > u32::MAX / 2 {
            return false;
        }
        self.changes.store(header.changes, Ordering::Relaxed);
        self.was_marked.fetch_or(is_marked, Ordering::Relaxed);
        true
    }

    /// Whether the file has been shorter than its header says for several checks, without growing.
    fn stays_short(&self) -> bool {
        let (Ok(metadata), Ok(Some(header))) = (self.file.metadata(), Header::read(&self.file)) else {
            return false;
        };
        let mut short = locked(&self.short);
        let length = metadata.len();
        *short = match *short {
            _ if length >= header.length => (0, 0),
            (before, checks) if before == length => (length, checks + 1),
            _ => (length, 1),
        };
        short.1 >= SHORT
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn new_files_and_directories_are_accessible_to_their_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/b/clearhook.db");
        assert_eq!(prepare(&file).unwrap(), file.canonicalize().unwrap());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(file.parent().unwrap()), 0o700);
        assert!(matches!(prepare(folder.path()), Err(FileError::Directory)));
    }

    #[test]
    fn a_file_is_locked_through_every_path() {
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
    fn a_deleted_or_replaced_file_is_detected() {
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
