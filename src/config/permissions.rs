//! Warnings about files that other users of the machine can read or lock.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// One warning per file or directory that other users have a permission on: its path, its mode, and the command that fixes it.
pub(super) fn warnings(data_dir: &Path, database: Option<&Path>) -> Vec<String> {
    let mut paths = vec![data_dir.to_owned()];
    let inside = fs::read_dir(data_dir).into_iter().flatten().flatten().map(|entry| entry.path());
    paths.extend(inside.filter(|path| path.is_file()));
    if let Some(database) = database {
        paths.extend(["", "-wal", "-shm"].map(|ending| {
            let mut name = database.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        }));
    }
    paths.sort();
    paths.dedup();
    paths.iter().filter_map(|path| warning(path)).collect()
}

fn warning(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    let mode = metadata.permissions().mode() & 0o777;
    let right = if metadata.is_dir() { "700" } else { "600" };
    let name = path.display().to_string().replace('\'', "'\\''");
    (mode & 0o077 != 0).then(|| {
        format!(
            "other users of this machine can access {} (its mode is {mode:03o}); fix this with: chmod {right} '{name}'",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_permissions_are_reported_once_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let (database, key) = (folder.path().join("it's.db"), folder.path().join("master.key"));
        for file in [&database, &key] {
            fs::write(file, "").unwrap();
            set(file, 0o600);
        }
        set(folder.path(), 0o700);
        assert_eq!(warnings(folder.path(), Some(&database)), Vec::<String>::new());
        set(folder.path(), 0o755);
        set(&database, 0o640);
        let shown = warnings(folder.path(), Some(&database));
        assert_eq!(shown.len(), 2, "{shown:?}");
        assert!(shown[0].contains("755") && shown[0].contains("chmod 700"), "{shown:?}");
        assert!(
            shown[1].contains("640") && shown[1].contains("chmod 600") && shown[1].contains("it'\\''s.db"),
            "{shown:?}"
        );
    }
}
