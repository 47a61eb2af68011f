//! Rows of the journal's own connection to SQLite, and the types of their values.

use std::sync::Arc;

use rusqlite::types::Value;
use uuid::Uuid;

/// A row of a result.
pub(super) struct SqliteRow {
    columns: Arc<[String]>,
    values: Vec<Value>,
}

impl SqliteRow {
    /// A row with the names of its columns.
    pub(super) const fn new(columns: Arc<[String]>, values: Vec<Value>) -> Self {
        Self { columns, values }
    }

    /// The value of a column. `None` if there is no such column, or its value is not of this type.
    pub(super) fn value<T: FromSqlite>(&self, column: &str) -> Option<T> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.values.get(at).and_then(T::from_sqlite)
    }
}

/// A type of columns. SQLite has no booleans, no UUIDs, and integers of one size only.
pub(super) trait FromSqlite: Sized {
    /// Converts a value of SQLite. `None` if it is of another type or out of range.
    fn from_sqlite(value: &Value) -> Option<Self>;
}

impl FromSqlite for i64 {
    fn from_sqlite(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl FromSqlite for i32 {
    fn from_sqlite(value: &Value) -> Option<Self> {
        i64::from_sqlite(value)?.try_into().ok()
    }
}

impl FromSqlite for bool {
    fn from_sqlite(value: &Value) -> Option<Self> {
        i64::from_sqlite(value).map(|number| number != 0)
    }
}

impl FromSqlite for String {
    fn from_sqlite(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromSqlite for Vec<u8> {
    fn from_sqlite(value: &Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl FromSqlite for Uuid {
    fn from_sqlite(value: &Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Self::from_slice(bytes).ok(),
            _ => None,
        }
    }
}

impl<T: FromSqlite> FromSqlite for Option<T> {
    fn from_sqlite(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            other => T::from_sqlite(other).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_sqlite_become_the_types_of_the_columns() {
        let number = Value::Integer(7);
        assert_eq!(
            (i64::from_sqlite(&number), i32::from_sqlite(&number), bool::from_sqlite(&number)),
            (Some(7), Some(7), Some(true))
        );
        assert_eq!(i32::from_sqlite(&Value::Integer(i64::MAX)), None);
        let id = Uuid::now_v7();
        let blob = Value::Blob(id.as_bytes().to_vec());
        assert_eq!(
            (Uuid::from_sqlite(&blob), Vec::from_sqlite(&blob)),
            (Some(id), Some(id.as_bytes().to_vec()))
        );
        assert_eq!(Uuid::from_sqlite(&Value::Blob(vec![1])), None);
        assert_eq!(String::from_sqlite(&Value::Text("é".to_owned())).as_deref(), Some("é"));
        assert_eq!((String::from_sqlite(&Value::Null), i64::from_sqlite(&Value::Null)), (None, None));
    }
}
