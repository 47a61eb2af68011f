//! A real file system with a limited size (tmpfs). Only the processes that are started in it see it (mount namespace), and it is gone when the
//! test ends, however it ends.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// The file system.
pub(crate) struct SmallDisk {
    folder: TempDir,
    /// Keeps the namespace. It ends when its standard input is closed.
    keeper: Child,
    is_root: bool,
}

impl SmallDisk {
    /// A file system with this size. Root mounts it, another user in a user namespace. `None` where neither is permitted, except for `CI=true`.
    #[allow(clippy::print_stdout, reason = "whoever runs the tests learns what was not tested")]
    pub(crate) fn new(mebibytes: u32) -> Option<Self> {
        let (folder, is_root) = (TempDir::new().unwrap(), rustix::process::geteuid().is_root());
        let mut unshare = Command::new("unshare");
        unshare.arg("--mount").args(["--propagation", "private"]);
        if !is_root {
            unshare.args(["--user", "--map-root-user"]);
        }
        let script = format!("mount -t tmpfs -o size={mebibytes}m tmpfs \"$0\" && echo mounted && exec cat >/dev/null");
        unshare.args(["sh", "-c", &script]).arg(folder.path());
        let mut keeper = unshare.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut said).unwrap();
        if said == "mounted\n" {
            return Some(Self { folder, keeper, is_root });
        }
        keeper.wait().unwrap();
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "no file system can be mounted: run the tests as root, or permit user namespaces"
        );
        println!("not tested: no file system can be mounted here");
        None
    }

    /// Where processes that run in it find it.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where this process finds it.
    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.keeper.id()));
        root.join(self.folder.path().strip_prefix("/").unwrap()).join(name)
    }

    /// The same command in the namespace. Its working directory is the root directory.
    pub(crate) fn inside(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside.args(["--mount", "--target", &self.keeper.id().to_string()]);
        if !self.is_root {
            inside.args(["--user", "--preserve-credentials"]);
        }
        inside.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => inside.env(name, value),
                None => inside.env_remove(name),
            };
        }
        inside
    }

    /// The names of its files.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.outside("")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Fills it to the last byte with a file of this name.
    pub(crate) fn fill(&self, name: &str) {
        let mut file = fs::File::create(self.outside(name)).unwrap();
        for size in [1 << 20, 4_096] {
            let zeros = vec![0; size];
            while file.write_all(&zeros).is_ok() {}
        }
    }

    /// Removes a file.
    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.outside(name)).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}
