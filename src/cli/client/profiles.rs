//! The file of profiles: servers by name, with their keys. It is readable by its owner only.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{cli::error::CliError, cli::suggest::nearest};

/// Larger than any file of profiles.
const BYTES_MAX: u64 = 1024 * 1024;

/// A server, and the key for it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Profile {
    /// The URL of the server.
    pub(in crate::cli) url: String,
    /// The API key. Without one, it comes from the environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) key: Option<String>,
}

/// All profiles.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Profiles {
    /// The profile that is used when none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) current: Option<String>,
    /// The profiles by name.
    #[serde(default)]
    pub(in crate::cli) profiles: BTreeMap<String, Profile>,
}

impl Profiles {
    /// Reads the file. If there is none, there are no profiles. A file that other users can access is refused, since it contains keys.
    pub(in crate::cli) fn load() -> Result<Self, CliError> {
        let Some(path) = path() else { return Ok(Self::default()) };
        let wrong = |detail: String| CliError::Other(format!("the file of profiles {} {detail}", path.display()));
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(wrong(format!("cannot be read: {error}"))),
        };
        let metadata = file.metadata().map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let name = path.display().to_string().replace('\'', "'\\''");
            return Err(wrong(format!(
                "can be accessed by other users (its mode is {mode:03o}) and is not used; correct this with: chmod 600 '{name}'"
            )));
        }
        let mut text = String::new();
        let read = Read::by_ref(&mut file).take(BYTES_MAX).read_to_string(&mut text);
        read.map_err(|error| wrong(format!("cannot be read: {error}")))?;
        toml::from_str(&text).map_err(|error| {
            // The text of the error shows the line, which may have a key in it.
            let line = error
                .span()
                .map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
            wrong(format!(
                "is not valid in line {line}: {}; correct it, or delete it and add the profiles again",
                error.message()
            ))
        })
    }

    /// Writes the file, readable by its owner only. A reader sees the old or the new content, never a part.
    pub(in crate::cli) fn save(&self) -> Result<(), CliError> {
        let Some(path) = path() else {
            return Err(CliError::Other(
                "there is no folder for profiles; set HOME or XDG_CONFIG_HOME".to_owned(),
            ));
        };
        let wrong =
            |error: &dyn std::fmt::Display| CliError::Other(format!("the file of profiles {} cannot be written: {error}", path.display()));
        let text = toml::to_string_pretty(self).map_err(|error| wrong(&error))?;
        write_private(&path, &text).map_err(|error| wrong(&error))
    }

    /// The profile with this name.
    pub(in crate::cli) fn get(&self, name: &str) -> Result<&Profile, CliError> {
        self.profiles.get(name).ok_or_else(|| {
            let known = self.profiles.keys().map(String::as_str);
            let hint = nearest(name, known).map_or_else(String::new, |near| format!("did you mean {near}? "));
            CliError::Other(format!(
                "there is no profile {name}; {hint}`clearhook profile list` shows all, `clearhook profile add` adds one"
            ))
        })
    }

    /// The profile that is used when none is named.
    pub(in crate::cli) fn chosen(&self) -> Option<&Profile> {
        self.profiles.get(self.current.as_ref()?)
    }
}

/// The path of the file, in the folder of configuration files (XDG Base Directory Specification). Relative paths are not valid there.
fn path() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")))?;
    Some(folder.join("clearhook").join("profiles.toml"))
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let new = folder.join(format!("profiles.toml.{}.new", std::process::id()));
    let written = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    written().inspect_err(|_| {
        // What was begun is not left behind.
        let _ = fs::remove_file(&new);
    })
}
