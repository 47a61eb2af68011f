//! "Download schema" in the head of the event picker: the file of the only chosen event, or a menu with a file for each and an archive of
//! all. `event_picker` keeps it up to date while boxes are ticked. The one beside the closed section downloads the
//! schemas of the stored events.

use leptos::prelude::*;

use crate::{
    console::{
        components::icon::{DOWNLOAD, Icon},
        pages::{
            event_types::addresses::{ARCHIVE, below},
            webhook::event_choice::EventChoice,
        },
    },
    domain::event_type::EventType,
    messages::{Lang, visible, webhook as say},
};

/// The id of the menu.
const MENU: &str = "event-schemas";
/// The id of the menu beside the closed section. The one in the section is not rendered while the section is closed.
const MENU_BESIDE: &str = "stored-event-schemas";

/// What is downloaded for a chosen event.
struct Download {
    name: String,
    path: String,
}

/// The address of the schema of an event type.
pub(super) fn schema_path(key: &str) -> String {
    below(&EventType::of_stored(key), "schema")
}

/// The button or the menu. Nothing is shown if nothing is chosen.
pub(super) fn schemas_of_chosen(choice: &EventChoice, chosen: &[String], lang: Lang) -> AnyView {
    let downloads = downloads(choice, chosen);
    let only = match downloads.as_slice() {
        [only] => Some(only.path.clone()),
        _ => None,
    };
    let several = downloads.len() > 1;
    // The addresses of archives end with what is chosen.
    let base = format!("{ARCHIVE}?types=");
    let archive = format!("{base}{}", chosen.join(","));
    let links = links(downloads);
    view! {
        <div class="picker-schemas">
            <a class="button small" href=only.clone() hidden=only.is_none() rel="external" download data-only-schema="">
                <Icon path=DOWNLOAD />
                {say::download_schema(lang)}
            </a>
            <button class="button small" type="button" popovertarget=MENU hidden=!several data-schemas-button="">
                <Icon path=DOWNLOAD />
                {say::download_schemas(lang)}
            </button>
            <div class="popup" id=MENU popover="auto">
                <div data-schema-links="">{links}</div>
                <a class="all" href=archive rel="external" download data-archive=base>
                    {say::download_chosen(lang)}
                </a>
            </div>
        </div>
    }
    .into_any()
}

/// The same for the stored events of a webhook, beside the closed section. `None` if there is nothing to download.
pub(super) fn schemas_of_stored(choice: &EventChoice, stored: &[String], lang: Lang) -> Option<AnyView> {
    let mut downloads = downloads(choice, stored);
    if downloads.len() < 2 {
        let only = downloads.pop()?;
        let text = say::download_schema(lang);
        let link = view! {
            <a class="button small" href=only.path rel="external" download aria-label=text title=text>
                <Icon path=DOWNLOAD />
                <span class="aside-text">{text}</span>
            </a>
        };
        return Some(link.into_any());
    }
    let text = say::download_schemas(lang);
    let archive = format!("{ARCHIVE}?types={}", stored.join(","));
    let links = links(downloads);
    let menu = view! {
        <button class="button small" type="button" popovertarget=MENU_BESIDE aria-label=text title=text>
            <Icon path=DOWNLOAD />
            <span class="aside-text">{text}</span>
        </button>
        <div class="popup" id=MENU_BESIDE popover="auto">
            <div data-schema-links="">{links}</div>
            <a class="all" href=archive rel="external" download>
                {say::download_chosen(lang)}
            </a>
        </div>
    };
    Some(menu.into_any())
}

/// A link to each file.
fn links(downloads: Vec<Download>) -> AnyView {
    let links = downloads.into_iter().map(|download| {
        view! {
            <a href=download.path rel="external" download dir="auto">
                {download.name}
            </a>
        }
    });
    links.collect_view().into_any()
}

/// Patterns first, then types in the order of the catalogue. A pattern stands for several schemas, so it has an archive. A type that is not in
/// the catalogue has no schema.
fn downloads(choice: &EventChoice, chosen: &[String]) -> Vec<Download> {
    let patterns = chosen.iter().filter(|key| key.ends_with('*')).map(|pattern| Download {
        name: format!("{pattern} (.zip)"),
        path: format!("{ARCHIVE}?types={pattern}"),
    });
    let types = choice.types().filter(|one| chosen.contains(&one.key)).map(|one| Download {
        name: visible(&one.name),
        path: schema_path(&one.key),
    });
    patterns.chain(types).collect()
}
