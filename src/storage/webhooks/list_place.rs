//! The place of a webhook in the console's list, for links to the webhooks before and after it.

use sea_orm::{
    ColumnTrait, DbBackend, FromQueryResult, QueryFilter, QuerySelect, QueryTrait, Select, Value,
    sea_query::{Expr, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{
    domain::{id::WebhookId, list::Direction},
    storage::{
        Store, StoreError,
        entity::webhook,
        webhooks::{
            ListPage,
            list_query::{matching, ordered, sort_key},
        },
    },
};

/// The place of a webhook in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPlace {
    /// The number of webhooks in the list.
    pub total: u64,
    /// The number of webhooks before this one.
    pub before: u64,
    /// Whether the list contains it. If not, the other fields say where it would stand.
    pub is_listed: bool,
    /// The webhook before it.
    pub previous: Option<WebhookId>,
    /// The webhook after it.
    pub next: Option<WebhookId>,
}

#[derive(FromQueryResult)]
struct PlaceRow {
    total: i64,
    before: i64,
    listed: i64,
    previous: Option<Uuid>,
    next: Option<Uuid>,
}

impl Store {
    /// The place of a webhook in a list, whichever page it is on. One statement: the neighbours are found by the index of the order, and the counts
    /// read at most the index entries of all webhooks.
    pub async fn list_place(&self, list: &ListPage, id: WebhookId) -> Result<ListPlace, StoreError> {
        let found = matching(&list.filter, list.status, self.backend()).select_only();
        let backwards = match list.direction {
            Direction::Ascending => Direction::Descending,
            Direction::Descending => Direction::Ascending,
        };
        let beside = |direction| beside(list, direction, id, self.backend());
        let count = |found: Select<webhook::Entity>| found.expr(Expr::cust("COUNT(*)")).into_query();
        let nearest = |direction| {
            let others = found.clone().filter(beside(direction)).column(webhook::Column::Id);
            ordered(others, list.sort, direction).limit(1).into_query()
        };
        let parts: [(&'static str, SelectStatement); 5] = [
            ("total", count(found.clone())),
            ("before", count(found.clone().filter(beside(backwards)))),
            ("listed", count(found.clone().filter(webhook::Column::Id.eq(id.0)))),
            ("previous", nearest(backwards)),
            ("next", nearest(list.direction)),
        ];
        let mut all = Query::select();
        for (name, part) in parts {
            all.expr_as(Expr::SubQuery(None, Box::new(part.into())), name);
        }
        let row = PlaceRow::find_by_statement(self.backend().build(&all)).one(&self.read).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("a query of counts returned no row".to_owned()))?;
        Ok(ListPlace {
            total: row.total.unsigned_abs(),
            before: row.before.unsigned_abs(),
            is_listed: row.listed > 0,
            previous: row.previous.map(WebhookId),
            next: row.next.map(WebhookId),
        })
    }
}

/// Whether a webhook stands beyond another one in this direction. The first comparison alone can be answered by an index; SQLite uses none for a
/// comparison of rows with an expression.
fn beside(list: &ListPage, direction: Direction, id: WebhookId, backend: DbBackend) -> Expr {
    let (key, sign) = (
        sort_key(list.sort),
        match direction {
            Direction::Ascending => ">",
            Direction::Descending => "<",
        },
    );
    let mark = |number: u8| match backend {
        DbBackend::Postgres => format!("${number}"),
        _ => "?".to_owned(),
    };
    let here = |number| format!("(SELECT {key} FROM webhooks WHERE id = {})", mark(number));
    let sql = format!(
        "({key} {sign}= {} AND ({key} {sign} {} OR webhooks.id {sign} {}))",
        here(1),
        here(2),
        mark(3)
    );
    Expr::cust_with_values(sql, [Value::from(id.0), id.0.into(), id.0.into()])
}
