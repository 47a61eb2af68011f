//! The differences between two texts, line by line.

use std::fmt::Write;

use leptos::prelude::*;
use similar::{ChangeTag, TextDiff};

use crate::{
    console::{raw_text::preformatted, viewer::lang},
    messages::{Lang, event_types as say},
};

/// The number of equal lines that are shown around a difference.
const CONTEXT: usize = 3;

/// How long differences are searched. A larger text is then shown as replaced.
const TIME: std::time::Duration = std::time::Duration::from_millis(200);

/// The differences. A screen reader hears "removed" and "added", and colour is not their only mark.
#[component]
pub(super) fn Diff(
    /// The accessible name.
    label: String,
    /// The text before.
    before: String,
    /// The text after.
    after: String,
) -> impl IntoView {
    let lang = lang();
    let html = html(&before, &after, lang);
    if html.is_empty() {
        return view! { <p class="card none">{say::diff_none(lang)}</p> }.into_any();
    }
    view! { <pre class="wire diff" tabindex="0" role="region" aria-label=label inner_html=html></pre> }.into_any()
}

fn html(before: &str, after: &str, lang: Lang) -> String {
    let diff = TextDiff::configure().timeout(TIME).diff_lines(before, after);
    let mut html = String::new();
    let mut next = 0;
    for group in diff.grouped_ops(CONTEXT) {
        let first = group.first().map_or(0, |op| op.old_range().start);
        skipped(&mut html, first.saturating_sub(next), lang);
        next = group.last().map_or(first, |op| op.old_range().end);
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let text = preformatted(change.value().trim_end_matches('\n'));
            // Writing to a String cannot fail.
            let _ = match change.tag() {
                ChangeTag::Equal => writeln!(html, "<span>  {text}</span>"),
                ChangeTag::Delete => {
                    let removed = say::diff_removed(lang);
                    writeln!(html, "<del><span class=\"visually-hidden\">{removed}: </span>- {text}</del>")
                }
                ChangeTag::Insert => {
                    let added = say::diff_added(lang);
                    writeln!(html, "<ins><span class=\"visually-hidden\">{added}: </span>+ {text}</ins>")
                }
            };
        }
    }
    if !html.is_empty() {
        skipped(&mut html, before.lines().count().saturating_sub(next), lang);
    }
    html
}

/// A line that says how many equal lines are left out.
fn skipped(html: &mut String, lines: usize, lang: Lang) {
    if lines > 0 {
        // Writing to a String cannot fail.
        let _ = writeln!(html, "<em>⋯ {}</em>", say::diff_equal(lang, lines as u64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_are_marked_and_equal_ones_left_out() {
        let before = (0..20).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
        let after = before.replace("line 10\n", "line <b>10</b>\n");
        let html = html(&before, &after, Lang::En);
        for part in [
            "<em>⋯ 7 equal lines</em>",
            "<span>  line 7</span>",
            "<del><span class=\"visually-hidden\">removed: </span>- line 10</del>",
            "<ins><span class=\"visually-hidden\">added: </span>+ line &lt;b&gt;10&lt;/b&gt;</ins>",
            "<span>  line 13</span>",
            "<em>⋯ 6 equal lines</em>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("line 6<") && !html.contains("line 14<"), "{html}");
    }

    #[test]
    fn equal_texts_have_no_differences() {
        assert_eq!(html("a\nb\n", "a\nb\n", Lang::En), "");
        assert!(html("", "a\n", Lang::En).contains("+ a"));
    }
}
