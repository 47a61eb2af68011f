//! `INSERT` of many rows on PostgreSQL with one array per column (`SELECT … FROM UNNEST(…)`). One short statement serves any number of rows, so
//! that each connection prepares few statements, and the server does not evaluate a parameter for each value.

use std::{
    any::TypeId,
    collections::HashMap,
    fmt::Write,
    sync::{Arc, LazyLock, RwLock},
};

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbBackend, DbErr, EntityTrait, IdenStatic, IntoActiveModel, Iterable, Statement, StatementBuilder,
    Value,
    sea_query::{ArrayType, Expr, OnConflict, Query},
};

use crate::{
    storage::{error::StoreError, executor::Executor},
    sync::{read_locked, write_locked},
};

/// Rows per statement. A row can have a body of a mebibyte.
const ROWS_MAX: usize = 256;

/// The texts of `INSERT` statements.
static TEXTS: LazyLock<RwLock<Texts>> = LazyLock::new(RwLock::default);

/// By table, and the columns that the statement sets, as bits.
type Texts = HashMap<(TypeId, u64), Arc<str>>;

/// The values of one column. The driver has no arrays with NULL, so a column that may be NULL has a second array, which says where it is.
struct ColumnArray<C> {
    column: C,
    /// Its place among the columns of the table.
    place: usize,
    values: Vec<Value>,
    nulls: usize,
    /// Whether the column may be NULL.
    is_nullable: bool,
}

/// Inserts rows. `on_conflict` says what happens if there is a row with the same key. Returns the number of rows that were inserted or updated.
pub(super) async fn insert_arrays<E>(
    on: &impl Executor,
    rows: Vec<E::Model>,
    on_conflict: fn() -> Option<OnConflict>,
) -> Result<u64, StoreError>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let (mut rows, mut inserted) = (rows.into_iter(), 0);
    while rows.len() > 0 {
        let columns = transposed::<E>(rows.by_ref().take(ROWS_MAX));
        let text = text::<E>(&columns, on_conflict)?;
        let parameters: Vec<Value> = columns.into_iter().flat_map(ColumnArray::parameters).collect();
        inserted += on
            .run(Statement::from_sql_and_values(DbBackend::Postgres, &*text, parameters))
            .await?;
    }
    Ok(inserted)
}

/// The values of a row, in the order of the columns.
pub(super) fn values<E>(row: E::Model) -> impl Iterator<Item = Value>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let mut row = row.into_active_model();
    E::Column::iter().filter_map(move |column| row.take(column).into_value())
}

/// The columns that have a value in at least one of the rows.
fn transposed<E>(rows: impl ExactSizeIterator<Item = E::Model>) -> Vec<ColumnArray<E::Column>>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let count = rows.len();
    let columns = E::Column::iter().enumerate().map(|(place, column)| ColumnArray {
        column,
        place,
        values: Vec::with_capacity(count),
        nulls: 0,
        is_nullable: column.def().is_null(),
    });
    let mut columns: Vec<_> = columns.collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(values::<E>(row)) {
            column.nulls += usize::from(!value.is_some());
            column.values.push(value);
        }
    }
    columns.retain(|column| column.nulls < count);
    columns
}

impl<C> ColumnArray<C> {
    /// The type of the values in SQL.
    fn sql_type(&self) -> Result<(ArrayType, &'static str), DbErr> {
        let array_type = self.values.first().map_or(ArrayType::String, Value::array_type);
        let name = match array_type {
            ArrayType::Bool => "boolean",
            ArrayType::SmallInt => "smallint",
            ArrayType::Int => "integer",
            ArrayType::BigInt => "bigint",
            ArrayType::String => "text",
            ArrayType::Bytes => "bytea",
            ArrayType::Uuid => "uuid",
            other => return Err(DbErr::Type(format!("a column of the type {other:?} cannot be inserted"))),
        };
        Ok((array_type, name))
    }

    /// The array, and for a column that may be NULL the array that says where it is.
    fn parameters(self) -> impl Iterator<Item = Value> {
        let array_type = self.values.first().map_or(ArrayType::String, Value::array_type);
        let (values, is_null) = if self.is_nullable {
            let is_null = self.values.iter().map(|value| Value::from(!value.is_some())).collect();
            let filled = self
                .values
                .into_iter()
                .map(|value| if value.is_some() { value } else { value.dummy_value() });
            (filled.collect(), Some(Value::Array(ArrayType::Bool, Some(Box::new(is_null)))))
        } else {
            (self.values, None)
        };
        [Value::Array(array_type, Some(Box::new(values)))].into_iter().chain(is_null)
    }
}

/// The text of the statement that sets these columns.
fn text<E: EntityTrait>(columns: &[ColumnArray<E::Column>], on_conflict: fn() -> Option<OnConflict>) -> Result<Arc<str>, StoreError> {
    let places = columns.iter().fold(0, |places, column| places | (1_u64 << column.place));
    let key = (TypeId::of::<E>(), places);
    if let Some(text) = read_locked(&TEXTS).get(&key) {
        return Ok(text.clone());
    }
    let (mut selected, mut arrays, mut names) = (String::new(), String::new(), String::new());
    let mut parameters = 0;
    // Writing to a String cannot fail.
    for column in columns {
        let separator = if parameters == 0 { "" } else { ", " };
        let name = column.column.as_str();
        let (_, sql_type) = column.sql_type()?;
        parameters += 1;
        let _ = write!(arrays, "{separator}${parameters}::{sql_type}[]");
        let _ = write!(names, "{separator}\"{name}\"");
        if column.is_nullable {
            parameters += 1;
            let _ = write!(arrays, ", ${parameters}::boolean[]");
            let _ = write!(names, ", \"{name} is null\"");
            let _ = write!(selected, "{separator}CASE WHEN \"{name} is null\" THEN NULL ELSE \"{name}\" END");
        } else {
            let _ = write!(selected, "{separator}\"{name}\"");
        }
    }
    let mut insert = Query::insert();
    insert
        .into_table(E::default().table_ref())
        .columns(columns.iter().map(|column| column.column));
    let row = columns.iter().map(|_| Expr::cust("NULL"));
    insert.values(row).map_err(|error| DbErr::Custom(error.to_string()))?;
    if let Some(conflict) = on_conflict() {
        insert.on_conflict(conflict);
    }
    // The query builder cannot name the columns of a function.
    let row = format!("VALUES ({})", vec!["NULL"; columns.len()].join(", "));
    let select = format!("SELECT {selected} FROM UNNEST({arrays}) AS v ({names})");
    let text: Arc<str> = StatementBuilder::build(&insert, &DbBackend::Postgres)
        .sql
        .replacen(&row, &select, 1)
        .into();
    write_locked(&TEXTS).insert(key, text.clone());
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::id::EventId,
        storage::{
            entity::{event, event_key},
            new_id,
        },
    };

    #[test]
    fn columns_that_are_null_in_all_rows_are_left_out() {
        let none = transposed::<event::Entity>([row(None), row(None)].into_iter());
        assert!(none.iter().all(|column| column.column.as_str() != "subject"));
        let some = transposed::<event::Entity>([row(None), row(Some("a"))].into_iter());
        let sql = text::<event::Entity>(&some, || None).unwrap();
        assert!(
            sql.starts_with(
                r#"INSERT INTO "events" ("id", "event_type", "source", "ce_id", "subject", "occurred_at", "received_at", "body") SELECT"#
            ),
            "{sql}"
        );
        assert!(sql.contains(r#"CASE WHEN "subject is null" THEN NULL ELSE "subject" END"#), "{sql}");
        let subject = some.into_iter().find(|column| column.column.as_str() == "subject").unwrap();
        let array = |array_type, values: [Value; 2]| Value::Array(array_type, Some(Box::new(values.to_vec())));
        assert_eq!(
            subject.parameters().collect::<Vec<_>>(),
            [
                array(ArrayType::String, ["".into(), "a".into()]),
                array(ArrayType::Bool, [true.into(), false.into()])
            ]
        );
    }

    #[test]
    fn the_text_has_one_parameter_per_column() {
        let key = event_key::Model {
            key: vec![1],
            event_id: new_id::<EventId>().0,
            deliveries: 1,
            received_at: 2,
        };
        let columns = transposed::<event_key::Entity>([key.clone(), key].into_iter());
        assert_eq!(
            &*text::<event_key::Entity>(&columns, || None).unwrap(),
            r#"INSERT INTO "event_keys" ("key", "event_id", "deliveries", "received_at") SELECT "key", "event_id", "deliveries", "received_at" FROM UNNEST($1::bytea[], $2::uuid[], $3::integer[], $4::bigint[]) AS v ("key", "event_id", "deliveries", "received_at")"#
        );
    }

    fn row(subject: Option<&str>) -> event::Model {
        event::Model {
            id: new_id::<EventId>().0,
            event_type: "identity.created".to_owned(),
            source: "/".to_owned(),
            ce_id: "1".to_owned(),
            subject: subject.map(str::to_owned),
            extensions: None,
            trace_context: None,
            occurred_at: 1,
            received_at: 2,
            body: "{}".to_owned(),
        }
    }
}
