//! The table of waiting, held or failed deliveries.

use leptos::prelude::*;

use crate::{
    console::{
        components::{time::Time, unseen::ForeignText},
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
    let has_due = table.has_due;
    let rows = table.rows.into_iter().map(|row| view! { <Row row has_due /> }).collect_view();
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
) -> impl IntoView {
    let lang = lang();
    let button = |action: Option<String>, label: String, text: &'static str| {
        action.map(|action| {
            view! {
                <form method="post" action=action>
                    <button class="button small" type="submit" aria-label=label>
                        {text}
                    </button>
                </form>
            }
        })
    };
    let send = button(row.send, say::send_which(lang, &row.event), say::send_one(lang));
    let cancel = button(row.cancel, say::cancel_which(lang, &row.event), say::cancel(lang));
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
                {match row.reason {
                    Some(text) => view! { <ForeignText text /> }.into_any(),
                    None => row.state.into_any(),
                }}
            </td> <td class="number">
                <span class="stacked-label">{say::column_attempts(lang)} " "</span>
                {row.attempts}
            </td> <td class="nowrap">
                <Time at=row.created />
            </td> <td class="row-actions">{send} {cancel}</td>
        </tr>
    }
}
