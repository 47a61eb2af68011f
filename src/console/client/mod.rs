//! What only the browser does when the WebAssembly starts.

mod bars;
mod busy;
mod copy_buttons;
mod error_summary;
mod filter_list;
mod go_on;
mod menus;
mod owner_chips;
mod panel;
mod query_forms;
mod reveal;
mod rows;
mod shortcuts;
mod whole_text;
mod zoom;

use leptos::{mount::hydrate_islands, prelude::*};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::{
    console::viewer::{Theme, Viewer},
    messages::Lang,
};

/// Makes ready for the islands of the page that the server rendered; each is then hydrated by a function of its own.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    remember_zone();
    hydrate_islands();
    provide_context(viewer());
    bars::watch();
    busy::watch();
    query_forms::watch();
    reveal::watch();
    rows::watch();
    copy_buttons::watch();
    error_summary::watch();
    filter_list::watch();
    // Before those that act on Escape as well.
    menus::watch();
    owner_chips::watch();
    panel::watch();
    go_on::start();
    shortcuts::watch();
    whole_text::watch();
    zoom::watch();
}

/// As the document says that the server rendered.
fn viewer() -> Viewer {
    let Some(document) = document().document_element() else {
        return Viewer::default();
    };
    let attribute = |name| document.get_attribute(name).unwrap_or_default();
    Viewer {
        lang: Lang::of_tag(&attribute("lang")).unwrap_or_default(),
        theme: attribute("data-theme").parse().unwrap_or(Theme::System),
    }
}

/// Tells the server the viewer's time zone, for the next page.
fn remember_zone() {
    let Some(zone) = zone() else { return };
    let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() else {
        return;
    };
    let cookie = format!("tz={zone}");
    let known = document.cookie().unwrap_or_default();
    if !known.split("; ").any(|pair| pair == cookie) {
        // Without cookies times stay in UTC.
        let _ = document.set_cookie(&format!("{cookie}; Path=/; SameSite=Lax; Max-Age=31536000"));
    }
}

fn zone() -> Option<String> {
    let options = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new()).resolved_options();
    js_sys::Reflect::get(&options, &JsValue::from_str("timeZone")).ok()?.as_string()
}
