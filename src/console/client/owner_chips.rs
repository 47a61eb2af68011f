//! The chosen owners of a webhook as chips above the list of users (`console::components::owners`): each tick adds one, each button removes one.

use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, Event, HtmlInputElement},
};

use crate::{
    console::{
        islands::{Chip, all_within, dropped, one_within, show_chips, untick},
        viewer::lang,
    },
    messages::administration as say,
};

/// The field of the form with the list.
const ROOT: &str = "#owners";
const BOXES: &str = "#owners-list input";
/// What gets the focus when the last owner was removed: a short list has no filter.
const NEXT: &str = "#owners-filter, #owners-list input";

pub(super) fn watch() {
    let Some(root) = document().query_selector(ROOT).ok().flatten() else {
        return;
    };
    // A browser restores ticks after "back", and somebody may have ticked before the scripts ran.
    update(&root);
    let (changed, clicked) = (root.clone(), root);
    window_event_listener_untyped("change", move |event| {
        if target_within(&changed, &event).is_some() {
            update(&changed);
        }
    });
    window_event_listener(ev::click, move |event| {
        if let Some(value) = target_within(&clicked, &event).and_then(|target| dropped(&target)) {
            untick(&clicked, BOXES, &value, NEXT, || update(&clicked));
        }
    });
}

fn target_within(root: &Element, event: &Event) -> Option<Element> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    root.contains(Some(&target)).then_some(target)
}

fn update(root: &Element) {
    let boxes = all_within::<HtmlInputElement>(root, BOXES);
    let chosen = boxes.iter().filter(|tick| tick.checked()).map(|tick| Chip {
        value: tick.value(),
        name: tick
            .next_element_sibling()
            .and_then(|label| label.text_content())
            .unwrap_or_default(),
        download: None,
    });
    let chosen: Vec<Chip> = chosen.collect();
    if let Some(count) = one_within::<Element>(root, "[data-count]") {
        let text = say::owners_chosen(lang(), chosen.len() as u64, boxes.len() as u64);
        if count.text_content().as_deref() != Some(&text) {
            count.set_text_content(Some(&text));
        }
    }
    let _ = show_chips(root, &chosen);
}
