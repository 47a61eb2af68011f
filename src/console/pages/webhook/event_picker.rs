//! The script of the list of event types in the form of a webhook: filters at once, counts, shows what is chosen, and opens the fields of an event
//! in a dialog. It works on the elements that the server rendered (`webhook_events`), so that the page holds them once.

use leptos::{
    ev,
    html::Span,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{
        Document, DomParser, Element, Event, HtmlDialogElement, HtmlInputElement, HtmlTemplateElement, MouseEvent, Response, SupportedType,
    },
};
use wasm_bindgen_futures::JsFuture;

use crate::{
    console::{
        islands::{Chip, all_within, copy_of, dropped, one_within, show_chips, untick},
        viewer::lang,
    },
    messages::webhook as say,
};

/// The checkboxes of events and patterns.
const BOXES: &str = "input[name=events]";

/// Makes the list live that contains it.
#[island]
pub fn EventPicker() -> impl IntoView {
    let here = NodeRef::<Span>::new();
    Effect::new(move |_| {
        let found = here.get().and_then(|here| here.closest("[data-picker]").ok().flatten());
        if let Some(root) = found {
            Picker { root }.watch();
        }
    });
    view! { <span hidden node_ref=here></span> }
}

#[derive(Clone)]
struct Picker {
    root: Element,
}

/// An event or a pattern that is ticked.
struct ChosenEvent {
    /// What the form sends.
    value: String,
    /// The name for people. A pattern is its own.
    name: String,
    /// The address of the schema. A pattern has none.
    schema: Option<String>,
}

impl ChosenEvent {
    fn of(tick: &HtmlInputElement) -> Self {
        let value = tick.value();
        let row = tick.closest(".row").ok().flatten();
        let within_row = |selector: &str| row.as_ref().and_then(|row| one_within::<Element>(row, selector));
        let name = within_row("label").and_then(|label| label.text_content());
        Self {
            name: name.filter(|_| !value.ends_with('*')).unwrap_or_else(|| value.clone()),
            schema: within_row("a.get").and_then(|link| link.get_attribute("href")),
            value,
        }
    }
}

fn set_hidden(element: &Element, hidden: bool) {
    // An unchanged attribute costs no layout.
    let _ = element.toggle_attribute_with_force("hidden", hidden);
}

impl Picker {
    fn watch(self) {
        let (input, change, click, key) = (self.clone(), self.clone(), self.clone(), self.clone());
        let within = |picker: &Self, event: &Event| {
            let target = event.target()?.dyn_into::<Element>().ok()?;
            picker.root.contains(Some(&target)).then_some(target)
        };
        let listeners = [
            window_event_listener_untyped("input", move |event| {
                if within(&input, &event).is_some_and(|target| target.id() == "events-filter") {
                    input.filter();
                }
            }),
            window_event_listener_untyped("change", move |event| {
                if let Some(target) = within(&change, &event) {
                    change.ticked(&target);
                }
            }),
            window_event_listener(ev::click, move |event| {
                if let Some(target) = within(&click, &event) {
                    click.clicked(&event, &target);
                }
            }),
            window_event_listener(ev::keydown, move |event| {
                let in_filter = within(&key, &event).is_some_and(|target| target.id() == "events-filter");
                if in_filter && event.key() == "Enter" {
                    event.prevent_default();
                }
            }),
        ];
        on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
        self.filter();
        self.update();
    }

    /// Shows the rows that match the filter, and opens their groups.
    fn filter(&self) {
        let Some(field) = one_within::<HtmlInputElement>(&self.root, "#events-filter") else {
            return;
        };
        // The server need not filter again when the form is sent.
        if let Some(filtered) = one_within::<HtmlInputElement>(&self.root, "input[name=events_filtered]") {
            filtered.set_value(&field.value());
        }
        let filter = field.value().to_lowercase();
        let words: Vec<&str> = filter.split_whitespace().collect();
        let mut found = 0;
        for group in all_within::<Element>(&self.root, ".group:not(.others)") {
            let mut in_group = 0;
            for row in all_within::<Element>(&group, ".row") {
                let text = row.text_content().unwrap_or_default().to_lowercase();
                let fits = words.iter().all(|word| text.contains(word));
                set_hidden(&row, !fits);
                in_group += usize::from(fits);
            }
            set_hidden(&group, in_group == 0);
            if in_group > 0
                && !words.is_empty()
                && let Some(details) = one_within::<Element>(&group, "details")
            {
                let _ = details.set_attribute("open", "");
            }
            found += in_group;
        }
        if let Some(none) = one_within::<Element>(&self.root, "[data-none]") {
            set_hidden(&none, found > 0);
        }
    }

    fn ticked(&self, target: &Element) {
        if target.has_attribute("data-all")
            && let Some(all_box) = target.dyn_ref::<HtmlInputElement>()
            && let Ok(Some(group)) = target.closest(".group")
        {
            let rows = all_within::<HtmlInputElement>(&group, ".row:not([hidden]) input");
            rows.iter()
                .filter(|row| !row.disabled())
                .for_each(|row| row.set_checked(all_box.checked()));
        }
        self.update();
    }

    /// Brings everything that follows from the ticked boxes up to date.
    fn update(&self) {
        let boxes = all_within::<HtmlInputElement>(&self.root, BOXES);
        let patterns: Vec<String> = boxes
            .iter()
            .filter(|one| one.checked())
            .filter_map(|one| one.value().strip_suffix('*').map(str::to_owned))
            .collect();
        for row in boxes.iter().filter(|one| !one.value().ends_with('*')) {
            let value = row.value();
            let covered = patterns.iter().any(|prefix| value.starts_with(prefix.as_str()));
            // A box that a pattern makes needless shows so, and has its own tick again when the pattern is gone.
            if covered && !row.disabled() {
                let _ = row.toggle_attribute_with_force("data-own", row.checked());
                row.set_checked(true);
                row.set_disabled(true);
            } else if !covered && row.disabled() {
                row.set_disabled(false);
                row.set_checked(row.has_attribute("data-own"));
            }
        }
        let (mut total, mut received) = (0, 0);
        for group in all_within::<Element>(&self.root, ".group:not(.others)") {
            let rows = all_within::<HtmlInputElement>(&group, ".row input");
            let ticked = rows.iter().filter(|row| row.checked()).count();
            let free = rows.iter().filter(|row| !row.disabled()).count();
            total += rows.len();
            received += ticked;
            if let Some(all_box) = one_within::<HtmlInputElement>(&group, "[data-all]") {
                all_box.set_checked(ticked == rows.len());
                all_box.set_indeterminate(ticked > 0 && ticked < rows.len());
                all_box.set_disabled(free == 0);
            }
            if let Some(count) = one_within::<Element>(&group, "[data-count]") {
                let text = say::events_chosen_of_group(lang(), &ticked.to_string(), &rows.len().to_string());
                count.set_text_content(Some(&text));
            }
        }
        if let Some(count) = one_within::<Element>(&self.root, "[data-total]") {
            let text = say::events_chosen(lang(), &received.to_string(), &total.to_string());
            if count.text_content().as_deref() != Some(&text) {
                count.set_text_content(Some(&text));
            }
        }
        let mut ticked: Vec<&HtmlInputElement> = boxes.iter().filter(|one| one.checked() && !one.disabled()).collect();
        ticked.sort_by_key(|one| !one.value().ends_with('*'));
        let chosen: Vec<ChosenEvent> = ticked.into_iter().map(ChosenEvent::of).collect();
        let _ = self.show_chips(&chosen);
        let _ = self.show_schemas(&chosen);
    }

    /// What is chosen, each with a button that removes it.
    fn show_chips(&self, chosen: &[ChosenEvent]) -> Option<()> {
        let chip = |event: &ChosenEvent| Chip {
            value: event.value.clone(),
            name: event.name.clone(),
            download: event.schema.clone(),
        };
        show_chips(&self.root, &chosen.iter().map(chip).collect::<Vec<_>>())
    }

    /// "Download schema": the file of the only chosen event, or a menu with one for each and an archive of all.
    fn show_schemas(&self, chosen: &[ChosenEvent]) -> Option<()> {
        let archive = one_within::<Element>(&self.root, "[data-archive]")?;
        let base = archive.get_attribute("data-archive")?;
        let downloads = chosen.iter().filter_map(|event| {
            let is_pattern = event.value.ends_with('*');
            let name = if is_pattern {
                format!("{} (.zip)", event.name)
            } else {
                event.name.clone()
            };
            let href = is_pattern
                .then(|| format!("{base}{}", event.value))
                .or_else(|| event.schema.clone())?;
            Some((name, href))
        });
        let downloads: Vec<(String, String)> = downloads.collect();
        let only = one_within::<Element>(&self.root, "[data-only-schema]")?;
        set_hidden(&only, downloads.len() != 1);
        if let [(_, href)] = downloads.as_slice() {
            only.set_attribute("href", href).ok()?;
        }
        set_hidden(&one_within::<Element>(&self.root, "[data-schemas-button]")?, downloads.len() < 2);
        let values: Vec<&str> = chosen.iter().map(|event| event.value.as_str()).collect();
        archive.set_attribute("href", &format!("{base}{}", values.join(","))).ok()?;
        let links = one_within::<Element>(&self.root, "[data-schema-links]")?;
        let template = one_within::<HtmlTemplateElement>(&self.root, "template[data-schema]")?;
        links.set_inner_html("");
        for (name, href) in downloads {
            let link = copy_of(&template)?;
            link.set_text_content(Some(&name));
            link.set_attribute("href", &href).ok()?;
            links.append_child(&link).ok()?;
        }
        Some(())
    }

    fn clicked(&self, event: &MouseEvent, target: &Element) {
        if let Some(value) = dropped(target) {
            // The next chosen event gets the focus, or else the filter.
            untick(&self.root, BOXES, &value, "#events-filter", || self.update());
            return;
        }
        let is_plain = event.button() == 0 && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
        if let Ok(Some(link)) = target.closest("a.row-fields")
            && is_plain
        {
            event.prevent_default();
            let picker = self.clone();
            leptos::task::spawn_local(async move {
                if picker.open(&link).await.is_none()
                    && let Some(href) = link.get_attribute("href")
                {
                    // What cannot be shown here is a page of its own.
                    let _ = window().open_with_url_and_target(&href, "_blank");
                }
            });
        }
    }

    /// Shows the fields and the example of an event in a dialog: those of the event's own page.
    async fn open(&self, link: &Element) -> Option<()> {
        let href = link.get_attribute("href")?;
        let response = JsFuture::from(window().fetch_with_str(&href))
            .await
            .ok()?
            .dyn_into::<Response>()
            .ok()?;
        if !response.ok() {
            return None;
        }
        let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
        let page: Document = DomParser::new().ok()?.parse_from_string(&text, SupportedType::TextHtml).ok()?;
        let reference = page.query_selector("main .reference").ok().flatten()?;
        let title = page.query_selector("main h1").ok().flatten()?.text_content()?;
        let template = one_within::<HtmlTemplateElement>(&self.root, "template[data-dialog]")?;
        let dialog = copy_of(&template)?.dyn_into::<HtmlDialogElement>().ok()?;
        one_within::<Element>(&dialog, "h2")?.set_text_content(Some(&title));
        one_within::<Element>(&dialog, ".sheet-body")?.append_child(&reference).ok()?;
        document().body()?.append_child(&dialog).ok()?;
        let closed = dialog.clone();
        let close = move |_: Event| closed.close();
        add(&one_within::<Element>(&dialog, "button")?, "click", close);
        let gone = dialog.clone();
        add(&dialog, "close", move |_| gone.remove());
        // A click on the ground behind the dialog is one on the dialog itself.
        let outside = dialog.clone();
        add(&dialog, "click", move |event| {
            if event.target().is_some_and(|target| target == *outside.as_ref()) {
                outside.close();
            }
        });
        dialog.show_modal().ok()
    }
}

/// Listens as long as the element exists.
fn add(element: &Element, name: &str, handle: impl FnMut(Event) + 'static) {
    let handle = leptos::wasm_bindgen::closure::Closure::<dyn FnMut(Event)>::new(handle);
    let _ = element.add_event_listener_with_callback(name, handle.as_ref().unchecked_ref());
    handle.forget();
}
