//! `POST /preferences`: language and theme, kept in cookies, for anybody.

use axum::{
    extract::Request,
    http::{HeaderMap, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use url::Url;

use crate::{
    console::{
        server::viewer::{LANG, THEME},
        viewer::Theme,
    },
    messages::Lang,
    web::{sign_in::local, webhook_forms::Fields},
};

/// Keeps what was chosen, and goes back to the page it was chosen on.
pub(super) async fn keep(request: Request) -> Response {
    let (parts, fields) = match Fields::read(request).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let lang = Lang::of_tag(&fields.one("lang")).map(|lang| cookie(LANG, lang.as_str()));
    let theme = fields.one("theme").parse::<Theme>().ok().map(|theme| cookie(THEME, theme.as_str()));
    let kept = lang.into_iter().chain(theme).map(|cookie| (header::SET_COOKIE, cookie));
    (AppendHeaders(kept.collect::<Vec<_>>()), Redirect::to(&came_from(&parts.headers))).into_response()
}

fn cookie(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; SameSite=Lax; Max-Age=31536000; HttpOnly")
}

/// The page on which the form stood: `Referrer-Policy: same-origin` lets browsers say so here.
fn came_from(headers: &HeaderMap) -> String {
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let page = referer.and_then(|referer| Url::parse(referer).ok());
    page.map_or_else(
        || local(""),
        |page| local(&page[url::Position::BeforePath..url::Position::AfterQuery]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_to_where_one_was_and_nowhere_else() {
        let from = |referer: &str| came_from(&[(header::REFERER, referer.parse().unwrap())].into_iter().collect());
        assert_eq!(from("http://127.0.0.1:3000/webhooks?q=a#b"), "/webhooks?q=a");
        assert_eq!(from("http://127.0.0.1:3000//evil.example/"), "/webhooks");
        assert_eq!(from("nonsense"), "/webhooks");
        assert_eq!(came_from(&HeaderMap::new()), "/webhooks");
    }
}
