//! The header of a column by which its table can be sorted.

use leptos::prelude::*;

use crate::{console::components::icon::Icon, domain::list::Direction};

const UP: &str = "m3 7 3-3 3 3";
const DOWN: &str = "m3 5 3 3 3-3";

/// The header: a link that sorts the table by this column, or reverses the order.
#[component]
pub(in crate::console) fn SortHead(
    /// The name of the column.
    name: &'static str,
    /// The direction, if the table is sorted by this column.
    sorted: Option<Direction>,
    /// The address of the link.
    href: String,
    /// The id of the link.
    #[prop(optional, into)]
    id: Option<String>,
    /// The class of the column.
    #[prop(optional)]
    class: &'static str,
    /// Whether the list can be sorted without loading the page (`live_list`).
    #[prop(optional)]
    live: bool,
) -> impl IntoView {
    let (aria, path) = match sorted {
        Some(Direction::Ascending) => (Some("ascending"), Some(UP)),
        Some(Direction::Descending) => (Some("descending"), Some(DOWN)),
        None => (None, None),
    };
    view! {
        <th scope="col" class=(!class.is_empty()).then_some(class) aria-sort=aria>
            <a class="sort" href=href id=id data-list-link=live.then_some("true")>
                {name}
                {path.map(|path| view! { <Icon path /> })}
            </a>
        </th>
    }
}
