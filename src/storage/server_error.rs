//! Translates database errors into one sentence that says what to do, without the server's source line numbers.

use std::{borrow::Cow, error::Error, io};

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};

use crate::error_chain;

/// The driver's error inside a `DbErr`.
pub(super) fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// The code of a database error: an SQLSTATE, or SQLite's result code.
pub(super) fn code_of(error: &DbErr) -> Option<String> {
    driver_error(error)?.as_database_error()?.code().map(Cow::into_owned)
}

/// The short description of an error.
pub(super) fn explain(error: &DbErr) -> String {
    match error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => "no database connection became free in time".to_owned(),
        DbErr::Custom(text) | DbErr::Migration(text) => text.clone(),
        error => driver_error(error).map_or_else(|| innermost(error), explain_driver),
    }
}

/// The short description of a driver error.
pub(super) fn explain_driver(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => explain_code(error.code().as_deref().unwrap_or_default(), error.message()),
        sqlx::Error::PoolTimedOut => "no database connection became free in time".to_owned(),
        sqlx::Error::Io(error) => explain_io(error),
        sqlx::Error::Tls(error) => explain_tls(&innermost(&**error)),
        // The driver's message contains a character of the password.
        error if error.to_string().contains("saslprep") || innermost(error).contains("saslprep") => {
            "the password contains a character that SASLprep (RFC 4013) prohibits; set a password of letters, digits and punctuation"
                .to_owned()
        }
        error => innermost(error),
    }
}

fn explain_io(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused; is PostgreSQL running at this address?".to_owned(),
        io::ErrorKind::InvalidData => explain_tls(&error.to_string()),
        // Removes the suffix of "Connection reset by peer (os error 104)".
        _ => error.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
    }
}

fn explain_tls(detail: &str) -> String {
    if detail.contains("does not support TLS") {
        return "the server does not offer TLS; enable `ssl` on the server, or use sslmode=disable".to_owned();
    }
    if detail.contains("UnknownIssuer") || detail.contains("BadSignature") {
        return "the server's certificate has an unknown issuer; set sslrootcert to the file of its certificate authority".to_owned();
    }
    if detail.contains("not valid for name") || detail.contains("NotValidForName") {
        return format!("the server's certificate is for another name ({detail}); use the name in the certificate, or sslmode=verify-ca");
    }
    if detail.contains("certificate required") || detail.contains("CertificateRequired") {
        return "the server requires a client certificate; set it with sslcert and sslkey".to_owned();
    }
    format!("TLS failed: {detail}")
}

/// The server's message, followed by advice for this error code.
pub(super) fn explain_code(code: &str, message: &str) -> String {
    let advice = match code {
        "28P01" => "check the user and the password in the database URL",
        "28000" if message.contains("no encryption") => "the server requires TLS: use sslmode=require",
        "28000" => "the server's pg_hba.conf does not allow this user from this address",
        "3D000" => "create it: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0",
        "53300" => "disconnect another client, or increase max_connections",
        "42501" => {
            "grant it: GRANT USAGE ON SCHEMA name TO role; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA name TO role; \
             for `clearhook migrate` also: GRANT CREATE ON SCHEMA name TO role"
        }
        "25006" => "the server does not accept writes: it is a standby, or set read-only",
        "26000" | "42P05" => {
            "there is a pooler such as PgBouncer in transaction mode in between: connect to PostgreSQL directly, or use pool_mode=session"
        }
        "08P01" if message.contains("unsupported startup parameter") => {
            "there is a pooler such as PgBouncer in between: remove `options` from the URL, or add it to the pooler's ignore_startup_parameters"
        }
        _ => return message.lines().next().unwrap_or_default().to_owned(),
    };
    format!("{}; {advice}", message.lines().next().unwrap_or_default())
}

/// The first line of the message of the innermost cause.
fn innermost(error: &(dyn Error + 'static)) -> String {
    error_chain::innermost(error)
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}
