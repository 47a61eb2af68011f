//! A row of the list of webhooks.

use leptos::prelude::*;

use crate::{
    console::{
        calls::RowView,
        components::{
            badges::{ResponseBadge, StatusBadge},
            sparkline::Bars,
            time::Time,
            unseen::{ForeignText, written_out},
        },
        viewer::lang,
    },
    domain::webhook::Status,
    messages::webhooks as say,
};

/// The row: a link to its webhook, and a button that enables or disables it.
#[component]
pub(super) fn WebhookRow(
    /// What stands in it.
    row: RowView,
    /// The page's own address, to come back to.
    here: String,
    /// Whether they may enable and disable it.
    may_write: bool,
) -> impl IntoView {
    let lang = lang();
    let more = (row.more_events > 0).then(|| view! { <span class="hint">{format!("+{}", row.more_events)}</span> });
    let switch = may_write.then(|| switch(&row, here)).into_any();
    let anchor = format!("webhook-{}", row.id);
    view! {
        <tr id=anchor>
            <td class="name">
                <a href=format!("/webhooks/{}", row.id)>{written_out(&row.name)}</a>
            </td>
            <td class="mono clip" title=row.url.clone()>
                <span>
                    <ForeignText text=row.url.clone() machine=true />
                </span>
            </td>
            <td title=row.events>
                <span class="event">
                    <span>{row.event}</span>
                    {more}
                </span>
            </td>
            <td class="clip quiet-text" title=row.description.clone()>
                {(!row.description.is_empty())
                    .then(|| {
                        view! {
                            <span>
                                <ForeignText text=row.description.clone() />
                            </span>
                        }
                    })}
            </td>
            <td title=row.reason.clone()>
                <StatusBadge status=row.status />
                {row.reason.clone().map(|reason| view! { <p class="hint reason">{reason}</p> })}
            </td>
            <td class="day">
                {match row.last {
                    Some(last) => {
                        view! {
                            <span class="last">
                                {row.bars.map(|bars| view! { <Bars bars /> })}
                                <ResponseBadge succeeded=last.succeeded status=last.status response=last.response short=true />
                            </span>
                            <span class="hint nowrap"><Time at=last.at /></span>
                        }
                            .into_any()
                    }
                    None => view! { <span class="hint">{say::no_callback_yet(lang)}</span> }.into_any(),
                }}
            </td>
            {switch}
        </tr>
    }
}

fn switch(row: &RowView, here: String) -> AnyView {
    let lang = lang();
    let (enabled, name, label) = if row.status == Status::Disabled {
        ("true", say::enable(lang), say::enable_which(lang, &row.name))
    } else {
        ("false", say::disable(lang), say::disable_which(lang, &row.name))
    };
    view! {
        <td class="act">
            <form method="post" action=here>
                <input type="hidden" name="id" value=row.id.clone() />
                <button class="button small" type="submit" name="enabled" value=enabled aria-label=label>
                    {name}
                </button>
            </form>
        </td>
    }
    .into_any()
}
