//! A row of the list of webhooks.

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            badges::{ResponseBadge, StatusBadge},
            sparkline::Sparkline,
            time::Time,
            unseen::{ForeignText, written_out},
        },
        pages::webhooks::{load_list::RowView, set_enabled::EnableButton},
        viewer::lang,
    },
    domain::webhook::Status,
    messages::webhooks as say,
};

/// The row: a link to the webhook, and a button that enables or disables it.
#[component]
pub(super) fn WebhookRow(
    /// The data.
    row: RowView,
    /// The address of the page, to which the button returns.
    here: String,
    /// Whether the viewer may enable and disable it.
    may_write: bool,
) -> impl IntoView {
    let lang = lang();
    let (id, status, fields) = (row.webhook.id, row.webhook.status(), row.webhook.fields);
    let more = (row.more_events > 0).then(|| view! { <span class="hint">{format!("+{}", row.more_events)}</span> });
    let button = may_write.then(|| {
        let (id, name, enabled) = (id.to_string(), fields.name.clone(), fields.enabled);
        view! {
            <td class="act">
                <EnableButton id name enabled action=here />
            </td>
        }
    });
    let anchor = format!("webhook-{id}");
    let status_id = format!("status-{id}");
    view! {
        <tr id=anchor>
            <td class="name">
                <a href=format!("/webhooks/{id}")>{written_out(&fields.name)}</a>
            </td>
            <td class="mono clip" title=fields.url.clone()>
                <span>
                    <ForeignText text=fields.url.clone() machine=true />
                </span>
            </td>
            <td title=row.events>
                <span class="event">
                    <span>{row.event}</span>
                    {more}
                </span>
            </td>
            <td class="clip quiet-text" title=fields.description.clone()>
                {(!fields.description.is_empty())
                    .then(|| {
                        view! {
                            <span>
                                <ForeignText text=fields.description.clone() />
                            </span>
                        }
                    })}
            </td>
            <td title=row.reason.clone() id=status_id>{status_cell(status, row.reason.clone())}</td>
            <td class="day">
                {match row.latest {
                    Some(latest) => {
                        view! {
                            <span class="last">
                                {row.sparkline.map(|sparkline| view! { <Sparkline sparkline /> })}
                                <ResponseBadge succeeded=latest.succeeded status=latest.status response=latest.response short=true />
                            </span>
                            <span class="hint nowrap"><Time at=latest.at /></span>
                        }
                            .into_any()
                    }
                    None => view! { <span class="hint">{say::no_callback_yet(lang)}</span> }.into_any(),
                }}
            </td>
            {button}
        </tr>
    }
}

/// The content of the status cell.
pub(super) fn status_cell(status: Status, reason: Option<String>) -> AnyView {
    view! {
        <StatusBadge status />
        {reason.map(|reason| view! { <p class="hint reason">{reason}</p> })}
    }
    .into_any()
}
