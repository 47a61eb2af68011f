//! A `PgBouncer` in front of a PostgreSQL, run as an unprivileged user. It ends with the test.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use tempfile::TempDir;

use crate::support::postgres::unprivileged;

/// A running `PgBouncer`.
pub(crate) struct PgBouncer {
    pub(crate) port: u16,
    child: Child,
    _folder: TempDir,
}

impl PgBouncer {
    /// Starts one in this pool mode, with additional lines of its settings.
    pub(crate) fn start(mode: &str, server: u16, more: &str) -> Self {
        let folder = TempDir::with_prefix("clearhook-pgbouncer-").unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let file = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={server} user=clearhook\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = {mode}\n{more}\n"
        );
        fs::write(&file, text).unwrap();
        let child = unprivileged(&program())
            .arg(&file)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            port,
            child,
            _folder: folder,
        }
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    let found = folders
        .map(|folder| folder.join("pgbouncer"))
        .find(|program| Path::is_file(program));
    found.expect("pgbouncer is missing: run `make setup`")
}
