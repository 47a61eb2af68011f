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
