//! The list of users, the page of one user, and the form of a new one.

pub mod new;
pub mod user;

use leptos::prelude::*;
use leptos_meta::Title;

use self::{new::CreateUser, user::ChangeUser};
use crate::{
    app::AppState,
    console::{
        ConsoleError,
        components::{
            help::{HelpTip, Topic},
            icon::{Icon, PAUSE, TICK},
            list_search::{Foot, Nothing, Search, SearchQuery},
            notice::Trouble,
            time::{Time, TimeView},
        },
        page_action::page_action,
        server::{self, caller, cell_view, console_error, date_view, zone},
        viewer::lang,
    },
    domain::{
        page::{ListId, Page},
        role::Role,
    },
    messages::{Lang, administration as say},
    routes::{Routes, Ruled},
    services::users,
    storage::users::UserRecord,
};

const PATH: &str = "/users";
/// Maximum number of users on a page.
const ROWS: u64 = 50;

/// The routes of the forms.
pub fn routes() -> Routes<AppState> {
    Routes::new()
        .post(new::PATH, CreateUser::RULE, page_action::<CreateUser>)
        .server_fn::<CreateUser, _>(page_action::<CreateUser>)
        .post("/users/{id}", ChangeUser::RULE, page_action::<ChangeUser>)
        .server_fn::<ChangeUser, _>(page_action::<ChangeUser>)
}

/// A user as the pages show them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct UserRow {
    id: String,
    email: String,
    role: Role,
    is_disabled: bool,
    created: TimeView,
    last_sign_in: Option<TimeView>,
}

impl From<UserRecord> for UserRow {
    fn from(user: UserRecord) -> Self {
        let (zone, lang) = (zone(), server::lang());
        let time = |at| cell_view(at, &zone, lang);
        Self {
            id: user.id.to_string(),
            email: user.email,
            role: user.role,
            is_disabled: user.disabled_at.is_some(),
            created: date_view(user.created_at, &zone, lang),
            last_sign_in: user.last_sign_in_at.map(time),
        }
    }
}

/// The list with this search.
fn list(q: Option<&str>) -> ListId {
    ListId::new("users", q.map(|q| ("q", q)))
}

/// Loads a page of the list. A cursor that is not valid counts as none.
async fn load(query: &SearchQuery) -> Result<Page<UserRecord>, ConsoleError> {
    let (app, by) = caller()?;
    let after = list(query.q.as_deref()).cursor(query.after.as_deref());
    users::list(&app.store, &by, query.q.as_deref(), after, ROWS)
        .await
        .map_err(console_error)
}

/// The list of users.
#[component]
pub fn Users(
    /// The search, and the place in the list.
    query: SearchQuery,
) -> impl IntoView {
    view! {
        <Title text=say::users(lang()) />
        {Suspend::new(async move {
            match load(&query).await {
                Ok(page) => view! { <List page q=query.q /> }.into_any(),
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

/// The name of a role.
fn role_name(role: Role, lang: Lang) -> &'static str {
    match role {
        Role::Administrator => say::role_administrator(lang),
        Role::ApiOwner => say::role_api_owner(lang),
    }
}

/// A badge that says whether a user can sign in.
#[component]
fn UserState(
    /// Whether the user cannot.
    disabled: bool,
) -> impl IntoView {
    let (class, path, word) = if disabled {
        ("state off", PAUSE, say::user_disabled(lang()))
    } else {
        ("state good", TICK, say::user_active(lang()))
    };
    view! {
        <span class=class>
            <Icon path />
            {word}
        </span>
    }
}

#[component]
fn List(page: Page<UserRecord>, q: Option<String>) -> impl IntoView {
    let lang = lang();
    let is_empty = page.items.is_empty();
    let count = say::users_count(lang, page.items.len() as u64);
    let next = page.next.map(|next| next.encode(&list(q.as_deref())));
    let rows = page.items.into_iter().map(|user| view! { <Row row=user.into() /> });
    let rows = rows.collect_view();
    view! {
        <div class="head">
            <div>
                <div class="titled">
                    <h1>{say::users(lang)}</h1>
                    <HelpTip topic=Topic::Users heading=say::users(lang) />
                </div>
                <p>{say::users_lead(lang)}</p>
            </div>
            <a class="button primary" href="/users/new">
                {say::user_add(lang)}
            </a>
        </div>
        <Search path=PATH hint=say::users_search_hint(lang) q=q.clone().unwrap_or_default() />
        {if is_empty {
            view! { <Nothing path=PATH why=say::users_nothing(lang) /> }.into_any()
        } else {
            view! {
                <div class="card">
                    <table class="stack" aria-label=say::users(lang)>
                        <thead>
                            <tr>
                                <th scope="col">{say::email(lang)}</th>
                                <th scope="col">{say::role(lang)}</th>
                                <th scope="col">{say::status(lang)}</th>
                                <th scope="col">{say::last_sign_in(lang)}</th>
                                <th scope="col">{say::created(lang)}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                    <Foot path=PATH count q next />
                </div>
            }
                .into_any()
        }}
    }
}

#[component]
fn Row(row: UserRow) -> impl IntoView {
    let lang = lang();
    let last = match row.last_sign_in {
        Some(at) => view! { <Time at /> }.into_any(),
        None => view! { <span class="hint">{say::never(lang)}</span> }.into_any(),
    };
    view! {
        <tr>
            <td class="name">
                <a href=format!("/users/{}", row.id)>{row.email}</a>
            </td>
            <td>{role_name(row.role, lang)}</td>
            <td>
                <UserState disabled=row.is_disabled />
            </td>
            <td class="number">
                <span class="stacked-label">{say::last_sign_in(lang)} " "</span>
                {last}
            </td>
            <td class="number">
                <span class="stacked-label">{say::created(lang)} " "</span>
                <Time at=row.created />
            </td>
        </tr>
    }
}
