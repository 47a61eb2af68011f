//! The data directory: database, generated key, and the node's name.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::{
    config::ConfigError,
    domain::{id::NodeId, timestamp::Timestamp},
    storage::new_id,
    vault::MasterKey,
};

const MASTER_KEY: &str = "master.key";
/// The key of a rotation that has not ended.
const NEW_MASTER_KEY: &str = "master.key.new";

/// The data directory.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

/// Held by the one `serve` that runs on a data directory.
#[derive(Debug)]
pub struct ServeLock(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] File);

impl DataDir {
    /// The directory at this path, which need not be there yet.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the directory if it is missing.
    pub fn prepare(&self) -> Result<(), ConfigError> {
        fs::create_dir_all(&self.0).map_err(|error| self.trouble("cannot be made", &error))
    }

    /// Makes sure that this is the only `serve` here: the directory holds the node's name.
    pub fn lock(&self) -> Result<ServeLock, ConfigError> {
        lock(&self.0.join("serve.lock"), "data directory", "--data-dir")
    }

    /// The key in the directory, made if there is none, readable by its owner only.
    pub fn master_key(&self) -> Result<MasterKey, ConfigError> {
        self.key(MASTER_KEY, MasterKey::generate)
    }

    /// The key that a rotation leads to: the one of a rotation that was interrupted, or this one, or a fresh one. It is in the
    /// directory before anything is sealed with it.
    pub fn new_master_key(&self, given: Option<MasterKey>) -> Result<MasterKey, ConfigError> {
        let wanted = given.as_ref().map(MasterKey::fingerprint);
        let key = self.key(NEW_MASTER_KEY, || given.unwrap_or_else(MasterKey::generate))?;
        if wanted.is_some_and(|wanted| wanted != key.fingerprint()) {
            return Err(ConfigError::new(
                self.0.join(NEW_MASTER_KEY).display().to_string(),
                "a rotation to this key was begun and has not ended; give no other key until it has",
            ));
        }
        Ok(key)
    }

    /// Puts the new key in the place of the old one, at once and for good. Answers where the old one is kept.
    pub fn take_new_master_key(&self) -> Result<PathBuf, ConfigError> {
        let (current, new) = (self.0.join(MASTER_KEY), self.0.join(NEW_MASTER_KEY));
        let before = self.0.join(format!("{MASTER_KEY}.until-{}", Timestamp::now().0));
        let moved = fs::hard_link(&current, &before)
            .and_then(|()| fs::rename(&new, &current))
            .and_then(|()| File::open(&self.0)?.sync_all());
        moved.map_err(|error| {
            let what = format!(
                "the new key cannot be put in place ({error}); rename {} to {MASTER_KEY}",
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

    /// This node's name, made if there is none: so it knows its own deliveries again after a crash.
    pub fn node(&self) -> Result<NodeId, ConfigError> {
        let path = self.0.join("node-id");
        let text = self.read_or_write(&path, || new_id::<NodeId>().to_string())?;
        text.trim()
            .parse()
            .map_err(|_| ConfigError::new(path.display().to_string(), "this is no node id; delete the file"))
    }

    /// A file is there whole or not at all, also after a crash.
    fn read_or_write(&self, path: &Path, make: impl FnOnce() -> String) -> Result<String, ConfigError> {
        if !path.exists() {
            let fresh = path.with_extension(format!("{}.tmp", std::process::id()));
            let written = write_new(&fresh, &make()).and_then(|()| match fs::hard_link(&fresh, path) {
                // Somebody else was first.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                linked => linked,
            });
            let removed = fs::remove_file(&fresh);
            written
                .and(removed)
                .and_then(|()| File::open(&self.0)?.sync_all())
                .map_err(|error| self.trouble("cannot be written", &error))?;
        }
        fs::read_to_string(path).map_err(|error| ConfigError::new(path.display().to_string(), format!("cannot be read: {error}")))
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

/// Makes sure that this is the only `serve` on a SQLite file. Other commands may use it beside.
pub fn lock_database(file: &Path) -> Result<ServeLock, ConfigError> {
    let mut path = file.as_os_str().to_owned();
    path.push(".lock");
    lock(Path::new(&path), "database", "--database-url")
}

fn lock(path: &Path, what: &str, flag: &str) -> Result<ServeLock, ConfigError> {
    let name = path.parent().unwrap_or(path).display().to_string();
    if let Some(folder) = path.parent() {
        // A folder that cannot be made shows itself in the next step.
        let _ = fs::create_dir_all(folder);
    }
    let cannot = |error: &io::Error| {
        ConfigError::new(
            name.clone(),
            format!("the {what} cannot be written ({error}); choose another one with {flag}"),
        )
    };
    let file = File::create(path).map_err(|error| cannot(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(ServeLock(file)),
        Err(TryLockError::WouldBlock) => Err(ConfigError::new(
            name,
            format!("another `clearhook serve` is running on this {what}; stop it, or choose another one with {flag}"),
        )),
        Err(TryLockError::Error(error)) => Err(cannot(&error)),
    }
}
