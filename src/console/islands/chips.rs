//! What is ticked in a long list, as chips above it, each with a button that unticks it. The page has a template for a chip, so that nothing of
//! its markup is in the script.

use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlTemplateElement};

use crate::console::islands::elements;

/// The buttons that untick. Their attribute contains the value of the checkbox.
const DROP: &str = "[data-drop]";

/// What one chip shows.
pub struct Chip {
    /// The value of the checkbox.
    pub value: String,
    /// Its name for people.
    pub name: String,
    /// What the link of the chip downloads. Without it, a chip has no link.
    pub download: Option<String>,
}

/// All elements within another one that match.
pub fn all_within<T: JsCast>(within: &Element, selector: &str) -> Vec<T> {
    elements(within.query_selector_all(selector).ok().as_ref())
}

/// The first element within another one that matches.
pub fn one_within<T: JsCast>(within: &Element, selector: &str) -> Option<T> {
    within.query_selector(selector).ok().flatten()?.dyn_into().ok()
}

/// A copy of the only element in a template.
pub fn copy_of(template: &HtmlTemplateElement) -> Option<Element> {
    let copy = template.content().first_element_child()?.clone_node_with_deep(true).ok()?;
    copy.dyn_into().ok()
}

/// Replaces the chips in `root`.
pub fn show_chips(root: &Element, chips: &[Chip]) -> Option<()> {
    let list = one_within::<Element>(root, "[data-chips]")?;
    let template = one_within::<HtmlTemplateElement>(root, "template[data-chip]")?;
    list.set_inner_html("");
    for Chip { value, name, download } in chips {
        let chip = copy_of(&template)?;
        one_within::<Element>(&chip, "span")?.set_text_content(Some(name));
        let label = |element: &Element| {
            let text = element.get_attribute("data-label").unwrap_or_default().replace("{}", name);
            element.set_attribute("aria-label", &text).ok()
        };
        if let Some(link) = one_within::<Element>(&chip, "a") {
            match download {
                Some(href) => {
                    link.set_attribute("href", href).ok()?;
                    label(&link)?;
                }
                None => link.remove(),
            }
        }
        let drop = one_within::<Element>(&chip, "button")?;
        drop.set_attribute("data-drop", value).ok()?;
        label(&drop)?;
        list.append_child(&chip).ok()?;
    }
    Some(())
}

/// The value that the pressed button unticks.
pub fn dropped(target: &Element) -> Option<String> {
    target.closest(DROP).ok().flatten()?.get_attribute("data-drop")
}

/// Unticks a value and calls `update`. The next chip gets the focus, or else the element that `otherwise` selects.
pub fn untick(root: &Element, boxes: &str, value: &str, otherwise: &str, update: impl FnOnce()) {
    let of = |chip: &HtmlElement| chip.get_attribute("data-drop").as_deref() == Some(value);
    let at = all_within::<HtmlElement>(root, DROP).iter().position(of);
    for tick in all_within::<HtmlInputElement>(root, boxes) {
        if tick.value() == value {
            tick.set_checked(false);
        }
    }
    update();
    let left = all_within::<HtmlElement>(root, DROP);
    let next = at.and_then(|at| left.get(at.min(left.len().saturating_sub(1))).cloned());
    if let Some(next) = next.or_else(|| one_within(root, otherwise)) {
        let _ = next.focus();
    }
}
