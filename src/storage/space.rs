//! How much room SQLite's file has to grow.

use std::path::Path;

use rustix::fs::statvfs;

use crate::storage::Store;

impl Store {
    /// Whether the disk that holds the database has less than so many bytes left. Of a PostgreSQL elsewhere nobody can tell from here.
    pub fn is_short_of_space(&self, spare: u64) -> bool {
        let Some(file) = &self.file else { return false };
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        statvfs(folder).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < spare)
    }
}
