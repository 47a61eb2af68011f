//! The interface through which statements of the journal's transactions run: on a connection of the pool, or on the journal's own SQLite
//! connection (`storage::sqlite_connection`), which is the only reason why this is not sea-orm's `ConnectionTrait`.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, TryGetable, Value, sea_query::ValueType};
use uuid::Uuid;

/// Capacity of the cache of prepared statements per connection: enough for each size of each batch insert, and all other statements.
pub(super) const STATEMENTS: usize = 400;

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
    Direct(Vec<(String, Value)>),
}

impl ResultRow {
    /// The value of a column.
    pub(super) fn get<T: TryGetable + ValueType>(&self, column: &str) -> Result<T, DbErr> {
        match self {
            Self::Pooled(row) => row.try_get("", column),
            Self::Direct(values) => values
                .iter()
                .find(|(name, _)| name == column)
                .and_then(|(_, value)| conversions(value).into_iter().find_map(|value| T::try_from(value).ok()))
                .ok_or_else(|| DbErr::Type(format!("the result has no column {column} of this type"))),
        }
    }
}

/// The types that a value of SQLite can be converted to. SQLite has no booleans, 16-bit or 32-bit integers, or UUIDs.
fn conversions(value: &Value) -> Vec<Value> {
    let mut conversions = vec![value.clone()];
    match value {
        Value::BigInt(Some(number)) => {
            conversions.push(Value::SmallInt(<i16 as TryFrom<i64>>::try_from(*number).ok()));
            conversions.push(Value::Int(<i32 as TryFrom<i64>>::try_from(*number).ok()));
            conversions.push(Value::Bool(Some(*number != 0)));
        }
        Value::Bytes(Some(bytes)) => conversions.push(Value::Uuid(Uuid::from_slice(bytes).ok())),
        _ => {}
    }
    conversions
}
