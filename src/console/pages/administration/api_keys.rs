//! Keys of the HTTP API.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        address::query,
        calls::{KeyRowView, KeyState, KeysView, api_keys},
        components::{
            icon::{CROSS, Icon, PAUSE, TICK},
            notice::{Done, Trouble},
            time::Time,
            unseen::ForeignText,
        },
        pages::administration::search::{Foot, Nothing, Search},
        viewer::lang,
    },
    messages::administration as say,
};

const PATH: &str = "/api-keys";

/// The list of keys.
#[component]
pub(in crate::console) fn ApiKeys() -> impl IntoView {
    let revoked = query("done").as_deref() == Some("revoked");
    view! {
        <Title text=say::api_keys(lang()) />
        {revoked.then(|| view! { <Done text=say::revoked_done(lang()) /> })}
        {Suspend::new(async move {
            let q = query("q");
            match api_keys(q.clone(), query("after")).await {
                Ok(keys) => view! { <Keys keys q=q.unwrap_or_default() /> }.into_any(),
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

#[component]
fn Keys(keys: KeysView, q: String) -> impl IntoView {
    let lang = lang();
    let (is_empty, searched) = (keys.rows.is_empty(), !q.is_empty());
    let count = say::api_keys_count(lang, keys.rows.len() as u64);
    view! {
        <div class="head">
            <div>
                <h1>{say::api_keys(lang)}</h1>
                <p>{say::api_keys_lead(lang)}</p>
            </div>
            <a class="button primary" href="/api-keys/new">
                {say::api_key_create(lang)}
            </a>
        </div>
        {(searched || !is_empty).then(|| view! { <Search path=PATH hint=say::api_keys_search_hint(lang) q=q.clone() /> })}
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
                        <tbody>{keys.rows.into_iter().map(|row| view! { <KeyRow row /> }).collect_view()}</tbody>
                    </table>
                    <Foot path=PATH count q next=keys.next />
                </div>
            }
                .into_any()
        } else if searched {
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
fn KeyRow(row: KeyRowView) -> impl IntoView {
    let lang = lang();
    let never = move || view! { <span class="hint">{say::never(lang)}</span> }.into_any();
    let time = move |at: Option<_>| at.map_or_else(never, |at| view! { <Time at /> }.into_any());
    view! {
        <tr>
            <td class="title">
                <ForeignText text=row.name.clone() />
                <p class="hint mono">{row.prefix} "…"</p>
                <p class="hint">
                    {say::created(lang)}
                    " "
                    <Time at=row.created />
                </p>
            </td>
            <td class="tags">{row.scopes.into_iter().map(|scope| view! { <span class="tag">{scope}</span> }).collect_view()}</td>
            <td class="number">
                <span class="stacked-label">{say::last_used(lang)} " "</span>
                {time(row.last_used)}
            </td>
            <td class="number">
                <span class="stacked-label">{say::expires(lang)} " "</span>
                {time(row.expires)}
            </td>
            <td>
                <KeyStateBadge state=row.state />
            </td>
            <td class="act">{(row.state == KeyState::Live).then(|| view! { <Revoke id=row.id name=row.name /> })}</td>
        </tr>
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

/// The button, and behind it what it means: it works without scripts.
#[component]
fn Revoke(id: String, name: String) -> impl IntoView {
    let lang = lang();
    view! {
        <details class="confirm">
            <summary class="button" aria-label=say::revoke_label(lang, &name)>
                {say::revoke(lang)}
            </summary>
            <form method="post" action=PATH>
                <input type="hidden" name="id" value=id />
                <p>{say::revoke_why(lang, &name)}</p>
                <button class="button danger" type="submit">
                    {say::revoke_now(lang)}
                </button>
            </form>
        </details>
    }
}
