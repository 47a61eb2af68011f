//! Forms as a browser would read and send them.

use scraper::ElementRef;

use crate::support::html::{Page, inside, raw_text_of};

/// All `<input>` elements with a name of the first form of a page with this action, as (name, value).
pub(crate) fn fields(html: &str, action: &str) -> Vec<(String, String)> {
    let page = Page::of(html);
    let form = page.first(&format!("form[action=\"{action}\"]"));
    let form = form.unwrap_or_else(|| panic!("no form for {action}: {html}"));
    inside(form, "input[name]")
        .into_iter()
        .map(|input| (name(input).unwrap(), value(input)))
        .collect()
}

/// In the form that [`crate::support::app::TestApp::form`] takes.
pub(crate) fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// What a browser sends of the form with this action when the button "Save" is pressed: of checkboxes and radio buttons only checked ones.
pub(crate) fn sent(html: &str, action: &str) -> Vec<(String, String)> {
    let page = Page::of(html);
    let form = page.one(&format!("form[method=post][action=\"{action}\"][novalidate]"));
    let mut sent = Vec::new();
    for field in inside(form, "input[name], textarea[name]") {
        let name = name(field).unwrap();
        match field.attr("type") {
            _ if field.attr("disabled").is_some() => {}
            _ if field.value().name() == "textarea" => sent.push((name, raw_text_of(field))),
            Some("checkbox" | "radio") if field.attr("checked").is_none() => {}
            _ => sent.push((name, value(field))),
        }
    }
    sent.push(("intent".to_owned(), "save".to_owned()));
    sent
}

/// The same form with another value in one field.
pub(crate) fn typed(mut form: Vec<(String, String)>, name: &str, value: &str) -> Vec<(String, String)> {
    let field = form
        .iter_mut()
        .find(|(field, _)| field == name)
        .unwrap_or_else(|| panic!("there is no field {name}"));
    value.clone_into(&mut field.1);
    form
}

fn name(field: ElementRef<'_>) -> Option<String> {
    field.attr("name").map(str::to_owned)
}

fn value(field: ElementRef<'_>) -> String {
    field.attr("value").unwrap_or_default().to_owned()
}
