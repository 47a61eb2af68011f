//! Parsing of `database_url`.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use percent_encoding::percent_decode_str;

use crate::storage::{invalid_url::InvalidDatabaseUrl, postgres_url::PostgresUrl};

/// A parsed `database_url`.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// The path of a SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server.
    Postgres(Box<PostgresUrl>),
}

const FORMS: &str = "write sqlite:///var/lib/clearhook/clearhook.db or postgres://user:password@host:5432/clearhook";
const NO_MEMORY: &str = "a database in memory would lose every event when the service ends; write the path of a file, such as \
     sqlite:///var/lib/clearhook/clearhook.db";

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().starts_with(['"', '\'', '`']) {
            return Err(invalid("the database URL is in quotes; leave them out"));
        }
        if text.trim() != text {
            return Err(invalid("the database URL begins or ends with white space; leave it out"));
        }
        let (scheme, rest) = text.split_once(':').ok_or_else(|| no_scheme(text))?;
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => sqlite(rest).map(Self::Sqlite),
            "postgres" | "postgresql" => match rest.strip_prefix("//") {
                Some("") => Err(invalid(
                    "the database URL names no server; write postgres://user:password@host:5432/clearhook",
                )),
                Some(rest) => PostgresUrl::parse(rest).map(Box::new).map(Self::Postgres),
                None => Err(invalid(format!("the database URL needs `//` after `{scheme}:`; {FORMS}"))),
            },
            _ => Err(other_scheme(scheme, text)),
        }
    }
}

/// Parses the part after `sqlite:`. It is used as the path unchanged: nothing is percent-decoded, and every character is allowed.
fn sqlite(rest: &str) -> Result<PathBuf, InvalidDatabaseUrl> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.starts_with(":memory:") || path.contains("mode=memory") {
        return Err(invalid(NO_MEMORY));
    }
    if path.is_empty() || path == "/" || path.starts_with('?') {
        return Err(invalid(
            "the database URL names no file; write its path, such as sqlite:///var/lib/clearhook/clearhook.db",
        ));
    }
    if let Some((_, query)) = path.rsplit_once('?')
        && ["mode=", "cache=", "immutable=", "vfs="].iter().any(|key| query.starts_with(key))
    {
        return Err(invalid("a SQLite URL takes no parameters; leave out everything from `?` on"));
    }
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    if decoded != path && !Path::new(path).exists() && Path::new(&*decoded).exists() {
        return Err(invalid(format!(
            "there is no file {path}, but there is {decoded}; write the path as it is, not percent-encoded"
        )));
    }
    Ok(PathBuf::from(path))
}

/// The error of a text without a scheme. No part of the text is repeated, because it may be a password without what stood before it.
fn no_scheme(text: &str) -> InvalidDatabaseUrl {
    if text.starts_with(['/', '.'])
        || Path::new(text)
            .extension()
            .is_some_and(|ending| ending == "db" || ending == "sqlite")
    {
        return invalid("the database URL has no scheme; write `sqlite://` before the path");
    }
    if text.contains("dbname=") || text.contains("host=") {
        return invalid("libpq connection strings are not supported; write a URL such as postgres://user:password@host:5432/clearhook");
    }
    invalid(format!("the database URL must begin with sqlite:// or postgres://; {FORMS}"))
}

fn other_scheme(scheme: &str, text: &str) -> InvalidDatabaseUrl {
    let scheme = scheme.to_ascii_lowercase();
    if !text.contains("://") && (text.contains("dbname=") || text.contains("host=")) {
        return no_scheme(text);
    }
    if let Some((base, _)) = scheme.split_once('+')
        && matches!(base, "postgres" | "postgresql" | "sqlite")
    {
        return invalid(format!("the database URL names a driver; write {base}:// instead"));
    }
    match scheme.as_str() {
        "jdbc" => invalid("remove `jdbc:`, and write user and password before the host: postgres://user:password@host:5432/clearhook"),
        "psql" | "pg" | "pgsql" | "postgre" | "pq" => invalid("the scheme of PostgreSQL is postgres://"),
        "sqlite3" | "file" => invalid("write `sqlite://` before the path of the file"),
        "http" | "https" => invalid(format!("this is the URL of a website; {FORMS}")),
        "mysql" | "mariadb" | "mssql" | "sqlserver" | "oracle" | "mongodb" | "redis" | "cockroachdb" => invalid(format!(
            "clearhook stores its data in SQLite or PostgreSQL, not in {scheme}; {FORMS}"
        )),
        _ => no_scheme(text),
    }
}

fn invalid(detail: impl Into<String>) -> InvalidDatabaseUrl {
    InvalidDatabaseUrl(detail.into())
}

impl fmt::Display for DatabaseUrl {
    /// Omits user name and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) => fmt::Display::fmt(url, f),
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

    fn refusal(text: &str) -> String {
        match text.parse::<DatabaseUrl>() {
            Ok(url) => panic!("{text} was read as {url}"),
            Err(error) => error.to_string(),
        }
    }

    fn shown(text: &str) -> String {
        let url: DatabaseUrl = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(format!("{url:?}"), url.to_string());
        url.to_string()
    }

    #[test]
    fn sqlite_paths_are_used_unchanged() {
        for (url, path) in [
            ("sqlite://data/x.db", "data/x.db"),
            ("sqlite:///var/x.db", "/var/x.db"),
            ("sqlite:x.db", "x.db"),
            ("SQLite:///var/x.db", "/var/x.db"),
            ("sqlite:///var/per%41cent/x.db", "/var/per%41cent/x.db"),
            ("sqlite:///var/que?stion/a#b & ü/x.db", "/var/que?stion/a#b & ü/x.db"),
        ] {
            assert_eq!(url.parse(), Ok(DatabaseUrl::Sqlite(PathBuf::from(path))), "{url}");
        }
    }

    #[test]
    fn each_error_contains_a_correct_form() {
        for (bad, advice) in [
            ("", "sqlite:///var"),
            ("clearhook.db", "`sqlite://` before the path"),
            ("/var/lib/x", "`sqlite://` before the path"),
            ("localhost:5432/db", "postgres://user"),
            ("mysql://u:planted@db/x", "SQLite or PostgreSQL"),
            ("jdbc:postgresql://db/x?user=u&password=planted", "remove `jdbc:`"),
            ("http://db/x", "website"),
            ("postgresql+asyncpg://u:planted@db/x", "postgresql://"),
            ("pgsql://u:planted@db/x", "postgres://"),
            ("file:/x.db", "sqlite://"),
            ("host=db password=planted dbname=x", "libpq connection strings"),
            ("sqlite://", "names no file"),
            ("sqlite::memory:", "in memory"),
            ("sqlite://:memory:", "in memory"),
            ("sqlite://x?mode=memory", "in memory"),
            ("sqlite://x?mode=ro", "no parameters"),
            ("postgres", "must begin"),
            ("postgres:", "`//`"),
            ("postgres:db/x", "`//`"),
            ("postgres://", "names no server"),
            (" postgres://db/x", "white space"),
            ("postgres://db/x ", "white space"),
            ("\"postgres://u:planted@db/x\"", "quotes"),
            ("'sqlite://x'", "quotes"),
        ] {
            let said = refusal(bad);
            assert!(said.contains(advice) && !said.contains("planted"), "{bad}: {said}");
        }
    }

    #[test]
    fn libpq_urls_are_parsed() {
        for (url, is) in [
            ("postgres://u:p@db:5433/hooks", "db:5433/hooks"),
            ("postgresql://db/hooks", "db:5432/hooks"),
            ("postgres://u@db", "db:5432/"),
            ("postgres://u:p@[::1]:5433/hooks", "[::1]:5433/hooks"),
            ("postgres:///hooks?host=/run/postgresql", "/run/postgresql (port 5432)/hooks"),
            (
                "postgres:///hooks?host=/run/postgresql&port=5433",
                "/run/postgresql (port 5433)/hooks",
            ),
            ("postgres://%2Frun%2Fpostgresql/hooks", "/run/postgresql (port 5432)/hooks"),
            ("postgres://u:p@%2Frun%2Fpostgresql:5433/hooks", "/run/postgresql (port 5433)/hooks"),
            ("postgres://u:p@a,b:5433,[::1]:5434/hooks", "a:5432,b:5433,[::1]:5434/hooks"),
            ("postgres://u:p@a:1,b:2/hooks?target_session_attrs=read-write", "a:1,b:2/hooks"),
            ("postgres:///?host=a,b&port=1,2&dbname=hooks&user=u&password=p@x", "a:1,b:2/hooks"),
            ("postgres:///hooks?hostaddr=10.0.0.1", "10.0.0.1:5432/hooks"),
            (
                "postgres://db/hooks?application_name=a@b&options=-csearch_path%3Dx",
                "db:5432/hooks",
            ),
            (
                "postgres://db/hooks?sslmode=verify-full&connect_timeout=5&channel_binding=prefer",
                "db:5432/hooks",
            ),
        ] {
            assert_eq!(shown(url), is, "{url}");
        }
    }

    /// Each character that means something in a URL, raw and encoded, at the beginning, inside and at the end of a password.
    #[test]
    fn passwords_are_parsed_or_rejected_and_never_displayed() {
        for letter in [
            '/', '?', '#', '@', ':', '%', ' ', '&', '=', '+', ';', '!', '$', '\'', '"', '\\', '[', ']', ',', 'ü',
        ] {
            for password in [format!("{letter}planted"), format!("plan{letter}ted"), format!("planted{letter}")] {
                let encoded = percent_encoding::utf8_percent_encode(&password, percent_encoding::NON_ALPHANUMERIC);
                let read: DatabaseUrl = format!("postgres://u:{encoded}@db:5433/hooks").parse().unwrap();
                assert_eq!(read.to_string(), "db:5433/hooks");
                let DatabaseUrl::Postgres(url) = &read else { panic!() };
                let servers = url.servers().unwrap();
                assert!(format!("{:?}", servers[0].options).contains(&format!("{password:?}")), "{password}");
                let raw = format!("postgres://u:{password}@db:5433/hooks");
                match raw.parse::<DatabaseUrl>() {
                    Ok(same) => assert_eq!(same, read, "{raw}"),
                    Err(error) => {
                        let said = error.to_string();
                        let encoded = format!("%{:02X}", u32::from(letter));
                        assert!(
                            said.contains(&format!("`{letter}` as {encoded}")) && !said.contains("plan"),
                            "{said}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn no_error_contains_a_part_of_a_password() {
        for bad in [
            "postgres://someone:plan/ted@db/hooks",
            "postgres://someone:plan@ted/secret@db/hooks",
            "postgres://someone:plan?ted@db/hooks",
            "postgres://someone:plan?ted=secret@db/hooks",
            "postgres://someone:plan@ted?secret@db/hooks",
            "postgres://someone:plan#ted@db/hooks",
            "postgres://someone:planted/hooks",
            "postgres://someone:planted",
            "postgres://someone:plan,ted/hooks",
            "postgres://u:x@db:planted/hooks",
            "postgres://u:x@plan ted/hooks",
            "postgres://u:x@[planted]/hooks",
            "postgres://u:x@a:b:planted/hooks",
            "postgres://u:x@db/hooks?port=planted",
            "postgres://u:x@db/hooks?planted",
            "postgres://u:x@db/hooks?Planted=1",
            "postgres://u:x@db/hooks?sslmode=planted",
            "postgres://u:x@db/hooks?connect_timeout=planted",
            "postgres://u:x@db/hooks?target_session_attrs=planted",
            "postgres://u:plan%FFted@db/hooks",
        ] {
            let said = refusal(bad);
            for part in ["plan", "ted@", "secret", "someone"] {
                assert!(!said.to_lowercase().contains(part), "{bad}: {said}");
            }
        }
    }

    #[test]
    fn unsupported_parameters_are_named_in_the_error() {
        for (query, words) in [
            ("passfile=/x", &["passfile", "PGPASSFILE"][..]),
            ("service=x", &["service", "host"]),
            ("target_session_attrs=standby", &["read-write"]),
            ("target_session_attrs=prefer-standby", &["read-write"]),
            ("target_session_attrs=read-only", &["read-write"]),
            ("sslmode=on", &["verify-full"]),
            ("sslrootcert=system", &["ca-certificates.crt"]),
            ("channel_binding=require", &["channel_binding"]),
            ("schema=hooks", &["search_path"]),
            ("pool_size=3", &["pool_size", "connect_timeout"]),
            ("hostaddr=db", &["hostaddr", "host"]),
            ("port=0", &["65535"]),
        ] {
            let said = refusal(&format!("postgres://u:p@db/hooks?{query}"));
            assert!(words.iter().all(|word| said.contains(word)), "{query}: {said}");
        }
    }
}
