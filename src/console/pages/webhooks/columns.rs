//! The choice of the list's columns, which a cookie keeps. Without a choice the width of the window decides.

use axum::http::request::Parts;
use leptos::prelude::*;

use crate::{
    console::{
        components::{
            icon::{Icon, TICK},
            popup::Popup,
        },
        server::viewer::COLUMNS,
    },
    domain::named::named,
    messages::{Lang, webhooks as say},
    request::cookies,
};

/// Separates the names in the cookie. Neither it nor a name needs quotes there.
const SEPARATOR: char = '.';
/// The value of the button that forgets the choice.
pub(in crate::console::pages) const USUAL: &str = "usual";

named! {
    /// A column that can be left out. The name and the actions are always there.
    Column("column") {
        /// The URL.
        Url = "url",
        /// The event types.
        Event = "event",
        /// The description.
        Description = "description",
        /// The status.
        Status = "status",
        /// The last 24 hours.
        Day = "day",
        /// The owners.
        Owners = "owners",
        /// The maximum rate.
        Rate = "rate",
    }
}

impl Column {
    fn heading(self, lang: Lang) -> &'static str {
        match self {
            Self::Url => say::url(lang),
            Self::Event => say::event(lang),
            Self::Description => say::description(lang),
            Self::Status => say::status(lang),
            Self::Day => say::last_day(lang),
            Self::Owners => say::owners(lang),
            Self::Rate => say::rate_heading(lang),
        }
    }
}

/// The chosen columns. `None`: nothing was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns(Option<Vec<Column>>);

impl Columns {
    /// The columns that the viewer of the current request has chosen.
    pub(super) fn chosen() -> Self {
        let parts = use_context::<Parts>();
        let chosen = |parts: Parts| cookies::value(&parts.headers, COLUMNS).filter(|kept| !kept.is_empty()).map(read);
        Self(parts.and_then(chosen))
    }

    /// Whether a column is in the table.
    pub(super) fn has(&self, column: Column) -> bool {
        self.0.as_ref().is_none_or(|chosen| chosen.contains(&column))
    }

    /// The class of the table: what is left out, and what is there at any width.
    pub(super) fn class(&self) -> String {
        let Some(chosen) = &self.0 else {
            return "webhooks".to_owned();
        };
        let classes = Column::ALL.iter().map(|column| match (column, chosen.contains(column)) {
            (_, false) => format!(" no-{column}"),
            (Column::Owners | Column::Rate, true) => format!(" with-{column}"),
            (_, true) => String::new(),
        });
        format!("webhooks{}", classes.collect::<String>())
    }
}

fn read(cookie: &str) -> Vec<Column> {
    cookie.split(SEPARATOR).filter_map(|name| name.parse().ok()).collect()
}

/// The value of the cookie for these names of columns. Unknown ones are left out. `None` if the choice is to be forgotten.
pub(in crate::console::pages) fn cookie_value(names: &[String]) -> Option<String> {
    if names.iter().any(|name| name == USUAL) {
        return None;
    }
    let chosen: Vec<&str> = Column::ALL
        .iter()
        .map(|column| column.as_str())
        .filter(|known| names.iter().any(|name| name == known))
        .collect();
    // An empty value would be no cookie.
    Some(format!("name{SEPARATOR}{}", chosen.join(&SEPARATOR.to_string())))
}

/// The menu: a plain form that returns to the list.
#[component]
pub(super) fn ColumnsMenu(
    /// The language.
    lang: Lang,
) -> impl IntoView {
    let chosen = Columns::chosen();
    let is_chosen = chosen.0.is_some();
    let boxes = Column::ALL.iter().map(|column| {
        // Without a choice, owners and rate are there in wide windows only.
        let is_there = chosen.has(*column) && (is_chosen || !matches!(column, Column::Owners | Column::Rate));
        view! {
            <label class="tick">
                <input type="checkbox" name="columns" value=column.as_str() checked=is_there autocomplete="off" />
                {column.heading(lang)}
            </label>
        }
    });
    let boxes = boxes.collect_view();
    let usual = is_chosen.then(|| {
        view! {
            <button class="quiet" type="submit" name="columns" value=USUAL>
                {say::columns_usual(lang)}
            </button>
        }
    });
    view! {
        <div class="columns-menu">
            <Popup id="columns".to_owned() text=say::columns(lang) asks=true>
                <form method="post" action="/preferences">
                    <fieldset>
                        <legend>{say::columns(lang)}</legend>
                        <p class="tick always">
                            <Icon path=TICK />
                            {say::name(lang)}
                        </p>
                        // So that a form without a tick says that there is a choice.
                        <input type="hidden" name="columns" value="name" />
                        {boxes}
                    </fieldset>
                    <button class="button primary" type="submit">
                        {say::columns_show(lang)}
                    </button>
                    {usual}
                </form>
            </Popup>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_as_it_was_stored() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let stored = cookie_value(&names(&["name", "status", "url", "nonsense", "x\r\ny"])).unwrap();
        assert_eq!(stored, "name.url.status");
        let columns = Columns(Some(read(&stored)));
        assert!(columns.has(Column::Url) && !columns.has(Column::Owners));
        assert_eq!(columns.class(), "webhooks no-event no-description no-day no-owners no-rate");
        let none = Columns(Some(read(&cookie_value(&names(&["name"])).unwrap())));
        assert!(!none.has(Column::Url), "no column was ticked");
        assert_eq!(cookie_value(&names(&["url", USUAL])), None);
        assert!(Columns::default().has(Column::Rate) && Columns::default().class() == "webhooks");
        assert_eq!(
            Columns(Some(vec![Column::Owners])).class(),
            "webhooks no-url no-event no-description no-status no-day with-owners no-rate"
        );
    }
}
