//! Checks of the SQLite file: free disk space, and whether the path still leads to the opened file with its content.

use std::sync::atomic::Ordering;

use rustix::fs::{StatVfsMountFlags, statvfs};

use crate::storage::{Store, limit::TimeLimit};

impl Store {
    /// The bytes that are free on the disk of the database, and its size. None for PostgreSQL, whose disk cannot be checked from here.
    pub fn disk(&self) -> Option<(u64, u64)> {
        let disk = statvfs(self.file.as_ref()?.path().parent()?).ok()?;
        Some((
            disk.f_bavail.saturating_mul(disk.f_frsize),
            disk.f_blocks.saturating_mul(disk.f_frsize),
        ))
    }

    /// Whether the disk of the database has less than `spare` bytes left. Always false for PostgreSQL, whose disk cannot be checked from
    /// here.
    pub fn is_short_of_space(&self, spare: u64) -> bool {
        self.disk().is_some_and(|(free, _)| free < spare)
    }

    /// Why the SQLite file cannot be written, if it cannot. If the file was deleted, replaced or overwritten, everything is rejected: writes
    /// would be lost or damage the other content.
    pub fn file_trouble(&self) -> Option<String> {
        let file = self.file.as_ref()?;
        let gone = file.trouble();
        if let TimeLimit::File(watched) = self.write.limit() {
            watched.is_away.store(gone.is_some(), Ordering::Relaxed);
        }
        gone.or_else(|| {
            let disk = statvfs(file.path()).ok()?;
            let is_read_only = disk.f_flag.contains(StatVfsMountFlags::RDONLY);
            is_read_only.then(|| format!("the file system of {} is mounted read-only", file.path().display()))
        })
    }
}
