//! A row of the list of webhooks: one line.

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            badges::StatusBadge,
            icon::{COPY, CROSS, Icon, NavIcon, PAUSE, TICK},
            sparkline::Sparkline,
            time::Ago,
            unseen::{ForeignText, written_out, written_out_text},
        },
        pages::webhooks::{
            columns::{Column, Columns},
            cut_url::CutUrl,
            list_parts::BULK_FORM,
            load_list::{LatestView, RowView},
            row_menu::{RowMenu, SwitchForm},
        },
        viewer::lang,
    },
    domain::webhook::Status,
    messages::{Lang, webhooks as say},
};

/// The row: a link to the webhook, a box to choose it, a switch and a menu.
#[component]
pub(super) fn WebhookRow(
    /// The data.
    row: RowView,
    /// The columns of the table.
    columns: Columns,
    /// The address of its page, with the list.
    path: String,
    /// The address of the page, to which the switch returns.
    here: String,
    /// The address of the form for several webhooks.
    bulk: String,
    /// Whether the viewer may enable and disable it.
    may_write: bool,
) -> impl IntoView {
    let lang = lang();
    let (id, fields) = (row.webhook.id.to_string(), row.webhook.fields.clone());
    let cells = cells(row, &columns, &path, lang);
    let choice = may_write.then(|| {
        view! {
            <input
                type="checkbox"
                class="pick"
                name="ids"
                value=id.clone()
                form=BULK_FORM
                id=format!("pick-{id}")
                aria-label=say::choose_which(lang, &fields.name)
            />
        }
    });
    let switch =
        may_write.then(|| view! { <SwitchForm id=id.clone() name=fields.name.clone() enabled=fields.enabled action=here.clone() /> });
    view! {
        <tr id=format!("webhook-{id}")>
            <td class="name" data-letter=letter(&fields.name) data-hue=hue(&fields.url)>
                {choice}
                <a href=path.clone() id=format!("open-{id}") title=written_out_text(&fields.name)>
                    {written_out(&fields.name)}
                </a>
            </td>
            {cells}
            <td class="act">
                <div class="row-actions">
                    {switch} <RowMenu id=id.clone() path name=fields.name.clone() url=fields.url.clone() enabled=fields.enabled may_write here bulk />
                </div>
            </td>
        </tr>
    }
}

/// The name of an event type, of which the beginning is cut first: the last word says what happened ("Identity request… updated").
fn cut_name(name: &str) -> AnyView {
    let (start, end) = name.split_at(name.rfind(' ').unwrap_or(name.len()));
    view! {
        <bdi class="event-name">
            <span class="event-start">{written_out(start)}</span>
            {(!end.is_empty()).then(|| view! { <span class="event-end">{written_out(end)}</span> })}
        </bdi>
    }
    .into_any()
}

/// The cells between the name and the actions: those of the columns that are shown.
fn cells(row: RowView, columns: &Columns, path: &str, lang: Lang) -> AnyView {
    let (id, status, fields) = (row.webhook.id, row.webhook.status(), row.webhook.fields);
    let more = (row.more_events > 0).then(|| view! { <span class="hint">{format!("+{}", row.more_events)}</span> });
    let rate = fields.rate_limit.map(|rate| say::rate(lang, u64::from(rate.per_second)));
    let owners_title = (!row.owners.is_empty()).then(|| row.owners.clone());
    let sparkline = row.sparkline.map(|sparkline| view! { <Sparkline sparkline /> }.into_any());
    let day_title = row.latest.as_ref().map(|latest| format!("{}, {}", whole(latest), latest.at.exact));
    let day = day(row.latest, sparkline, row.held, path, lang);
    let description = (!fields.description.is_empty()).then(|| {
        view! {
            <span>
                <ForeignText text=one_line(&fields.description) />
            </span>
        }
    });
    let shown = |column: Column| columns.has(column);
    view! {
        {shown(Column::Url)
            .then(|| {
                view! {
                    <td class="url clip" title=written_out_text(&fields.url)>
                        <CutUrl url=fields.url.clone() />
                        // Only for the mouse. The menu of the row has the same button for keyboards and screen readers.
                        <button type="button" class="copy-url scripted" tabindex="-1" aria-hidden="true" data-copy-text=fields.url.clone()>
                            <Icon path=COPY />
                        </button>
                    </td>
                }
            })}
        {shown(Column::Event)
            .then(|| {
                view! {
                    <td class="events" title=written_out_text(&row.events)>
                        <span class="event">
                            <NavIcon path=row.event_icon />
                            {cut_name(&row.event)}
                            {more}
                        </span>
                    </td>
                }
            })}
        {shown(Column::Description)
            .then(|| {
                view! {
                    <td class="description clip quiet-text" title=written_out_text(&fields.description)>
                        {description}
                    </td>
                }
            })}
        {shown(Column::Status)
            .then(|| {
                view! {
                    <td class="standing" title=row.reason.clone() id=format!("status-{id}")>
                        {status_cell(status, row.failing_for, row.is_paused, row.reason.clone())}
                    </td>
                }
            })}
        {shown(Column::Day).then(|| view! { <td class="day" title=day_title>{day}</td> })}
        {shown(Column::Owners)
            .then(|| {
                view! {
                    <td class="owners-cell clip quiet-text" title=owners_title>
                        {(!row.owners.is_empty()).then(|| view! { <span>{row.owners}</span> })}
                    </td>
                }
            })}
        {shown(Column::Rate).then(|| view! { <td class="rate quiet-text">{rate}</td> })}
    }
    .into_any()
}

/// The content of the status cell.
pub(super) fn status_cell(status: Status, failing_for: Option<String>, is_paused: bool, reason: Option<String>) -> AnyView {
    let paused = is_paused.then(|| {
        let text = say::paused(lang());
        view! {
            <span class="paused-sign" title=text>
                <Icon path=PAUSE />
                <span class="visually-hidden">{text}</span>
            </span>
        }
    });
    view! {
        <StatusBadge status />
        {paused}
        {failing_for.map(|since| view! { <span class="hint since">{since}</span> })}
        {reason.map(|reason| view! { <span class="visually-hidden reason">{reason}</span> })}
    }
    .into_any()
}

/// The last 24 hours: the chart and the newest response, or the number of held deliveries.
fn day(latest: Option<LatestView>, sparkline: Option<AnyView>, held: Option<String>, path: &str, lang: Lang) -> AnyView {
    if let Some(held) = held {
        return view! {
            <a class="held" href=held_log(path) title=say::held_hint(lang)>
                {held}
            </a>
            {latest.map(response)}
        }
        .into_any();
    }
    match latest {
        Some(latest) => view! {
            {sparkline}
            {response(latest)}
        }
        .into_any(),
        None => view! { <span class="hint">{say::no_callback_yet(lang)}</span> }.into_any(),
    }
}

/// The held deliveries on the page of a webhook.
fn held_log(path: &str) -> String {
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("{path}{mark}response=held#logs")
}

/// The code, or a short word, and the age of a response.
fn response(latest: LatestView) -> AnyView {
    let (class, path) = if latest.succeeded {
        ("code good", TICK)
    } else {
        ("code bad", CROSS)
    };
    let title = whole(&latest);
    view! {
        <span class=class title=title>
            <Icon path />
            {latest.short}
        </span>
        <span class="hint nowrap"><Ago at=latest.at /></span>
    }
    .into_any()
}

/// The code and the name of a response.
fn whole(latest: &LatestView) -> String {
    match latest.status {
        Some(status) if status.to_string() != latest.response => format!("{status} {}", latest.response),
        _ => latest.response.clone(),
    }
}

/// The description without line breaks.
fn one_line(description: &str) -> String {
    description.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first letter or digit of a name, which stands in a coloured square before it.
fn letter(name: &str) -> String {
    let first = name.chars().find(|sign| sign.is_alphanumeric());
    first.map_or_else(String::new, |first| first.to_uppercase().collect())
}

/// One of eight colours, the same for the same host.
fn hue(url: &str) -> &'static str {
    let host = url
        .split_once("://")
        .map_or(url, |(_, rest)| rest)
        .split(['/', '?', '#'])
        .next()
        .unwrap_or_default();
    // FNV-1a: stable over versions and processes, unlike the hasher of the standard library.
    let hash = host
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    ["0", "1", "2", "3", "4", "5", "6", "7"][(hash % 8) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_known_by_a_letter_and_a_colour_of_its_host() {
        for (name, expected) in [
            ("HR sync", "H"),
            ("  «éclair»", "É"),
            ("🚀 9 lives", "9"),
            ("שלום", "ש"),
            ("…", ""),
            ("ßa", "SS"),
        ] {
            assert_eq!(letter(name), expected, "{name}");
        }
        assert_eq!(hue("https://example.com/a"), hue("https://example.com/b?c=d"));
        let hosts = (0..100)
            .map(|n| hue(&format!("https://h{n}.example.com/")))
            .collect::<std::collections::HashSet<_>>();
        assert_eq!(hosts.len(), 8);
    }

    #[test]
    fn a_description_is_one_line() {
        assert_eq!(one_line("one\r\n  two\tthree\n"), "one two three");
    }
}
