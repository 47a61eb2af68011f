//! Inserts and updates of many rows with few statements. The number of rows per statement is one of a few fixed sizes, so that the database
//! sees the same statement texts again and each is prepared only once.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock, RwLock},
};

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel, Iterable, Statement, StatementBuilder, Value,
    sea_query::{Expr, OnConflict, Query},
};
use uuid::Uuid;

use crate::{
    storage::{
        error::StoreError,
        raw_sql::{marks, statement},
    },
    sync::{read_locked, write_locked},
};

/// Rows per statement, in descending order. A remainder smaller than the last size gets a statement of its own size. 256 rows of 25 columns
/// stay below the limit of bound parameters of SQLite (32,766) and PostgreSQL (65,535).
const SIZES: [usize; 5] = [256, 128, 64, 32, 16];

/// The texts of `INSERT` statements by table, database and number of rows. Building a large one takes longer than binding its values.
static TEXTS: LazyLock<RwLock<Texts>> = LazyLock::new(RwLock::default);

/// By table, whether the database is PostgreSQL, and the number of rows.
type Texts = HashMap<(TypeId, bool, usize), Arc<str>>;

/// A table into which many rows are inserted at once.
pub(super) trait BatchInsert: EntityTrait {
    /// What happens if there is a row with the same key. Without it, the statement fails.
    fn on_conflict() -> Option<OnConflict> {
        None
    }
}

/// Inserts rows. Returns the number of rows that were inserted or, on a conflict, updated.
pub(super) async fn insert_all<E>(on: &impl ConnectionTrait, rows: impl IntoIterator<Item = E::Model>) -> Result<u64, StoreError>
where
    E: BatchInsert,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let rows: Vec<E::Model> = rows.into_iter().collect();
    let (mut inserted, sizes) = (0, sizes(rows.len()));
    let mut rows = rows.into_iter();
    for size in sizes {
        let text = text::<E>(on.get_database_backend(), size)?;
        let values: Vec<Value> = rows.by_ref().take(size).flat_map(values::<E>).collect();
        inserted += on
            .execute_raw(Statement::from_sql_and_values(on.get_database_backend(), &*text, values))
            .await?
            .rows_affected();
    }
    Ok(inserted)
}

/// The values of a row, in the order of the columns.
fn values<E>(row: E::Model) -> impl Iterator<Item = Value>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let mut row = row.into_active_model();
    E::Column::iter().filter_map(move |column| row.take(column).into_value())
}

/// The text of the statement that inserts `rows` rows.
fn text<E: BatchInsert>(backend: DbBackend, rows: usize) -> Result<Arc<str>, StoreError> {
    let key = (TypeId::of::<E>(), backend == DbBackend::Postgres, rows);
    if let Some(text) = read_locked(&TEXTS).get(&key) {
        return Ok(text.clone());
    }
    let mut insert = Query::insert();
    insert.into_table(E::default().table_ref()).columns(E::Column::iter());
    for _ in 0..rows {
        // The values are bound when the statement runs. Here only their number matters.
        let row = E::Column::iter().map(|_| Expr::value(0));
        insert.values(row).map_err(|error| DbErr::Custom(error.to_string()))?;
    }
    if let Some(conflict) = E::on_conflict() {
        insert.on_conflict(conflict);
    }
    let text: Arc<str> = StatementBuilder::build(&insert, &backend).sql.into();
    write_locked(&TEXTS).insert(key, text.clone());
    Ok(text)
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

/// Runs `{before} (ids)` for all ids, in several statements. `values` are bound to the parameters in `before`. Returns the number of
/// affected rows.
pub(super) async fn for_ids(
    on: &impl ConnectionTrait,
    before: &str,
    values: &[Value],
    ids: impl ExactSizeIterator<Item = Uuid>,
) -> Result<u64, StoreError> {
    let backend = on.get_database_backend();
    let (mut touched, mut ids) = (0, ids);
    for size in sizes(ids.len()) {
        let sql = format!("{before} {}", marks(size));
        let values = values.iter().cloned().chain(ids.by_ref().take(size).map(Value::from));
        touched += on.execute_raw(statement(backend, &sql, values)).await?.rows_affected();
    }
    Ok(touched)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::entity::{event_key, recovery_code, stats_total};

    #[test]
    fn rows_are_split_into_few_sizes() {
        assert_eq!(sizes(0).count(), 0);
        assert_eq!(sizes(600).collect::<Vec<_>>(), [256, 256, 64, 16, 8]);
        assert!((1..2_000).all(|rows| sizes(rows).sum::<usize>() == rows));
    }

    #[test]
    fn the_text_of_an_insert_has_one_parameter_per_column_and_row() {
        let sql = |backend, rows| text::<event_key::Entity>(backend, rows).unwrap().to_string();
        assert_eq!(
            sql(DbBackend::Sqlite, 2),
            r#"INSERT INTO "event_keys" ("key", "event_id", "deliveries", "received_at") VALUES (?, ?, ?, ?), (?, ?, ?, ?) ON CONFLICT ("key") DO NOTHING"#
        );
        assert!(sql(DbBackend::Postgres, 256).contains("($1021, $1022, $1023, $1024) ON CONFLICT"));
        assert_eq!(sql(DbBackend::Sqlite, 2), sql(DbBackend::Sqlite, 2), "from the cache");
        let adds = text::<stats_total::Entity>(DbBackend::Postgres, 1).unwrap();
        assert!(
            adds.ends_with(
                r#"ON CONFLICT ("shard", "hour", "latency") DO UPDATE SET "succeeded" = "stats_total"."succeeded" + "excluded"."succeeded", "failed" = "stats_total"."failed" + "excluded"."failed""#
            ),
            "{adds}"
        );
    }

    #[test]
    fn the_values_of_a_row_are_in_the_order_of_the_columns() {
        let (user_id, code_hash) = (Uuid::now_v7(), vec![1, 2]);
        let row = recovery_code::Model {
            code_hash: code_hash.clone(),
            user_id,
        };
        let values: Vec<Value> = values::<recovery_code::Entity>(row).collect();
        assert_eq!(values, [user_id.into(), code_hash.into()]);
    }
}
