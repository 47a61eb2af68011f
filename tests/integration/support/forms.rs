//! Forms as a browser would read and send them.

/// The fields of the form on a page that goes there, as a browser would send them.
pub(crate) fn fields(html: &str, action: &str) -> Vec<(String, String)> {
    let (_, form) = html.split_once(&format!("action=\"{action}\"")).unwrap();
    let (form, _) = form.split_once("</form>").unwrap();
    let attribute = |input: &str, name: &str| {
        let (_, rest) = input.split_once(&format!(" {name}=\""))?;
        let value = rest.split('"').next()?;
        let plain = [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
        Some(plain.iter().fold(value.to_owned(), |value, (from, to)| value.replace(from, to)))
    };
    form.split("<input")
        .skip(1)
        .map(|input| (attribute(input, "name").unwrap(), attribute(input, "value").unwrap_or_default()))
        .collect()
}

/// As [`crate::support::app::TestApp::form`] takes them.
pub(crate) fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// What a browser sends of the form on a page that goes there when somebody presses "Save": ticked boxes alone, and what stands in text areas.
pub(crate) fn sent(html: &str, action: &str) -> Vec<(String, String)> {
    let (_, form) = html
        .split_once(&format!("<form method=\"post\" action=\"{action}\" novalidate"))
        .unwrap();
    let (form, _) = form.split_once("</form>").unwrap();
    let mut sent = Vec::new();
    for tag in form.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').unwrap_or((tag, ""));
        let Some(name) = attribute(tag, "name") else { continue };
        let is_ticked = || tag.contains(" checked");
        match attribute(tag, "type").as_deref() {
            _ if tag.starts_with("textarea") => sent.push((name, plain(text))),
            Some("checkbox" | "radio") if !is_ticked() => {}
            _ if tag.starts_with("input") => sent.push((name, attribute(tag, "value").unwrap_or_default())),
            _ => {}
        }
    }
    sent.push(("intent".to_owned(), "save".to_owned()));
    sent
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(plain(rest.split('"').next()?))
}

/// Text without references to characters.
pub(crate) fn plain(html: &str) -> String {
    let plain = [
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#13;", "\r"),
        ("&amp;", "&"),
    ];
    plain.iter().fold(html.to_owned(), |value, (from, to)| value.replace(from, to))
}

/// The same form with one field as somebody typed it.
pub(crate) fn typed(mut form: Vec<(String, String)>, name: &str, value: &str) -> Vec<(String, String)> {
    let field = form
        .iter_mut()
        .find(|(field, _)| field == name)
        .unwrap_or_else(|| panic!("there is no field {name}"));
    value.clone_into(&mut field.1);
    form
}
