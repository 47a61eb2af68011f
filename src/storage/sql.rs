//! What the journal asks of a database: it works on connections of the pool, and on one of its own.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, TryGetable, Value, sea_query::ValueType};
use uuid::Uuid;

/// Something that runs statements.
pub(super) trait Sql: Sync {
    /// Which database it is.
    fn backend(&self) -> DbBackend;
    /// Runs a statement, and answers how many rows it touched.
    fn run(&self, statement: Statement) -> impl Future<Output = Result<u64, DbErr>> + Send;
    /// Runs a statement that answers rows.
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

/// A row.
pub(super) enum Record {
    /// Of the pool.
    Pooled(QueryResult),
    /// Of the journal's own connection.
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

/// What a value of SQLite may stand for.
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
