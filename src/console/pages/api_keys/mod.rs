//! The list of API keys, and the form of a new one.

pub mod new;

use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use self::new::CreateApiKey;
use crate::{
    app::AppState,
    auth::rules::Action,
    console::{
        ConsoleError,
        components::{
            help::{HelpTip, Topic},
            icon::{CROSS, Icon, PAUSE, TICK},
            list_search::{Foot, Nothing, Search},
            notice::{Done, Trouble},
            popup::Popup,
            time::Time,
            unseen::ForeignText,
        },
        page_action::{PageAction, page_action},
        server::{self, action_error, caller, cell_view, console_error, date_view, zone},
        viewer::lang,
    },
    domain::{
        id::ApiKeyId,
        page::{ListId, Page},
        role::Scope,
        timestamp::Timestamp,
    },
    messages::{Lang, administration as say, api_docs},
    routes::{Routes, Rule, Ruled},
    services::{api_keys, error::UseCaseError},
    storage::api_keys::ApiKeyRecord,
};

const PATH: &str = "/api-keys";
/// Maximum number of keys on a page.
const ROWS: u64 = 50;

/// The routes of the forms.
pub fn routes() -> Routes<AppState> {
    Routes::new()
        .post(PATH, RevokeApiKey::RULE, page_action::<RevokeApiKey>)
        .server_fn::<RevokeApiKey, _>(page_action::<RevokeApiKey>)
        .post(new::PATH, CreateApiKey::RULE, page_action::<CreateApiKey>)
        .server_fn::<CreateApiKey, _>(page_action::<CreateApiKey>)
}

/// The query of the list.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ApiKeysQuery {
    q: Option<String>,
    after: Option<String>,
    /// The change that was just made, which the page confirms: `revoked`.
    done: Option<String>,
}

/// Revokes an API key.
#[server(prefix = "/fn", endpoint = "revoke_api_key")]
pub async fn revoke_api_key(id: String) -> Result<(), ConsoleError> {
    let (app, by) = caller()?;
    let id: ApiKeyId = id.parse().map_err(|_| action_error(UseCaseError::NotFound))?;
    api_keys::revoke(&app.store, &by, id).await.map(drop).map_err(action_error)
}

impl Ruled for RevokeApiKey {
    const RULE: Rule = Rule::Session(Action::ManageApiKeys);
}

impl PageAction for RevokeApiKey {
    type Form = Self;

    async fn answer(_: Self, result: Result<(), ConsoleError>) -> Result<Response, ConsoleError> {
        match result {
            Ok(()) => Ok(Redirect::to("/api-keys?done=revoked").into_response()),
            // There is no such key, or it was revoked concurrently. The list shows its state.
            Err(ConsoleError::NotFound) => Ok(Redirect::to(PATH).into_response()),
            Err(other) => Err(other),
        }
    }
}

/// Whether requests with a key are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyState {
    Live,
    Expired,
    Revoked,
}

impl KeyState {
    fn of(key: &ApiKeyRecord, now: Timestamp) -> Self {
        match (key.revoked_at, key.expires_at) {
            (Some(_), _) => Self::Revoked,
            (None, Some(end)) if now >= end => Self::Expired,
            (None, _) => Self::Live,
        }
    }
}

/// The list with this search.
fn list(q: Option<&str>) -> ListId {
    ListId::new("api-keys", q.map(|q| ("q", q)))
}

/// Loads a page of the list. A cursor that is not valid counts as none.
async fn load(query: &ApiKeysQuery) -> Result<Page<ApiKeyRecord>, ConsoleError> {
    let (app, by) = caller()?;
    let after = list(query.q.as_deref()).cursor(query.after.as_deref());
    api_keys::list(&app.store, &by, query.q.as_deref(), after, ROWS)
        .await
        .map_err(console_error)
}

/// The list of keys.
#[component]
pub fn ApiKeys(
    /// The search, and the place in the list.
    query: ApiKeysQuery,
) -> impl IntoView {
    let is_revoked = query.done.as_deref() == Some("revoked");
    view! {
        <Title text=say::api_keys(lang()) />
        {is_revoked.then(|| view! { <Done text=say::revoked_done(lang()) /> })}
        {Suspend::new(async move {
            match load(&query).await {
                Ok(page) => view! { <Keys page q=query.q /> }.into_any(),
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

#[component]
fn Keys(page: Page<ApiKeyRecord>, q: Option<String>) -> impl IntoView {
    let lang = lang();
    let (is_empty, is_searched) = (page.items.is_empty(), q.is_some());
    let count = say::api_keys_count(lang, page.items.len() as u64);
    let next = page.next.map(|next| next.encode(&list(q.as_deref())));
    let rows = page.items.into_iter().map(|key| view! { <KeyRow key /> }).collect_view();
    view! {
        <div class="head">
            <div>
                <div class="titled">
                    <h1>{say::api_keys(lang)}</h1>
                    <HelpTip topic=Topic::ApiKeys heading=say::api_keys(lang) />
                </div>
                <p>
                    {say::api_keys_lead(lang)} " "
                    <a href="/api/docs" rel="external">
                        {api_docs::link(lang)}
                    </a>
                </p>
            </div>
            <a class="button primary" href=new::PATH>
                {say::api_key_create(lang)}
            </a>
        </div>
        {(is_searched || !is_empty).then(|| view! { <Search path=PATH hint=say::api_keys_search_hint(lang) q=q.clone().unwrap_or_default() /> })}
        {if !is_empty {
            view! {
                <div class="card">
                    <table class="stack plain" aria-label=say::api_keys(lang)>
                        <thead>
                            <tr>
                                <th scope="col">{say::key_name(lang)}</th>
                                <th scope="col">{say::scopes(lang)}</th>
                                <th scope="col">{say::last_used(lang)}</th>
                                <th scope="col">{say::expires(lang)}</th>
                                <th scope="col">{say::status(lang)}</th>
                                <th scope="col">
                                    <span class="visually-hidden">{say::revoke(lang)}</span>
                                </th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                    <Foot path=PATH count q next />
                </div>
            }
                .into_any()
        } else if is_searched {
            view! { <Nothing path=PATH why=say::api_keys_nothing(lang) /> }.into_any()
        } else {
            view! {
                <div class="empty">
                    <h2>{say::api_keys_none(lang)}</h2>
                    <p>{say::api_keys_none_why(lang)}</p>
                </div>
            }
                .into_any()
        }}
    }
}

#[component]
fn KeyRow(key: ApiKeyRecord) -> impl IntoView {
    let (lang, zone) = (lang(), zone());
    let state = KeyState::of(&key, Timestamp::now());
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope_name(*scope, lang)).collect();
    let codes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let created = date_view(key.created_at, &zone, lang);
    let no_end = move || view! { <span class="warn-text" title=say::expires_never_why(lang)>{say::expires_never(lang)}</span> }.into_any();
    let never = move || view! { <span class="hint">{say::never(lang)}</span> }.into_any();
    let time = |at: Timestamp| view! { <Time at=cell_view(at, &zone, server::lang()) /> }.into_any();
    view! {
        <tr>
            <td class="title">
                <ForeignText text=key.name.clone() />
                <p class="hint mono">{key.prefix} "…"</p>
                <p class="hint">
                    {say::created(lang)}
                    " "
                    <Time at=created />
                </p>
            </td>
            <td class="scopes">
                <p>{scopes.join(" · ")}</p>
                <p class="hint mono">{codes.join(" ")}</p>
            </td>
            <td class="number">
                <span class="stacked-label">{say::last_used(lang)} " "</span>
                {key.last_used_at.map_or_else(never, time)}
            </td>
            <td class="number">
                <span class="stacked-label">{say::expires(lang)} " "</span>
                {key.expires_at.map_or_else(no_end, time)}
            </td>
            <td>
                <KeyStateBadge state />
            </td>
            <td class="act">{(state == KeyState::Live).then(|| view! { <Revoke id=key.id name=key.name /> })}</td>
        </tr>
    }
}

/// What a key with this scope may do, in a few words.
fn scope_name(scope: Scope, lang: Lang) -> &'static str {
    match scope {
        Scope::EventsWrite => say::scope_events_write_name(lang),
        Scope::EventTypesWrite => say::scope_event_types_write_name(lang),
        Scope::WebhooksRead => say::scope_webhooks_read_name(lang),
        Scope::WebhooksWrite => say::scope_webhooks_write_name(lang),
        Scope::CallbacksRead => say::scope_callbacks_read_name(lang),
        Scope::MetricsRead => say::scope_metrics_read_name(lang),
        Scope::Admin => say::scope_admin_name(lang),
    }
}

#[component]
fn KeyStateBadge(state: KeyState) -> impl IntoView {
    let (class, path, word) = match state {
        KeyState::Live => ("state good", TICK, say::key_live(lang())),
        KeyState::Expired => ("state off", PAUSE, say::key_expired(lang())),
        KeyState::Revoked => ("state off", CROSS, say::key_revoked(lang())),
    };
    view! {
        <span class=class>
            <Icon path />
            {word}
        </span>
    }
}

/// A button that opens the confirmation. It works without scripts.
#[component]
fn Revoke(id: ApiKeyId, name: String) -> impl IntoView {
    let lang = lang();
    view! {
        <Popup id=format!("revoke-{id}") text=say::revoke(lang) name=say::revoke_label(lang, &name) asks=true>
            <form method="post" action=PATH>
                <input type="hidden" name="id" value=id.to_string() />
                <p>{say::revoke_why(lang, &name)}</p>
                <button class="button danger" type="submit">
                    {say::revoke_now(lang)}
                </button>
            </form>
        </Popup>
    }
}
