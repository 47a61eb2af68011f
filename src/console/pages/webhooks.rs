//! The list of webhooks.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    console::{
        calls::{ListView, RowView, list_webhooks},
        components::{
            notice::Trouble,
            query_form::QueryForm,
            state::{ResponseBadge, StatusBadge},
            time::Time,
        },
        viewer::lang,
    },
    messages::webhooks as say,
};

/// The list of webhooks.
#[component]
pub(in crate::console) fn Webhooks() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        (query.get("q").filter(|q| !q.is_empty()), query.get("after"))
    });
    let list = Resource::new_blocking(move || asked.get(), |(q, after)| list_webhooks(q, after));
    let q = move || asked.get().0.unwrap_or_default();
    view! {
        <Title text=say::title(lang()) />
        <Transition>
            {move || {
                let q = q();
                Suspend::new(async move {
                    match list.await {
                        Ok(list) => view! { <List list q /> }.into_any(),
                        Err(error) => view! { <Trouble error /> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
}

#[component]
fn List(list: ListView, q: String) -> impl IntoView {
    let lang = lang();
    let (searched, is_empty) = (!q.is_empty(), list.rows.is_empty());
    let next = list.next.map(|next| {
        format!(
            "/webhooks?{}after={next}",
            if searched { format!("q={}&", escaped(&q)) } else { String::new() }
        )
    });
    let count = list.rows.len();
    view! {
        <div class="head">
            <div>
                <h1>{say::title(lang)}</h1>
                <p>{say::lead(lang)}</p>
            </div>
            {list.may_write.then(|| view! { <a class="button primary" href="/webhooks/new">{say::add(lang)}</a> })}
        </div>
        {(searched || !is_empty)
            .then(|| view! {
                <QueryForm path="/webhooks".to_owned() class="bar" search=true>
                    <label class="visually-hidden" for="q">
                        {say::search(lang)}
                    </label>
                    <input id="q" name="q" type="search" placeholder=say::search_hint(lang) value=q.clone() maxlength="200" />
                    <button class="button" type="submit">
                        {say::search(lang)}
                    </button>
                </QueryForm>
            })}
        {if !is_empty {
            view! {
                <div class="card">
                    <table class="stack webhooks" aria-label=say::title(lang)>
                        <thead>
                            <tr>
                                <th scope="col">{say::name(lang)}</th>
                                <th scope="col">{say::url(lang)}</th>
                                <th scope="col">{say::event(lang)}</th>
                                <th scope="col">{say::description(lang)}</th>
                                <th scope="col">{say::status(lang)}</th>
                                <th scope="col">{say::last_response(lang)}</th>
                            </tr>
                        </thead>
                        <tbody>{list.rows.into_iter().map(|row| view! { <WebhookRow row /> }).collect_view()}</tbody>
                    </table>
                    <div class="foot">
                        <span>{say::count(lang, count as u64)}</span>
                        {next.map(|next| view! { <a class="button" href=next>{say::older(lang)}</a> })}
                    </div>
                </div>
            }
                .into_any()
        } else if searched {
            view! {
                <div class="empty">
                    <h2>{say::nothing_found(lang)}</h2>
                    <p>{say::nothing_found_why(lang)}</p>
                    <p>
                        <a class="button" href="/webhooks">
                            {say::show_all(lang)}
                        </a>
                    </p>
                </div>
            }
                .into_any()
        } else {
            view! {
                <div class="empty">
                    <h2>{say::none(lang)}</h2>
                    <p>
                        {say::none_why(lang)}
                    </p>
                    {list
                        .may_write
                        .then(|| view! {
                            <p>
                                <a class="button" href="/webhooks/new">
                                    {say::add_first(lang)}
                                </a>
                            </p>
                        })}
                </div>
            }
                .into_any()
        }}
    }
}

#[component]
fn WebhookRow(row: RowView) -> impl IntoView {
    let more = (row.more_events > 0).then(|| view! { <span class="hint">{format!("+{}", row.more_events)}</span> });
    view! {
        <tr>
            <td class="name">
                <a href=format!("/webhooks/{}", row.id)>{row.name}</a>
            </td>
            <td class="mono clip" title=row.url.clone()>
                {row.url.clone()}
            </td>
            <td>
                <span class="tag">{row.event}</span>
                {more}
            </td>
            <td class="clip quiet-text">{row.description}</td>
            <td>
                <StatusBadge status=row.status />
                {row.reason.map(|reason| view! { <p class="hint reason">{reason}</p> })}
            </td>
            <td>
                {match row.last {
                    Some(last) => {
                        view! {
                            <ResponseBadge succeeded=last.succeeded status=last.status response=last.response />
                            <p class="hint nowrap">
                                <Time at=last.at />
                            </p>
                        }
                            .into_any()
                    }
                    None => view! { <span class="hint">{say::no_callback_yet(lang())}</span> }.into_any(),
                }}
            </td>
        </tr>
    }
}

/// Escapes a query value.
pub(super) fn escaped(text: &str) -> String {
    leptos_router::location::Url::escape(text)
}
