//! A file of configuration: its values, their places, and the secrets that it names.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{
    Format,
    places::{Place, Places},
    prepare, toml_file, yaml_file,
};
use crate::cli::{error::CliError, input::read_text, plain::printable};

/// At most this many mistakes are in an error.
const MISTAKES_MAX: usize = 20;

/// A file that was read.
pub(super) struct ConfigurationFile {
    /// The path, for errors.
    shown: String,
    places: Places,
    /// The document as the API reads it, with the values of secrets in place of their names.
    pub(super) document: Value,
}

/// A mistake in a file: JSON pointer and what is wrong.
pub(super) type Mistake = (String, String);

/// Reads a file. What can be found wrong without the server is an error.
pub(super) fn read(path: &Path, format: Option<Format>) -> Result<ConfigurationFile, CliError> {
    let text = read_text("FILE", path)?;
    let shown = if path.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let format = format.unwrap_or_else(|| by_name(path));
    let parsed = match format {
        Format::Yaml => yaml_file::parse(&text),
        Format::Toml => toml_file::parse(&text),
    };
    let (value, places) = parsed.map_err(|(place, message)| {
        let language = match format {
            Format::Yaml => "YAML",
            Format::Toml => "TOML",
        };
        CliError::Other(format!(
            "{}: this is not valid {language}: {}; nothing was changed",
            at(&shown, place),
            printable(&message)
        ))
    })?;
    let mut file = ConfigurationFile {
        shown,
        places,
        document: value,
    };
    let folder = if path.as_os_str() == "-" {
        PathBuf::new()
    } else {
        path.parent().map(Path::to_owned).unwrap_or_default()
    };
    let mistakes = prepare::document(&mut file.document, &folder);
    if mistakes.is_empty() {
        Ok(file)
    } else {
        Err(file.mistakes(&mistakes))
    }
}

fn by_name(path: &Path) -> Format {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some(ending) if ending.eq_ignore_ascii_case("toml") => Format::Toml,
        _ => Format::Yaml,
    }
}

fn at(shown: &str, place: Option<Place>) -> String {
    place.map_or_else(|| shown.to_owned(), |place| format!("{shown}:{}:{}", place.line, place.column))
}

impl ConfigurationFile {
    /// The error of a file with mistakes, each with its line and column.
    pub(super) fn mistakes(&self, mistakes: &[Mistake]) -> CliError {
        let mut lines: Vec<String> = mistakes.iter().take(MISTAKES_MAX).map(|mistake| self.line(mistake)).collect();
        if mistakes.len() > MISTAKES_MAX {
            lines.push(format!("and {} more mistakes", mistakes.len() - MISTAKES_MAX));
        }
        CliError::Other(format!("{}; nothing was changed", lines.join("; ")))
    }

    /// A mistake with its line and column.
    pub(super) fn line(&self, (pointer, detail): &Mistake) -> String {
        let place = at(&self.shown, self.places.of(pointer));
        let field = if pointer.is_empty() {
            String::new()
        } else {
            format!("{}: ", printable(pointer))
        };
        format!("{place}: {field}{}", printable(detail.trim_end_matches('.')))
    }

    /// The entry of a section at this place.
    pub(super) fn entry(&self, section: &str, at: usize) -> Option<&Value> {
        self.document.get(section)?.get(at)
    }
}
