//! Secrets in files, such as container secrets and systemd credentials.

use std::{
    env,
    fs::File,
    io::{self, Read},
};

use crate::config::error::ConfigError;

/// Larger than any secret.
const MOST: u64 = 64 * 1024;

/// Reads a secret from a file and removes line breaks at its end.
pub fn read(setting: &str, path: &str) -> Result<String, ConfigError> {
    let wrong = |detail: String| ConfigError::new(setting, format!("the file {path} {detail}"));
    let read = || -> io::Result<Vec<u8>> {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::Error::other("it is a directory"));
        }
        let mut bytes = Vec::new();
        file.take(MOST + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| wrong(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > MOST {
        return Err(wrong(format!(
            "has more than {MOST} bytes; use a file that contains only the value"
        )));
    }
    let text = as_text(bytes).map_err(|problem| wrong(format!("{problem}; store the value in it as UTF-8 text")))?;
    let value = text.trim_end_matches(['\r', '\n']);
    if value.trim().is_empty() {
        return Err(wrong("is empty; store the value in it".to_owned()));
    }
    Ok(value.to_owned())
}

/// The text of a file without a byte order mark, which some editors write. The error completes a sentence about the file.
pub(super) fn as_text(bytes: Vec<u8>) -> Result<String, &'static str> {
    // UTF-16 with a byte order mark, and ASCII characters in UTF-16 without one.
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || bytes.contains(&0) {
        return Err("is not UTF-8 text, but probably UTF-16");
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text")?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Rejects a secret that is given both directly and as a file.
pub fn only_one(setting: &str, given: Option<&str>, file: Option<&str>) -> Result<(), ConfigError> {
    if given.is_some() && file.is_some() {
        return Err(ConfigError::new(
            setting,
            format!("{setting}_FILE is set too; set only one of them"),
        ));
    }
    Ok(())
}

/// The secret, given directly or as a file, of which a flag has precedence over an environment variable. An empty value counts as unset.
pub fn given_or_file(setting: &str, given: Option<String>, file: Option<String>) -> Result<(Option<String>, Option<String>), ConfigError> {
    let not_empty = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let (given, file) = (not_empty(given), not_empty(file));
    let is_variable = |name: &str, text: &Option<String>| text.is_some() && env::var(name).ok() == *text;
    match (is_variable(setting, &given), is_variable(&format!("{setting}_FILE"), &file)) {
        (false, true) if given.is_some() => Ok((given, None)),
        (true, false) if file.is_some() => Ok((None, file)),
        _ => only_one(setting, given.as_deref(), file.as_deref()).map(|()| (given, file)),
    }
}

/// The secret, given directly or read from a file.
pub fn either(setting: &str, given: Option<String>, file: Option<String>) -> Result<Option<String>, ConfigError> {
    let (given, file) = given_or_file(setting, given, file)?;
    match file {
        Some(path) => read(&format!("{setting}_FILE"), &path).map(Some),
        None => Ok(given),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn secret_file_is_trimmed_of_trailing_line_breaks_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a secret");
        let read_as = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            read("CLEARHOOK_X_FILE", path.to_str().unwrap())
        };
        for (bytes, value) in [
            ("planted", "planted"),
            ("planted\n", "planted"),
            ("planted\r\n\n", "planted"),
            (" plan\nted ", " plan\nted "),
            ("\u{feff}planted\n", "planted"),
        ] {
            assert_eq!(read_as(bytes.as_bytes()).unwrap(), value);
        }
        for (bytes, words) in [
            (&b""[..], "is empty"),
            (b" \n", "is empty"),
            (b"planted\xff", "UTF-8"),
            (b"\xff\xfep\0l\0a\0", "UTF-16"),
            (b"\xfe\xff\0p\0l\0a", "UTF-16"),
            (b"p\0l\0a\0", "UTF-16"),
            ("\u{feff}\n".as_bytes(), "is empty"),
            (&"x".repeat(70_000).into_bytes(), "more than"),
        ] {
            let error = read_as(bytes).unwrap_err();
            assert_eq!(error.setting, "CLEARHOOK_X_FILE");
            assert!(
                error.detail.contains(words) && error.detail.contains("a secret") && !error.detail.contains("planted"),
                "{error}"
            );
        }
        for (path, words) in [
            (folder.path().to_str().unwrap(), "directory"),
            ("/nowhere/at all", "cannot be read"),
        ] {
            let error = read("CLEARHOOK_X_FILE", path).unwrap_err();
            assert!(error.detail.contains(words) && error.detail.contains(path), "{error}");
        }
    }
}
