//! The data directory: SQLite database, generated master key, and the node's id.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::{
    config::{error::ConfigError, secret_file},
    domain::{id::NodeId, timestamp::Timestamp},
    storage::{new_id, sqlite_file::create_private_dir},
    vault::MasterKey,
};

const MASTER_KEY: &str = "master.key";
/// The new key of a rotation that is not complete.
const NEW_MASTER_KEY: &str = "master.key.new";
const NODE_ID: &str = "node-id";

/// The data directory.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

/// The lock that a running `serve` holds on its data directory.
#[derive(Debug)]
pub struct ServeLock(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] File);

impl DataDir {
    /// The directory at this path. It need not exist yet.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The path of the directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Creates the directory if it does not exist, accessible by its owner only.
    pub fn prepare(&self) -> Result<(), ConfigError> {
        create_private_dir(&self.0).map_err(|error| self.trouble("cannot be created", &error))
    }

    /// Ensures that no other `serve` uses this directory. The lock is on the file with the node's id, because that is what two nodes must
    /// not share: if the file was deleted, the next service gets another id.
    pub fn lock(&self) -> Result<ServeLock, ConfigError> {
        self.node()?;
        let cannot = |error: &io::Error| self.trouble("cannot be written", error);
        let file = OpenOptions::new().read(true).write(true).open(self.0.join(NODE_ID));
        let file = file.map_err(|error| cannot(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(ServeLock(file)),
            Err(TryLockError::WouldBlock) => Err(ConfigError::new(
                self.0.display().to_string(),
                "another `clearhook serve` is running on this data directory; stop it, or choose another one with --data-dir",
            )),
            Err(TryLockError::Error(error)) => Err(cannot(&error)),
        }
    }

    /// The key in the directory, if there is one.
    pub fn stored_master_key(&self) -> Result<Option<MasterKey>, ConfigError> {
        if !self.0.join(MASTER_KEY).exists() {
            return Ok(None);
        }
        self.master_key().map(Some)
    }

    /// The key in the directory. It is generated if there is none, readable by its owner only.
    pub fn master_key(&self) -> Result<MasterKey, ConfigError> {
        self.key(MASTER_KEY, MasterKey::generate)
    }

    /// Stores a key in a directory that has none.
    pub fn store_master_key(&self, key: &MasterKey) -> Result<(), ConfigError> {
        let stored = self.key(MASTER_KEY, || key.clone())?;
        if stored.fingerprint() == key.fingerprint() {
            return Ok(());
        }
        Err(ConfigError::new(
            self.0.join(MASTER_KEY).display().to_string(),
            "another key was stored there in the meantime; run the command again",
        ))
    }

    /// The error if the database is encrypted with a key that is not in the directory.
    pub fn missing_key(&self) -> ConfigError {
        let path = self.0.join(MASTER_KEY);
        ConfigError::new(
            path.display().to_string(),
            "the master key of the database is missing, and no other key can decrypt its secrets; restore the file, or set \
             CLEARHOOK_MASTER_KEY",
        )
    }

    /// The target key of a rotation: that of an interrupted rotation, or else `given`, or else a generated one. It is stored in the
    /// directory before anything is encrypted with it.
    pub fn new_master_key(&self, given: Option<MasterKey>) -> Result<MasterKey, ConfigError> {
        let wanted = given.as_ref().map(MasterKey::fingerprint);
        let key = self.key(NEW_MASTER_KEY, || given.unwrap_or_else(MasterKey::generate))?;
        if wanted.is_some_and(|wanted| wanted != key.fingerprint()) {
            return Err(ConfigError::new(
                self.0.join(NEW_MASTER_KEY).display().to_string(),
                "an earlier rotation to this key is not complete; finish it before you use another key",
            ));
        }
        Ok(key)
    }

    /// Replaces the old key by the new one, atomically and durably. Returns the path of the file that keeps the old key.
    pub fn take_new_master_key(&self) -> Result<PathBuf, ConfigError> {
        let (current, new) = (self.0.join(MASTER_KEY), self.0.join(NEW_MASTER_KEY));
        let before = self.0.join(format!("{MASTER_KEY}.until-{}", Timestamp::now().0));
        // A copy instead of a hard link, because not every file system supports those.
        let moved = fs::read_to_string(&current)
            .and_then(|text| write_new(&before, text.trim_end()))
            .and_then(|()| fs::rename(&new, &current))
            .and_then(|()| File::open(&self.0)?.sync_all());
        moved.map_err(|error| {
            let what = format!(
                "the key file cannot be replaced ({error}); rename {} to {MASTER_KEY}",
                new.display()
            );
            ConfigError::new(current.display().to_string(), what)
        })?;
        Ok(before)
    }

    fn key(&self, name: &str, make: impl FnOnce() -> MasterKey) -> Result<MasterKey, ConfigError> {
        let path = self.0.join(name);
        let text = self.read_or_write(&path, || make().reveal().to_string())?;
        MasterKey::parse(&text).map_err(|error| ConfigError::new(path.display().to_string(), error.to_string()))
    }

    /// This node's id, generated if there is none. It is stored so that the node recognizes its own deliveries after a crash.
    pub fn node(&self) -> Result<NodeId, ConfigError> {
        let path = self.0.join(NODE_ID);
        let text = self.read_or_write(&path, || new_id::<NodeId>().to_string())?;
        text.trim()
            .parse()
            .map_err(|_| ConfigError::new(path.display().to_string(), "the content is not a node id; delete the file"))
    }

    /// The text of a file, which is created if it does not exist. If several processes create it at once, one succeeds and all read its
    /// text.
    fn read_or_write(&self, path: &Path, make: impl FnOnce() -> String) -> Result<String, ConfigError> {
        if !path.exists() {
            put_in_place(path, &make())
                .and_then(|()| File::open(&self.0)?.sync_all())
                .map_err(|error| self.trouble("cannot be written", &error))?;
        }
        read_whole(path).map_err(|error| ConfigError::new(path.display().to_string(), format!("cannot be read: {error}")))
    }

    fn trouble(&self, what: &str, error: &io::Error) -> ConfigError {
        ConfigError::new(
            self.0.display().to_string(),
            format!("the data directory {what} ({error}); choose one with --data-dir or CLEARHOOK_DATA_DIR"),
        )
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    writeln!(file, "{text}").and_then(|()| file.sync_all())
}

/// Creates a file if it does not exist. It appears atomically, even after a crash, if the file system can rename without overwriting. If it
/// cannot (NFS), a crash may leave an empty file, which is reported when it is read.
fn put_in_place(path: &Path, text: &str) -> io::Result<()> {
    let fresh = path.with_extension(format!("{}.tmp", std::process::id()));
    write_new(&fresh, text)?;
    let moved = match renameat_with(CWD, &fresh, CWD, path, RenameFlags::NOREPLACE) {
        Ok(()) => return Ok(()),
        // Another process was first.
        Err(rustix::io::Errno::EXIST) => Ok(()),
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => create_exclusively(path, text),
        Err(error) => Err(error.into()),
    };
    moved.and(fs::remove_file(&fresh))
}

/// Works on every file system, but is not atomic.
fn create_exclusively(path: &Path, text: &str) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => writeln!(file, "{text}").and_then(|()| file.sync_all()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Reads a file. If it is empty, another process may be writing it, so it is read again for a second. After that, a crash must have left it
/// empty.
fn read_whole(path: &Path) -> io::Result<String> {
    for _ in 0..20 {
        let text = secret_file::as_text(fs::read(path)?).map_err(|problem| io::Error::other(format!("the file {problem}")))?;
        if !text.trim().is_empty() {
            return Ok(text);
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err(io::Error::other(
        "the file is empty; restore it from a backup, or delete it if this installation is new",
    ))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn file_is_created_once_also_without_atomic_rename() {
        let folder = tempfile::tempdir().unwrap();
        for (name, make) in [("a", put_in_place as fn(&Path, &str) -> io::Result<()>), ("b", create_exclusively)] {
            let path = folder.path().join(name);
            make(&path, "first").unwrap();
            make(&path, "second").unwrap();
            assert_eq!(read_whole(&path).unwrap(), "first\n");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
        fs::write(folder.path().join("a"), "\n").unwrap();
        assert!(read_whole(&folder.path().join("a")).unwrap_err().to_string().contains("empty"));
    }

    #[test]
    fn replaced_key_is_kept_beside_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(folder.path().join("data"));
        data_dir.prepare().unwrap();
        assert_eq!(fs::metadata(data_dir.path()).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(data_dir.stored_master_key().unwrap().is_none());
        let (old, new) = (data_dir.master_key().unwrap(), data_dir.new_master_key(None).unwrap());
        let before = data_dir.take_new_master_key().unwrap();
        assert_eq!(data_dir.master_key().unwrap().fingerprint(), new.fingerprint());
        let kept = MasterKey::parse(&fs::read_to_string(before).unwrap()).unwrap();
        assert_eq!(kept.fingerprint(), old.fingerprint());
    }
}
