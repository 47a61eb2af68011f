//! Users.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        address::query,
        calls::{UserRowView, UsersView, users},
        components::{
            icon::{Icon, PAUSE, TICK},
            notice::Trouble,
            time::Time,
        },
        pages::administration::search::{Foot, Nothing, Search},
        viewer::lang,
    },
    domain::role::Role,
    messages::{Lang, administration as say},
};

const PATH: &str = "/users";

/// The list of users.
#[component]
pub(in crate::console) fn Users() -> impl IntoView {
    view! {
        <Title text=say::users(lang()) />
        {Suspend::new(async move {
            let q = query("q");
            match users(q.clone(), query("after")).await {
                Ok(list) => view! { <List list q=q.unwrap_or_default() /> }.into_any(),
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

/// A role in the viewer's language.
pub(super) fn role_name(role: Role, lang: Lang) -> &'static str {
    match role {
        Role::Administrator => say::role_administrator(lang),
        Role::ApiOwner => say::role_api_owner(lang),
    }
}

/// Whether somebody can sign in.
#[component]
pub(super) fn UserState(
    /// Whether they cannot.
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
fn List(list: UsersView, q: String) -> impl IntoView {
    let lang = lang();
    let is_empty = list.rows.is_empty();
    let count = say::users_count(lang, list.rows.len() as u64);
    view! {
        <div class="head">
            <div>
                <h1>{say::users(lang)}</h1>
                <p>{say::users_lead(lang)}</p>
            </div>
            <a class="button primary" href="/users/new">
                {say::user_add(lang)}
            </a>
        </div>
        <Search path=PATH hint=say::users_search_hint(lang) q=q.clone() />
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
                        <tbody>{list.rows.into_iter().map(|row| view! { <UserRow row /> }).collect_view()}</tbody>
                    </table>
                    <Foot path=PATH count q next=list.next />
                </div>
            }
                .into_any()
        }}
    }
}

#[component]
fn UserRow(row: UserRowView) -> impl IntoView {
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
                <UserState disabled=row.disabled />
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
