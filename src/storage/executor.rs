//! The interface through which the journal runs statements: either a connection of the pool or its own SQLite connection.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, TryGetable, Value, sea_query::ValueType};
use uuid::Uuid;

/// Something that executes statements.
pub(super) trait Sql: Sync {
    /// The kind of database.
    fn backend(&self) -> DbBackend;
    /// Executes a statement, and returns the number of affected rows.
    fn run(&self, statement: Statement) -> impl Future<Output = Result<u64, DbErr>> + Send;
    /// Executes a statement, and returns its rows.
    fn rows(&self, statement: Statement) -> impl Future<Output = Result<Vec<Record>, DbErr>> + Send;
}

impl<C: ConnectionTrait> Sql for C {
    fn backend(&self) -> DbBackend {
        self.get_database_backend()
    }

    async fn run(&self, statement: Statement) -> Result<u64, DbErr> {
        Ok(self.execute_raw(statement).await?.rows_affected())
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<Record>, DbErr> {
        let rows = self.query_all_raw(statement).await?;
        Ok(rows.into_iter().map(Record::Pooled).collect())
    }
}

/// A row of a result.
pub(super) enum Record {
    /// A row from a connection of the pool.
    Pooled(QueryResult),
    /// A row from the journal's own connection.
    Direct(Vec<(String, Value)>),
}

impl Record {
    /// The value of a column.
    pub(super) fn get<T: TryGetable + ValueType>(&self, column: &str) -> Result<T, DbErr> {
        match self {
            Self::Pooled(row) => row.try_get("", column),
            Self::Direct(values) => values
                .iter()
                .find(|(name, _)| name == column)
                .and_then(|(_, value)| readings(value).into_iter().find_map(|value| T::try_from(value).ok()))
                .ok_or_else(|| DbErr::Type(format!("there is no {column} of this type"))),
        }
    }
}

/// The types that a value of SQLite can be read as. SQLite has no booleans, 32-bit integers or UUIDs.
fn readings(value: &Value) -> Vec<Value> {
    let mut readings = vec![value.clone()];
    match value {
        Value::BigInt(Some(number)) => {
            readings.push(Value::Int(<i32 as TryFrom<i64>>::try_from(*number).ok()));
            readings.push(Value::Bool(Some(*number != 0)));
        }
        Value::Bytes(Some(bytes)) => readings.push(Value::Uuid(Uuid::from_slice(bytes).ok())),
        _ => {}
    }
    readings
}
