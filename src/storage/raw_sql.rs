//! Helpers for SQL that is written by hand, with the same text for both databases: `?` stands for each parameter.

use std::fmt::Write;

use sea_orm::{DbBackend, Statement, Value};

/// Builds a statement for either database. On PostgreSQL the parameters are numbered (`$1`). A `?` in a string literal or in a quoted
/// name is not a parameter. The SQL must not contain comments.
pub(super) fn statement(backend: DbBackend, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    match backend {
        DbBackend::Postgres => Statement::from_sql_and_values(backend, numbered(sql), values),
        _ => Statement::from_sql_and_values(backend, sql, values),
    }
}

/// Replaces each `?` outside quotes with `$1`, `$2` and so on.
fn numbered(sql: &str) -> String {
    let mut numbered = String::with_capacity(sql.len() + 16);
    let (mut quote, mut number) = (None, 0);
    for letter in sql.chars() {
        match quote {
            // A doubled quote ends the text and begins it again, which gives the same result.
            Some(end) if letter == end => quote = None,
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            None if letter == '?' => {
                number += 1;
                // Writing to a String cannot fail.
                let _ = write!(numbered, "${number}");
                continue;
            }
            _ => {}
        }
        numbered.push(letter);
    }
    numbered
}

/// Appends `(?, ?), (?, ?)`, or on PostgreSQL `($1, $2), ($3, $4)`, numbered from `first`.
pub(super) fn tuples(sql: &mut String, backend: DbBackend, rows: usize, columns: usize, first: usize) {
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        let start = first + row * columns;
        for number in start..start + columns {
            if number > start {
                sql.push_str(", ");
            }
            if backend == DbBackend::Postgres {
                // Writing to a String cannot fail.
                let _ = write!(sql, "${number}");
            } else {
                sql.push('?');
            }
        }
        sql.push(')');
    }
}

/// `(?, ?, ?)`: a list of `count` parameters. `count` must be at least 1.
pub(super) fn marks(count: usize) -> String {
    format!("(?{})", ", ?".repeat(count - 1))
}

/// A column name, written so that SQLite does not use an index on it. SQLite's planner would otherwise prefer that index to the primary
/// key.
pub(super) fn not_by_index(backend: DbBackend, column: &str) -> String {
    if backend == DbBackend::Sqlite {
        format!("+{column}")
    } else {
        column.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_for_postgres() {
        let mut sql = String::new();
        tuples(&mut sql, DbBackend::Postgres, 2, 2, 3);
        assert_eq!(sql, "($3, $4), ($5, $6)");
        assert_eq!(statement(DbBackend::Postgres, "a = ? AND b = ?", []).sql, "a = $1 AND b = $2");
        assert_eq!(statement(DbBackend::Sqlite, "a = ?", []).sql, "a = ?");
    }

    #[test]
    fn a_question_mark_in_quotes_is_no_parameter() {
        for (sql, expected) in [
            ("a = 'why?' AND b = ?", "a = 'why?' AND b = $1"),
            ("a = 'it''s ?' AND b = ?", "a = 'it''s ?' AND b = $1"),
            ("\"odd?\" = ? AND b = '\"?'", "\"odd?\" = $1 AND b = '\"?'"),
            ("a = '' AND b = ? AND c = 'é?'", "a = '' AND b = $1 AND c = 'é?'"),
            ("'?' || '?' || ?", "'?' || '?' || $1"),
        ] {
            assert_eq!(statement(DbBackend::Postgres, sql, []).sql, expected);
        }
    }
}
