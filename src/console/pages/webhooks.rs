//! The list of webhooks.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::console::{
    calls::{ListView, RowView, list_webhooks},
    components::{
        notice::Trouble,
        query_form::QueryForm,
        state::{ResponseBadge, StatusBadge},
        time::Time,
    },
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
        <Title text="Webhooks" />
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
                <h1>"Webhooks"</h1>
                <p>"Tell another program at once when something happens here."</p>
            </div>
            {list.may_write.then(|| view! { <a class="button primary" href="/webhooks/new">"Add webhook"</a> })}
        </div>
        {(searched || !is_empty)
            .then(|| view! {
                <QueryForm path="/webhooks".to_owned() class="bar" search=true>
                    <label class="visually-hidden" for="q">
                        "Search"
                    </label>
                    <input id="q" name="q" type="search" placeholder="Search name, URL, description" value=q.clone() maxlength="200" />
                    <button class="button" type="submit">
                        "Search"
                    </button>
                </QueryForm>
            })}
        {if !is_empty {
            view! {
                <div class="card">
                    <table class="stack webhooks" aria-label="Webhooks">
                        <thead>
                            <tr>
                                <th scope="col">"Name"</th>
                                <th scope="col">"URL"</th>
                                <th scope="col">"Event"</th>
                                <th scope="col">"Description"</th>
                                <th scope="col">"Status"</th>
                                <th scope="col">"Last response"</th>
                            </tr>
                        </thead>
                        <tbody>{list.rows.into_iter().map(|row| view! { <WebhookRow row /> }).collect_view()}</tbody>
                    </table>
                    <div class="foot">
                        <span>{if count == 1 { "1 webhook".to_owned() } else { format!("{count} webhooks") }}</span>
                        {next.map(|next| view! { <a class="button" href=next>"Older"</a> })}
                    </div>
                </div>
            }
                .into_any()
        } else if searched {
            view! {
                <div class="empty">
                    <h2>"Nothing found"</h2>
                    <p>"No webhook has this in its name, URL or description."</p>
                    <p>
                        <a class="button" href="/webhooks">
                            "Show all"
                        </a>
                    </p>
                </div>
            }
                .into_any()
        } else {
            view! {
                <div class="empty">
                    <h2>"No webhooks yet"</h2>
                    <p>
                        "A webhook is an HTTPS address of yours that clearhook calls when an event happens, such as a new identity. "
                        "Each callback is signed, tried again when it fails, and logged here."
                    </p>
                    {list
                        .may_write
                        .then(|| view! {
                            <p>
                                <a class="button" href="/webhooks/new">
                                    "Add the first one"
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
                    None => view! { <span class="hint">"No callback yet"</span> }.into_any(),
                }}
            </td>
        </tr>
    }
}

/// Escapes a query value.
pub(super) fn escaped(text: &str) -> String {
    leptos_router::location::Url::escape(text)
}
