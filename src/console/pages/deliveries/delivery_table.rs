//! The table of waiting or held deliveries.

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
    let is_empty = table.rows.is_empty();
    let rows = table.rows.into_iter().map(|row| view! { <Row row /> }).collect_view();
    view! {
        <table class="stack deliveries" aria-label=table.heading>
            <thead>
                <tr>
                    <th scope="col">{say::column_due(lang)}</th>
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
        <div class="foot">
            <nav class="pager" aria-label=table.heading>
                {first.map(|first| view! { <a class="button" href=first rel="first">{say::first_page(lang)}</a> })}
                {next.map(|next| view! { <a class="button" href=next rel="next">{say::older(lang)}</a> })}
            </nav>
        </div>
    }
}

#[component]
fn Row(row: DeliveryRow) -> impl IntoView {
    let lang = lang();
    let cancel = row.cancel.map(|action| {
        view! {
            <form method="post" action=action>
                <button class="button small" type="submit" aria-label=say::cancel_which(lang, &row.event)>
                    {say::cancel(lang)}
                </button>
            </form>
        }
    });
    view! {
        <tr>
            <td class="nowrap" title=row.message>
                {match row.due {
                    Some(at) => view! { <Time at /> }.into_any(),
                    None => say::no_due(lang).into_any(),
                }}
            </td>
            <td>{row.event}</td>
            <td class="mono clip">
                <span>{row.subject.map(|text| view! { <ForeignText text /> })}</span>
            </td>
            <td>{row.state}</td>
            <td class="number">
                <span class="stacked-label">{say::column_attempts(lang)} " "</span>
                {row.attempts}
            </td>
            <td class="nowrap">
                <Time at=row.created />
            </td>
            <td class="row-actions">{cancel}</td>
        </tr>
    }
}
