//! The head of a column that orders its table.

use leptos::prelude::*;

use crate::{console::components::icon::Icon, domain::list::Direction};

const UP: &str = "m3 7 3-3 3 3";
const DOWN: &str = "m3 5 3 3 3-3";

/// The head: a link that orders the table by this column, or turns the order round.
#[component]
pub(in crate::console) fn SortHead(
    /// The column's name.
    name: &'static str,
    /// How the table is ordered by it, if it is.
    sorted: Option<Direction>,
    /// Where the link leads.
    href: String,
) -> impl IntoView {
    let (aria, path) = match sorted {
        Some(Direction::Ascending) => (Some("ascending"), Some(UP)),
        Some(Direction::Descending) => (Some("descending"), Some(DOWN)),
        None => (None, None),
    };
    view! {
        <th scope="col" aria-sort=aria>
            <a class="sort" href=href>
                {name}
                {path.map(|path| view! { <Icon path /> })}
            </a>
        </th>
    }
}
