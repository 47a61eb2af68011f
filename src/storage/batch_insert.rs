//! Inserts and updates of many rows with few statements. On SQLite the number of rows per statement is one of a limited number of sizes, so that
//! the database sees the same statement texts again and each is prepared only once. On PostgreSQL rows are passed as arrays
//! (`storage::column_arrays`), and so are the ids of results.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock, RwLock},
};

use sea_orm::{
    DbBackend, DbErr, EntityTrait, IntoActiveModel, Iterable, Statement, StatementBuilder, Value,
    sea_query::{ArrayType, Expr, OnConflict, Query},
};
use uuid::Uuid;

use crate::{
    storage::{
        column_arrays::{insert_arrays, values},
        error::StoreError,
        executor::Executor,
        raw_sql::{marks, statement},
    },
    sync::{read_locked, write_locked},
};

/// Rows per statement, in descending order. A remainder smaller than the last size gets a statement of its own size. 256 rows of 25 columns
/// stay below the limit of bound parameters of SQLite (32,766) and PostgreSQL (65,535). SQLite keeps its statements in the process, where a
/// statement for each size up to 64 is cheap. Each connection to PostgreSQL keeps its own, with a plan of hundreds of kilobytes.
const SIZES: [usize; 5] = [256, 128, 64, 32, 16];
/// The number of these sizes that are used on SQLite.
const SQLITE_SIZES: usize = 3;

/// What follows `INSERT` or `UPDATE` on SQLite, in a transaction that is rolled back if the statement fails. By default SQLite undoes a failed
/// statement alone, and for that copies each page that a statement for several rows changes, which costs as much as a fifth of storing an event.
pub(super) const OR_FAIL: &str = "OR FAIL";

/// The texts of `INSERT` statements for SQLite. Building a large one takes longer than binding its values.
static TEXTS: LazyLock<RwLock<Texts>> = LazyLock::new(RwLock::default);

/// By table and number of rows.
type Texts = HashMap<(TypeId, usize), Arc<str>>;

/// A table into which many rows are inserted at once.
pub(super) trait BatchInsert: EntityTrait {
    /// What happens if there is a row with the same key. Without it, the statement fails.
    fn on_conflict() -> Option<OnConflict> {
        None
    }
}

/// Inserts rows, in a transaction that is rolled back if this fails. Returns the number of rows that were inserted or, on a conflict, updated.
pub(super) async fn insert_all<E>(on: &impl Executor, rows: impl IntoIterator<Item = E::Model>) -> Result<u64, StoreError>
where
    E: BatchInsert,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let backend = on.backend();
    let rows: Vec<E::Model> = rows.into_iter().collect();
    if backend == DbBackend::Postgres {
        return insert_arrays::<E>(on, rows, E::on_conflict).await;
    }
    let (mut inserted, sizes) = (0, batch_sizes(backend, rows.len()));
    let mut rows = rows.into_iter();
    for size in sizes {
        let text = text::<E>(size)?;
        let values: Vec<Value> = rows.by_ref().take(size).flat_map(values::<E>).collect();
        inserted += on.run(Statement::from_sql_and_values(backend, &*text, values)).await?;
    }
    Ok(inserted)
}

/// The text of the statement that inserts `rows` rows into SQLite.
fn text<E: BatchInsert>(rows: usize) -> Result<Arc<str>, StoreError> {
    let key = (TypeId::of::<E>(), rows);
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
    let text = StatementBuilder::build(&insert, &DbBackend::Sqlite).sql;
    let text: Arc<str> = text.replacen("INSERT INTO", &format!("INSERT {OR_FAIL} INTO"), 1).into();
    write_locked(&TEXTS).insert(key, text.clone());
    Ok(text)
}

/// Splits a number of rows into statement sizes.
pub(super) fn sizes(rows: usize) -> impl Iterator<Item = usize> {
    split(rows, &SIZES)
}

/// The same for the statements that store events and results.
pub(super) fn batch_sizes(backend: DbBackend, rows: usize) -> impl Iterator<Item = usize> {
    let sizes = match backend {
        DbBackend::Sqlite => &SIZES[..SQLITE_SIZES],
        _ => &SIZES[..],
    };
    split(rows, sizes)
}

fn split(rows: usize, sizes: &'static [usize]) -> impl Iterator<Item = usize> {
    let mut left = rows;
    std::iter::from_fn(move || {
        let size = sizes.iter().copied().find(|size| *size <= left).unwrap_or(left);
        left -= size;
        (size > 0).then_some(size)
    })
}

/// Runs `{before} (ids)` for all ids, in several statements. `values` are bound to the parameters in `before`. Returns the number of
/// affected rows.
pub(super) async fn for_ids(
    on: &impl Executor,
    before: &str,
    values: &[Value],
    ids: impl ExactSizeIterator<Item = Uuid> + Send,
) -> Result<u64, StoreError> {
    let sizes = sizes(ids.len());
    for_each_size(on, before, values, ids, sizes).await
}

/// Runs `{before} IN (ids)` for the ids of a group of results. On PostgreSQL one statement with an array serves any number of ids. The table must
/// not be partitioned, because an array does not choose partitions.
pub(super) async fn for_results(
    on: &impl Executor,
    before: &str,
    values: &[Value],
    ids: impl ExactSizeIterator<Item = Uuid> + Send,
) -> Result<u64, StoreError> {
    if on.backend() != DbBackend::Postgres {
        let sizes = batch_sizes(on.backend(), ids.len());
        return for_each_size(on, &format!("{before} IN"), values, ids, sizes).await;
    }
    let ids: Vec<Value> = ids.map(Value::from).collect();
    if ids.is_empty() {
        return Ok(0);
    }
    let ids = Value::Array(ArrayType::Uuid, Some(Box::new(ids)));
    let all = values.iter().cloned().chain([ids]);
    Ok(on.run(statement(on.backend(), &format!("{before} = ANY(?)"), all)).await?)
}

async fn for_each_size(
    on: &impl Executor,
    before: &str,
    values: &[Value],
    mut ids: impl Iterator<Item = Uuid> + Send,
    sizes: impl Iterator<Item = usize> + Send,
) -> Result<u64, StoreError> {
    let mut affected = 0;
    for size in sizes {
        let all = values.iter().cloned().chain(ids.by_ref().take(size).map(Value::from));
        affected += on.run(statement(on.backend(), &format!("{before} {}", marks(size)), all)).await?;
    }
    Ok(affected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::entity::{event_key, recovery_code, stats_total};

    #[test]
    fn rows_are_split_into_few_sizes() {
        assert_eq!(sizes(0).count(), 0);
        assert_eq!(sizes(600).collect::<Vec<_>>(), [256, 256, 64, 16, 8]);
        assert_eq!(batch_sizes(DbBackend::Sqlite, 663).collect::<Vec<_>>(), [256, 256, 128, 23]);
        assert!((1..2_000).all(|rows| sizes(rows).sum::<usize>() == rows));
    }

    #[test]
    fn the_text_of_an_insert_has_one_parameter_per_column_and_row() {
        let sql = |rows| text::<event_key::Entity>(rows).unwrap().to_string();
        assert_eq!(
            sql(2),
            r#"INSERT OR FAIL INTO "event_keys" ("key", "event_id", "deliveries", "received_at") VALUES (?, ?, ?, ?), (?, ?, ?, ?) ON CONFLICT ("key") DO NOTHING"#
        );
        assert_eq!(sql(2), sql(2), "from the cache");
        let adds = text::<stats_total::Entity>(1).unwrap();
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
