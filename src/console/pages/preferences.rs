//! The form of the language, the theme, the time zone, the first steps and the columns of a list, which are kept in cookies. It works for everybody, with and without a session.

use std::borrow::Cow;

use axum::{
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use cookie::{Cookie, SameSite, time};
use leptos::prelude::*;
use url::{Position, Url};

use crate::{
    app::AppState,
    console::{
        ConsoleError,
        page_action::{PageAction, page_action},
        pages::{
            account::time_zone::{BROWSER, is_offered},
            webhooks::columns::cookie_value,
        },
        server::{
            response::set_cookie,
            viewer::{CHECKLIST, COLUMNS, LANG, THEME, ZONE},
        },
        viewer::Theme,
    },
    messages::Lang,
    request::local_path,
    routes::{Routes, Rule, Ruled},
};

/// The page to which the form returns if the browser does not state the page on which it was.
const HOME: &str = "/webhooks";

/// The routes of the form.
pub fn routes() -> Routes<AppState> {
    Routes::new()
        .post("/preferences", SetPreferences::RULE, page_action::<SetPreferences>)
        .server_fn::<SetPreferences, _>(page_action::<SetPreferences>)
}

/// Sets the language, the theme, the time zone (`browser` forgets the choice), whether the overview shows the first steps (`checklist=off` hides
/// them), and the columns of the list of webhooks (`usual` forgets the choice). Values that do not exist are ignored.
#[server(prefix = "/fn", endpoint = "set_preferences")]
pub async fn set_preferences(
    #[server(default)] lang: String,
    #[server(default)] theme: String,
    #[server(default)] zone: String,
    #[server(default)] checklist: String,
    #[server(default)] columns: Vec<String>,
) -> Result<(), ConsoleError> {
    if let Some(lang) = Lang::of_tag(&lang) {
        set_cookie(&cookie(LANG, lang.as_str()));
    }
    if let Ok(theme) = theme.parse::<Theme>() {
        set_cookie(&cookie(THEME, theme.as_str()));
    }
    if zone == BROWSER {
        set_cookie(&forgotten(ZONE));
    } else if is_offered(&zone) {
        set_cookie(&cookie(ZONE, zone));
    }
    if checklist == "off" {
        set_cookie(&cookie(CHECKLIST, "off"));
    }
    if !columns.is_empty() {
        set_cookie(&match cookie_value(&columns) {
            Some(chosen) => cookie(COLUMNS, chosen),
            None => forgotten(COLUMNS),
        });
    }
    Ok(())
}

impl Ruled for SetPreferences {
    const RULE: Rule = Rule::Guest;
}

impl PageAction for SetPreferences {
    type Form = Self;

    /// Returns to the page with the form.
    async fn answer(_: Self, result: Result<(), ConsoleError>) -> Result<Response, ConsoleError> {
        result?;
        let headers = expect_context::<Parts>().headers;
        Ok(Redirect::to(&referring_page(&headers)).into_response())
    }
}

fn cookie(name: &'static str, value: impl Into<Cow<'static, str>>) -> Cookie<'static> {
    Cookie::build((name, value.into()))
        .http_only(true)
        .same_site(SameSite::Lax)
        .path("/")
        .max_age(time::Duration::days(365))
        .build()
}

/// A cookie that ends at once.
fn forgotten(name: &'static str) -> Cookie<'static> {
    let mut cookie = cookie(name, "");
    cookie.make_removal();
    cookie
}

/// The page that contained the form. `Referrer-Policy: same-origin` lets browsers state it.
fn referring_page(headers: &HeaderMap) -> String {
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let page = referer.and_then(|referer| Url::parse(referer).ok());
    page.and_then(|page| local_path(&page[Position::BeforePath..Position::AfterQuery]))
        .unwrap_or_else(|| HOME.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_returns_to_its_page_and_never_to_another_site() {
        let from = |referer: &str| referring_page(&[(header::REFERER, referer.parse().unwrap())].into_iter().collect());
        assert_eq!(from("http://127.0.0.1:3000/webhooks?q=a#b"), "/webhooks?q=a");
        assert_eq!(from("http://127.0.0.1:3000//evil.example/"), "/webhooks");
        assert_eq!(from("nonsense"), "/webhooks");
        assert_eq!(referring_page(&HeaderMap::new()), "/webhooks");
    }
}
