//! Inserts and updates of many rows with few statements. The number of rows per statement is one of a few fixed sizes, so that the database
//! sees the same statement texts again and each is prepared only once.

use std::fmt::Write;

use sea_orm::{DbBackend, Statement, Value};
use uuid::Uuid;

use crate::storage::{StoreError, executor::Sql};

/// Rows per statement, in descending order. A remainder smaller than the last size gets a statement of its own size. 256 rows of 18 columns
/// stay below the limit of bound parameters of SQLite (32,766) and PostgreSQL (65,535).
const SIZES: [usize; 5] = [256, 128, 64, 32, 16];
/// Capacity of the cache of prepared statements per connection: enough for each size for each table, and all other statements.
pub(super) const STATEMENTS: usize = 400;

/// An `INSERT` statement for rows with `N` columns.
pub(super) struct Insert<const N: usize> {
    pub(super) table: &'static str,
    pub(super) columns: [&'static str; N],
    /// SQL after the rows, such as `ON CONFLICT DO NOTHING`.
    pub(super) tail: &'static str,
}

impl<const N: usize> Insert<N> {
    /// Inserts the rows. Returns the number of inserted rows.
    pub(super) async fn run(&self, on: &impl Sql, rows: Vec<[Value; N]>) -> Result<u64, StoreError> {
        let backend = on.backend();
        let (mut inserted, sizes) = (0, sizes(rows.len()));
        let mut rows = rows.into_iter();
        for size in sizes {
            let mut sql = format!("INSERT INTO {} (\"{}\") VALUES ", self.table, self.columns.join("\", \""));
            tuples(&mut sql, backend, size, N, 1);
            sql.push(' ');
            sql.push_str(self.tail);
            let values = rows.by_ref().take(size).flatten();
            inserted += on.run(Statement::from_sql_and_values(backend, sql, values)).await?;
        }
        Ok(inserted)
    }
}

/// Splits a number of rows into statement sizes.
pub(super) fn sizes(rows: usize) -> impl Iterator<Item = usize> {
    let mut left = rows;
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| *size <= left).unwrap_or(left);
        left -= size;
        (size > 0).then_some(size)
    })
}

/// Appends `(?, ?), (?, ?)`, or on PostgreSQL `($1, $2), ($3, $4)`, numbered from `first`.
pub(super) fn tuples(sql: &mut String, backend: DbBackend, rows: usize, columns: usize, first: usize) {
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        list(sql, backend, columns, first + row * columns);
        sql.push(')');
    }
}

/// Appends `?, ?`, or on PostgreSQL `$1, $2`, numbered from `first`.
pub(super) fn list(sql: &mut String, backend: DbBackend, count: usize, first: usize) {
    for number in first..first + count {
        if number > first {
            sql.push_str(", ");
        }
        sql.push('?');
        if backend == DbBackend::Postgres {
            sql.pop();
            // Writing to a String cannot fail.
            let _ = write!(sql, "${number}");
        }
    }
}

/// Builds a statement for either database from SQL with `?` placeholders. The SQL must not contain any other `?`.
pub(super) fn statement(backend: DbBackend, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    if backend != DbBackend::Postgres {
        return Statement::from_sql_and_values(backend, sql, values);
    }
    let (mut numbered, mut number) = (String::with_capacity(sql.len() + 16), 0);
    for part in sql.split('?') {
        if number > 0 {
            let _ = write!(numbered, "${number}");
        }
        numbered.push_str(part);
        number += 1;
    }
    Statement::from_sql_and_values(backend, numbered, values)
}

/// Runs `{before} (ids)` for all ids, in several statements. `values` are bound to the placeholders in `before`. Returns the number of
/// affected rows.
pub(super) async fn for_ids(
    on: &impl Sql,
    before: &str,
    values: &[Value],
    ids: impl ExactSizeIterator<Item = Uuid>,
) -> Result<u64, StoreError> {
    let backend = on.backend();
    let (mut touched, mut ids) = (0, ids);
    for size in sizes(ids.len()) {
        let sql = format!("{before} {}", marks(size));
        let values = values.iter().cloned().chain(ids.by_ref().take(size).map(Value::from));
        touched += on.run(statement(backend, &sql, values)).await?;
    }
    Ok(touched)
}

/// `(?, ?, ?)`: a list of `count` placeholders. `count` must be at least 1.
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
    fn rows_are_split_into_few_sizes() {
        assert_eq!(sizes(0).count(), 0);
        assert_eq!(sizes(600).collect::<Vec<_>>(), [256, 256, 64, 16, 8]);
        assert!((1..2_000).all(|rows| sizes(rows).sum::<usize>() == rows));
    }

    #[test]
    fn statements_are_numbered_for_postgres() {
        let mut sql = String::new();
        tuples(&mut sql, DbBackend::Postgres, 2, 2, 3);
        assert_eq!(sql, "($3, $4), ($5, $6)");
        assert_eq!(statement(DbBackend::Postgres, "a = ? AND b = ?", []).sql, "a = $1 AND b = $2");
        assert_eq!(statement(DbBackend::Sqlite, "a = ?", []).sql, "a = ?");
    }
}
