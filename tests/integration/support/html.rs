//! Reads pages as a browser and a screen reader do: elements by role, by label or by selector, and their text.

use scraper::{ElementRef, Html, Selector};

/// A parsed page.
pub(crate) struct Page(Html);

impl Page {
    pub(crate) fn of(html: &str) -> Self {
        Self(Html::parse_document(html))
    }

    /// The elements that a CSS selector matches, in document order.
    pub(crate) fn all(&self, selector: &str) -> Vec<ElementRef<'_>> {
        self.0.select(&parsed(selector)).collect()
    }

    /// The first element that a CSS selector matches.
    pub(crate) fn first(&self, selector: &str) -> Option<ElementRef<'_>> {
        self.0.select(&parsed(selector)).next()
    }

    /// The only element that a CSS selector matches.
    pub(crate) fn one(&self, selector: &str) -> ElementRef<'_> {
        only(self.all(selector), selector, self)
    }

    /// The elements of a role (WAI-ARIA), explicit or implied by the element.
    pub(crate) fn by_role(&self, role: &str) -> Vec<ElementRef<'_>> {
        let implied = match role {
            "button" => "button",
            "cell" => "td",
            "definition" => "dd",
            "heading" => "h1, h2, h3, h4, h5, h6",
            "link" => "a[href]",
            "row" => "tr",
            "table" => "table",
            _ => panic!("add the elements of the role {role}"),
        };
        let mut found = self.all(&format!("{implied}, [role=\"{role}\"]"));
        found.retain(|element| element.attr("role").is_none_or(|explicit| explicit == role));
        found
    }

    /// The only element of a role with this accessible name.
    pub(crate) fn by_role_and_name(&self, role: &str, name: &str) -> ElementRef<'_> {
        let mut found = self.by_role(role);
        found.retain(|element| self.name_of(*element) == name);
        only(found, &format!("{role} \"{name}\""), self)
    }

    /// The only element with this label: a field with a `<label>`, or any element with `aria-label` or `aria-labelledby`.
    pub(crate) fn by_label(&self, label: &str) -> ElementRef<'_> {
        let mut found = self.all("input:not([type=hidden]), textarea, select, [aria-label], [aria-labelledby]");
        found.retain(|element| self.label_of(*element).is_some_and(|of| of == label));
        only(found, &format!("element with the label \"{label}\""), self)
    }

    /// The value of the hidden field of this name; the first one, if several forms have one.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let field = self.first(&format!("input[type=hidden][name=\"{name}\"]"));
        let field = field.unwrap_or_else(|| panic!("no hidden field {name}: {}", self.0.html()));
        field.attr("value").unwrap_or_default().to_owned()
    }

    fn name_of(&self, element: ElementRef<'_>) -> String {
        self.label_of(element).unwrap_or_else(|| text_of(element))
    }

    fn label_of(&self, element: ElementRef<'_>) -> Option<String> {
        if let Some(label) = element.attr("aria-label") {
            return Some(label.to_owned());
        }
        if let Some(ids) = element.attr("aria-labelledby") {
            let texts = ids.split_whitespace().map(|id| text_of(self.one(&format!("[id=\"{id}\"]"))));
            return Some(texts.collect::<Vec<_>>().join(" "));
        }
        let by_id = element.attr("id").and_then(|id| self.first(&format!("label[for=\"{id}\"]")));
        let around = || {
            element
                .ancestors()
                .filter_map(ElementRef::wrap)
                .find(|ancestor| ancestor.value().name() == "label")
        };
        by_id.or_else(around).map(text_of)
    }
}

/// The text of an element, with white space collapsed.
pub(crate) fn text_of(element: ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text of an element as it stands, for `<pre>`.
pub(crate) fn raw_text_of(element: ElementRef<'_>) -> String {
    element.text().collect()
}

/// The elements inside an element that a CSS selector matches.
pub(crate) fn inside<'a>(element: ElementRef<'a>, selector: &str) -> Vec<ElementRef<'a>> {
    element.select(&parsed(selector)).collect()
}

/// The value of an attribute that must be there.
pub(crate) fn attribute(element: ElementRef<'_>, name: &str) -> String {
    let value = element.attr(name);
    value
        .unwrap_or_else(|| panic!("no attribute {name}: {}", element.html()))
        .to_owned()
}

fn parsed(selector: &str) -> Selector {
    Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"))
}

fn only<'a>(mut found: Vec<ElementRef<'a>>, wanted: &str, page: &Page) -> ElementRef<'a> {
    assert_eq!(found.len(), 1, "{wanted}: expected exactly one: {}", page.0.html());
    found.remove(0)
}
