//! Who changed what. Entries are only ever added.

use sea_orm::Value;
use uuid::Uuid;

use crate::{
    domain::{id::WebhookId, timestamp::Timestamp},
    storage::{StoreError, bulk::Insert, new_id, sql::Sql},
};

/// A change.
pub(super) struct Entry<'a> {
    action: &'a str,
    object: WebhookId,
    after: &'a str,
}

impl<'a> Entry<'a> {
    /// A change that clearhook itself made to a webhook.
    pub(super) const fn by_clearhook(action: &'a str, object: WebhookId, after: &'a str) -> Self {
        Self { action, object, after }
    }
}

pub(super) async fn add(on: &impl Sql, entry: &Entry<'_>, now: Timestamp) -> Result<(), StoreError> {
    const ROWS: Insert<9> = Insert {
        table: "audit_log",
        columns: [
            "id",
            "at",
            "actor_kind",
            "actor_name",
            "action",
            "object_kind",
            "object_id",
            "object_name",
            "after",
        ],
        tail: "",
    };
    let row: [Value; 9] = [
        new_id::<Uuid>().into(),
        now.0.into(),
        "clearhook".into(),
        "clearhook".into(),
        entry.action.into(),
        "webhook".into(),
        entry.object.0.into(),
        entry.object.to_string().into(),
        entry.after.into(),
    ];
    ROWS.run(on, vec![row]).await?;
    Ok(())
}
