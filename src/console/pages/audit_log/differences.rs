//! The details of an entry of the audit log.

use leptos::prelude::*;

use super::{
    action_of, kind_of,
    loader::{DifferenceView, OpenEntryView},
    whose,
};
use crate::{
    console::{
        components::{
            time::Time,
            unseen::{ForeignText, written_out},
        },
        viewer::lang,
    },
    messages::audit as say,
};

/// The entry.
#[component]
pub(super) fn OpenEntry(
    /// The entry.
    open: OpenEntryView,
    /// The address of the page without the open entry.
    close: String,
) -> impl IntoView {
    let lang = lang();
    let OpenEntryView {
        row,
        object_id,
        differences,
        has_values,
    } = open;
    let body = if differences.is_empty() {
        let why = if has_values {
            say::nothing_differs(lang)
        } else {
            say::no_values(lang)
        };
        view! { <p class="none">{why}</p> }.into_any()
    } else {
        view! { <Differences differences /> }.into_any()
    };
    view! {
        <div class="card entry" id="entry" role="region" aria-labelledby="entry-heading">
            <div class="entry-head">
                <div>
                    <h2 id="entry-heading">{action_of(row.action, lang)}</h2>
                    <p class="hint">
                        {kind_of(row.kind, lang)} " "
                        <strong>
                            <ForeignText text=row.object />
                        </strong>
                        ", "
                        <Time at=row.at />
                        {format!(", {} ({})", row.actor, whose(&row.actor_kind, row.address.as_deref(), lang))}
                    </p>
                    {object_id.map(|id| view! { <p class="hint mono">{id}</p> })}
                </div>
                <a class="button" href=close>
                    {say::close(lang)}
                </a>
            </div>
            {body}
        </div>
    }
}

/// The table of the values before and after.
#[component]
pub fn Differences(
    /// The fields that differ.
    differences: Vec<DifferenceView>,
) -> impl IntoView {
    let lang = lang();
    // Of a new object, there is nothing before.
    let has_before = differences.iter().any(|difference| difference.before.is_some());
    let rows = differences.into_iter().map(|difference| {
        let side = |value: Option<String>| written_out(value.as_deref().unwrap_or("–"));
        view! {
            <tr>
                <th scope="row">{difference.field}</th>
                {has_before
                    .then(|| {
                        view! {
                            <td class="was">
                                <span class="stacked-label">{say::before(lang)}</span>
                                {side(difference.before)}
                            </td>
                        }
                    })}
                <td class="is">
                    <span class="stacked-label">{say::after(lang)}</span>
                    {side(difference.after)}
                </td>
            </tr>
        }
    });
    view! {
        <table class="differences" aria-label=say::open(lang)>
            <thead>
                <tr>
                    <th scope="col">{say::field(lang)}</th>
                    {has_before.then(|| view! { <th scope="col">{say::before(lang)}</th> })}
                    <th scope="col">{say::after(lang)}</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}
