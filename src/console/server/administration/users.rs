//! The views of users.

use leptos::prelude::use_context;

use crate::{
    app::AppState,
    auth::principal::Principal,
    console::{
        calls::{OwnedView, UserRowView, UserView, UsersView},
        server::{lang, time_view, zone},
    },
    domain::{
        id::UserId,
        page::{Cursor, ListId},
    },
    services::error::UseCaseError,
    services::users,
    storage::{users::UserRecord, webhooks::WebhookFilter},
};

/// Users on a page, and webhooks on the page of one.
const ROWS: u64 = 50;

/// A page of the list. A cursor that is none begins anew.
pub async fn page(app: &AppState, by: &Principal, q: Option<String>, after: Option<String>) -> Result<UsersView, UseCaseError> {
    let list = ListId::new("users", q.as_deref().map(|q| ("q", q)));
    let after = after.and_then(|after| Cursor::decode(&after, &list).ok());
    let page = users::list(&app.store, by, q.as_deref(), after, ROWS).await?;
    Ok(UsersView {
        next: page.next.map(|next| next.encode(&list)),
        rows: page.items.into_iter().map(row).collect(),
    })
}

/// One user, and the newest webhooks that are theirs.
pub async fn one(app: &AppState, by: &Principal, id: &str) -> Result<UserView, UseCaseError> {
    let id: UserId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    let user = users::get(&app.store, by, id).await?;
    let theirs = WebhookFilter {
        owner: Some(id),
        ..WebhookFilter::default()
    };
    let owned = app.store.webhooks(&theirs, None, ROWS).await?.items;
    let factor = app.store.second_factor(id).await?;
    Ok(UserView {
        user: row(user),
        has_factor: factor.is_some_and(|factor| factor.confirmed),
        is_viewer: matches!(by, Principal::User(who) if who.user == id),
        owned: owned
            .into_iter()
            .map(|webhook| OwnedView {
                id: webhook.id.to_string(),
                name: webhook.name,
            })
            .collect(),
        posted: use_context().unwrap_or_default(),
    })
}

fn row(user: UserRecord) -> UserRowView {
    let (zone, lang) = (zone(), lang());
    let time = |at| time_view(at, &zone, lang);
    UserRowView {
        id: user.id.to_string(),
        email: user.email,
        role: user.role,
        disabled: user.disabled_at.is_some(),
        created: time(user.created_at),
        last_sign_in: user.last_sign_in_at.map(time),
    }
}
