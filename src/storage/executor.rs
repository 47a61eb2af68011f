//! What executes the statements of the journal: a connection of the pool, or the journal's own connection to a SQLite file
//! (`storage::sqlite_connection`). The latter is the only reason why this is not sea-orm's `ConnectionTrait`, whose rows and results only its own
//! drivers can make.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, TryGetable};
use uuid::Uuid;

use crate::storage::sqlite_connection::{SqliteRow, SqliteValue};

/// Something that executes statements.
pub(super) trait Executor: Sync {
    /// The kind of database.
    fn backend(&self) -> DbBackend;
    /// Executes a statement, and returns the number of affected rows.
    fn run(&self, statement: Statement) -> impl Future<Output = Result<u64, DbErr>> + Send;
    /// Executes a statement, and returns its rows.
    fn rows(&self, statement: Statement) -> impl Future<Output = Result<Vec<ResultRow>, DbErr>> + Send;
}

impl<C: ConnectionTrait> Executor for C {
    fn backend(&self) -> DbBackend {
        self.get_database_backend()
    }

    async fn run(&self, statement: Statement) -> Result<u64, DbErr> {
        Ok(self.execute_raw(statement).await?.rows_affected())
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<ResultRow>, DbErr> {
        let rows = self.query_all_raw(statement).await?;
        Ok(rows.into_iter().map(ResultRow::Pooled).collect())
    }
}

/// A row of a result.
pub(super) enum ResultRow {
    /// A row from a connection of the pool.
    Pooled(QueryResult),
    /// A row from the journal's own connection.
    Direct(SqliteRow),
}

impl ResultRow {
    /// The value of a column.
    pub(super) fn get<T: TryGetable + FromSqlite>(&self, column: &str) -> Result<T, DbErr> {
        match self {
            Self::Pooled(row) => row.try_get("", column),
            Self::Direct(row) => row
                .value(column)
                .and_then(T::from_sqlite)
                .ok_or_else(|| DbErr::Type(format!("the result has no column {column} of this type"))),
        }
    }
}

/// A type of columns. SQLite has no booleans, no UUIDs, and integers of one size only.
pub(super) trait FromSqlite: Sized {
    /// Converts a value of SQLite. `None` if it is of another type or out of range.
    fn from_sqlite(value: &SqliteValue) -> Option<Self>;
}

impl FromSqlite for i64 {
    fn from_sqlite(value: &SqliteValue) -> Option<Self> {
        match value {
            SqliteValue::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl FromSqlite for i32 {
    fn from_sqlite(value: &SqliteValue) -> Option<Self> {
        i64::from_sqlite(value)?.try_into().ok()
    }
}

impl FromSqlite for bool {
    fn from_sqlite(value: &SqliteValue) -> Option<Self> {
        i64::from_sqlite(value).map(|number| number != 0)
    }
}

impl FromSqlite for String {
    fn from_sqlite(value: &SqliteValue) -> Option<Self> {
        match value {
            SqliteValue::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromSqlite for Vec<u8> {
    fn from_sqlite(value: &SqliteValue) -> Option<Self> {
        match value {
            SqliteValue::Blob(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl FromSqlite for Uuid {
    fn from_sqlite(value: &SqliteValue) -> Option<Self> {
        match value {
            SqliteValue::Blob(bytes) => Self::from_slice(bytes).ok(),
            _ => None,
        }
    }
}

impl<T: FromSqlite> FromSqlite for Option<T> {
    fn from_sqlite(value: &SqliteValue) -> Option<Self> {
        match value {
            SqliteValue::Null => Some(None),
            other => T::from_sqlite(other).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_sqlite_become_the_types_of_the_columns() {
        let number = SqliteValue::Integer(7);
        assert_eq!(
            (i64::from_sqlite(&number), i32::from_sqlite(&number), bool::from_sqlite(&number)),
            (Some(7), Some(7), Some(true))
        );
        assert_eq!(i32::from_sqlite(&SqliteValue::Integer(i64::MAX)), None);
        let id = Uuid::now_v7();
        let blob = SqliteValue::Blob(id.as_bytes().to_vec());
        assert_eq!(
            (Uuid::from_sqlite(&blob), Vec::from_sqlite(&blob)),
            (Some(id), Some(id.as_bytes().to_vec()))
        );
        assert_eq!(Uuid::from_sqlite(&SqliteValue::Blob(vec![1])), None);
        assert_eq!(String::from_sqlite(&SqliteValue::Text("é".to_owned())).as_deref(), Some("é"));
        assert_eq!(
            (String::from_sqlite(&SqliteValue::Null), i64::from_sqlite(&SqliteValue::Null)),
            (None, None)
        );
    }
}
