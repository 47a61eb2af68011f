//! The table of waiting, held or failed deliveries.

use leptos::prelude::*;

use crate::{
    console::{
        components::{popup::Popup, time::Time, unseen::ForeignText},
        pages::deliveries::load_deliveries::{DeliveryRow, DeliveryTableView},
        viewer::lang,
    },
    messages::deliveries as say,
};

/// The table, with links to the first and the next page.
#[component]
pub(in crate::console::pages) fn DeliveryTable(
    /// Its data.
    table: DeliveryTableView,
    /// The address of the first page, unless this is the first page.
    first: Option<String>,
    /// The address of the next page.
    next: Option<String>,
) -> impl IntoView {
    let lang = lang();
    let (is_empty, has_pages) = (table.rows.is_empty(), first.is_some() || next.is_some());
    let (has_due, sends_again) = (table.has_due, table.sends_again);
    let rows = table
        .rows
        .into_iter()
        .map(|row| view! { <Row row has_due sends_again query=table.query.clone() /> })
        .collect_view();
    view! {
        <table class="stack deliveries" aria-label=table.heading>
            <thead>
                <tr>
                    {has_due.then(|| view! { <th scope="col">{say::column_due(lang)}</th> })}
                    <th scope="col">{say::column_event(lang)}</th>
                    <th scope="col">{say::column_subject(lang)}</th>
                    <th scope="col">{say::column_state(lang)}</th>
                    <th scope="col">{say::column_attempts(lang)}</th>
                    <th scope="col">{say::column_created(lang)}</th>
                    <th scope="col">
                        <span class="visually-hidden">{say::column_actions(lang)}</span>
                    </th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        {is_empty.then(|| view! { <p class="none">{table.none}</p> })}
        {has_pages.then(|| view! {
            <div class="foot">
                <nav class="pager" aria-label=table.heading>
                    {first.map(|first| view! { <a class="button" href=first rel="first">{say::first_page(lang)}</a> })}
                    {next.map(|next| view! { <a class="button" href=next rel="next">{say::older(lang)}</a> })}
                </nav>
            </div>
        })}
    }
}

#[component]
fn Row(
    /// Its data.
    row: DeliveryRow,
    /// Whether the table has the due time.
    has_due: bool,
    /// Whether the delivery was sent before.
    sends_again: bool,
    /// The query of the page.
    query: String,
) -> impl IntoView {
    let lang = lang();
    let send = row.send.map(|action| {
        let (text, label) = if sends_again {
            (say::send_one_again(lang), say::send_which_again(lang, &row.event))
        } else {
            (say::send_one(lang), say::send_which(lang, &row.event))
        };
        view! {
            <form method="post" action=action>
                <input type="hidden" name="query" value=query.clone() />
                <button class="button small" type="submit" aria-label=label>
                    {text}
                </button>
            </form>
        }
    });
    let cancel = row.cancel.map(|action| {
        let name = say::cancel_which(lang, &row.event);
        view! {
            <Popup id=format!("cancel-{}", row.message) text=say::cancel_ask(lang) name class="button small" asks=true>
                <form method="post" action=action>
                    <p>{say::cancel_why(lang)}</p>
                    <input type="hidden" name="query" value=query />
                    <button class="button danger" type="submit">
                        {say::cancel(lang)}
                    </button>
                </form>
            </Popup>
        }
    });
    let due = has_due.then(|| {
        view! {
            <td class="nowrap">
                {match row.due {
                    Some(at) => view! { <Time at /> }.into_any(),
                    None => say::no_due(lang).into_any(),
                }}
            </td>
        }
    });
    let event = match row.callbacks {
        Some(href) => view! {
            <a href=href title=say::callbacks_of(lang, &row.message)>
                {row.event}
            </a>
        }
        .into_any(),
        None => row.event.into_any(),
    };
    view! {
        <tr>
            {due} <td class="nowrap" title=row.message>{event}</td> <td class="mono clip">
                <span>{row.subject.map(|text| view! { <ForeignText text /> })}</span>
            </td> <td>
                {row.state}
                {row.reason.map(|text| view! { <span class="hint reason"><ForeignText text /></span> })}
            </td> <td class="number">
                <span class="stacked-label">{say::column_attempts(lang)} " "</span>
                {row.attempts}
            </td> <td class="nowrap">
                <Time at=row.created />
            </td> <td class="row-actions">{send} {cancel}</td>
        </tr>
    }
}
