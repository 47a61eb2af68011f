//! How much room SQLite's file has to grow, and whether it is still the file that its path names.

use std::sync::atomic::Ordering;

use rustix::fs::{StatVfsMountFlags, statvfs};

use crate::storage::{Store, limit::Limit};

impl Store {
    /// Whether the disk that holds the database has less than so many bytes left. Of a PostgreSQL elsewhere nobody can tell from here.
    pub fn is_short_of_space(&self, spare: u64) -> bool {
        let folder = self.file.as_ref().and_then(|file| file.path().parent());
        folder
            .and_then(|folder| statvfs(folder).ok())
            .is_some_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < spare)
    }

    /// Why nothing can be stored in SQLite's file, if it is so. A file that was deleted or replaced takes no more writes: they would be lost.
    pub fn file_trouble(&self) -> Option<String> {
        let file = self.file.as_ref()?;
        let gone = file
            .trouble()
            .map(|trouble| format!("{trouble}; restore it, then start clearhook again"));
        if let Limit::File(is_gone) = self.write.limit() {
            is_gone.store(gone.is_some(), Ordering::Relaxed);
        }
        gone.or_else(|| {
            let disk = statvfs(file.path()).ok()?;
            let is_read_only = disk.f_flag.contains(StatVfsMountFlags::RDONLY);
            is_read_only.then(|| format!("the file system of {} is mounted read-only", file.path().display()))
        })
    }
}
