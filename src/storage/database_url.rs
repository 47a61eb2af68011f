//! Which database, as people write it.

use std::{fmt, path::PathBuf, str::FromStr};

use thiserror::Error;

/// Which database.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A server, with the whole URL.
    Postgres(String),
}

/// A text that names no database.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the database URL must begin with sqlite:// or postgres://; for example sqlite:///var/lib/clearhook/clearhook.db")]
pub struct InvalidDatabaseUrl;

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text
            .strip_prefix("sqlite://")
            .filter(|path| !path.is_empty() && !path.contains(['?', '#']))
        {
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        let server = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
        match server.filter(|_| url::Url::parse(text).is_ok_and(|url| url.has_host())) {
            Some(_) => Ok(Self::Postgres(text.to_owned())),
            None => Err(InvalidDatabaseUrl),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    /// Without user name and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(text) => match url::Url::parse(text) {
                Ok(url) => write!(
                    f,
                    "{}:{}{}",
                    url.host_str().unwrap_or_default(),
                    url.port().unwrap_or(5432),
                    url.path()
                ),
                Err(_) => f.write_str("(no URL)"),
            },
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_both_databases_are_read() {
        assert_eq!("sqlite://data/x.db".parse(), Ok(DatabaseUrl::Sqlite(PathBuf::from("data/x.db"))));
        assert_eq!("sqlite:///var/x.db".parse(), Ok(DatabaseUrl::Sqlite(PathBuf::from("/var/x.db"))));
        assert!(matches!("postgres://u:p@db:5433/hooks".parse(), Ok(DatabaseUrl::Postgres(_))));
    }

    #[test]
    fn others_are_refused() {
        for bad in [
            "",
            "clearhook.db",
            "mysql://db/x",
            "sqlite://",
            "sqlite://x?mode=ro",
            "postgres://",
            "postgres",
        ] {
            assert_eq!(bad.parse::<DatabaseUrl>(), Err(InvalidDatabaseUrl), "{bad}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        let url: DatabaseUrl = "postgres://someone:planted@db:5433/hooks".parse().unwrap();
        assert_eq!(format!("{url} {url:?}"), "db:5433/hooks db:5433/hooks");
    }
}
