//! Parts of the page that are asked for again: the server makes them, as it made the page.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{Document, DomParser, Element, Request, Response, SupportedType},
};

/// Asks for this page again and hands it on; nothing when it cannot be had, or is another page (the session has ended).
pub(super) fn ask_again(then: impl FnOnce(Option<Document>) + 'static) {
    leptos::task::spawn_local(async move {
        let asked = current_path();
        then(page(&asked).await.filter(|_| current_path() == asked));
    });
}

fn current_path() -> String {
    let location = window().location();
    [location.pathname(), location.search()].into_iter().flatten().collect()
}

async fn page(path: &str) -> Option<Document> {
    let request = Request::new_with_str(path).ok()?;
    request.headers().set("accept", "text/html").ok()?;
    let response: Response = settled(window().fetch_with_request(&request)).await?.unchecked_into();
    if !response.ok() || response.redirected() {
        return None;
    }
    let text = settled(response.text().ok()?).await?.as_string()?;
    DomParser::new().ok()?.parse_from_string(&text, SupportedType::TextHtml).ok()
}

/// Puts parts of another document, by their ids, in the place of those of this page.
pub(super) fn replace(page: &Document, ids: &[&str]) {
    for id in ids {
        if let (Some(old), Some(new)) = (document().get_element_by_id(id), page.get_element_by_id(id)) {
            // A part that cannot be replaced stays as it was.
            let _ = old.replace_with_with_node_1(&new);
        }
    }
}

/// Brings the islands of a part to life that came later (the script of `console::shell` knows how).
pub(super) fn hydrate(part: &Element) {
    let start = js_sys::Reflect::get(&window(), &JsValue::from_str("hydrateIslands"));
    if let Some(start) = start.ok().and_then(|start| start.dyn_into::<js_sys::Function>().ok()) {
        // Without it the part works as plain HTML.
        let _ = start.call1(&JsValue::NULL, part);
    }
}

/// What a promise comes to; nothing when it fails.
async fn settled(promise: js_sys::Promise) -> Option<JsValue> {
    wasm_bindgen_futures::JsFuture::from(promise).await.ok()
}
