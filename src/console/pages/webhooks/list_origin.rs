//! The list from which the page of a webhook was opened: its query is in the address (`list`), so that links lead to the webhooks before and after
//! it, and back to the list. An address without it stands for the whole list by name.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    console::{
        ConsoleError,
        components::unseen::ForeignText,
        href::{href, page_query, read_query},
        pages::webhooks::{list_parts::page_href, load_list::ListQuery, webhook_list::PATH},
        server::{caller, console_error, lang},
    },
    domain::id::WebhookId,
    messages::{common, webhooks as say},
    services::webhooks::list_place,
};

/// The part of the address of a webhook's page that names the list.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Origin {
    /// The query of the list, encoded.
    list: Option<String>,
}

impl Origin {
    /// The list with this query, on any page.
    fn of(query: &ListQuery) -> Self {
        let query = ListQuery {
            page: None,
            ..query.clone()
        };
        let encoded = href("", &query).trim_start_matches('?').to_owned();
        Self {
            list: (!encoded.is_empty()).then_some(encoded),
        }
    }
}

/// The list from which the page of the current request was opened.
fn origin() -> ListQuery {
    let list = page_query::<Origin>().list;
    ListQuery {
        page: None,
        ..list.map_or_else(ListQuery::default, |list| read_query(&list))
    }
}

/// The path of a webhook's page with the list from which it is opened.
pub(super) fn from_list(id: &str, query: &ListQuery) -> String {
    href(&format!("{PATH}/{id}"), &Origin::of(query))
}

/// Adds the list of the current page to an address of the same page or of one of its forms.
pub(in crate::console::pages) fn with_list(address: &str) -> String {
    let list = href("", &Origin::of(&origin()));
    let (address, fragment) = address
        .split_once('#')
        .map_or((address, None), |(address, fragment)| (address, Some(fragment)));
    let list = if address.contains('?') { list.replacen('?', "&", 1) } else { list };
    let fragment = fragment.map_or_else(String::new, |fragment| format!("#{fragment}"));
    format!("{address}{list}{fragment}")
}

/// The list after the webhook of the current page was deleted.
pub(in crate::console::pages) fn list_after_deletion() -> String {
    let list = href(PATH, &origin());
    let mark = if list.contains('?') { '&' } else { '?' };
    format!("{list}{mark}deleted=1")
}

/// The line above the heading of a webhook: back to the list, and to the webhooks before and after it.
#[component]
pub(in crate::console::pages) fn ListLine(
    /// The id of the webhook.
    id: String,
    /// Its name.
    name: String,
) -> impl IntoView {
    let (lang, query) = (lang(), origin());
    Suspend::new(async move {
        let place = async {
            let (app, by) = caller()?;
            let id: WebhookId = id.parse().map_err(|_| ConsoleError::NotFound)?;
            list_place(&app, &by, query.asked(&app), id).await.map_err(console_error)
        };
        // Without the place there are the links to the lists.
        let place = place.await.ok();
        let back = page_href(&query, place.map_or(1, |place| place.before / query.page_size() + 1));
        let found = query.is_filtered().then(|| {
            let text = place.map_or_else(|| say::filtered(lang).to_owned(), |place| say::filtered_count(lang, place.total));
            view! {
                <a href=back.clone() id="back-to-list">
                    {text}
                </a>
                " / "
            }
        });
        let all = if query.is_filtered() { PATH.to_owned() } else { back };
        let walk = place.filter(|place| place.previous.is_some() || place.next.is_some()).map(|place| {
            let text = if place.is_listed {
                say::place(lang, place.before + 1, place.total)
            } else {
                say::place_left(lang, place.total)
            };
            let step = |to: Option<WebhookId>, id: &'static str, name: &'static str, sign: &'static str| match to {
                Some(to) => view! {
                    <a class="icon-button" id=id href=from_list(&to.to_string(), &query) aria-label=name title=name>
                        {sign}
                    </a>
                }
                .into_any(),
                None => view! {
                    <span class="icon-button" aria-hidden="true">
                        {sign}
                    </span>
                }
                .into_any(),
            };
            view! {
                <nav class="walk" aria-label=say::walk(lang)>
                    {step(place.previous, "previous-webhook", say::previous(lang), "‹")} <span>{text}</span>
                    {step(place.next, "next-webhook", say::next(lang), "›")}
                </nav>
            }
        });
        view! {
            <div class="crumb-line">
                <p class="crumbs">
                    <a href=all>{common::nav_webhooks(lang)}</a>
                    " / "
                    {found}
                    <ForeignText text=name />
                </p>
                {walk}
            </div>
        }
    })
}
