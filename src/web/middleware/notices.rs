//! Notices of pages ("The webhook was deleted."). A form's answer leads to a page with a parameter that names its notice. A link of another
//! site with such a parameter would show a notice that is not true, so the parameter is removed.

use axum::{
    extract::Request,
    http::{HeaderMap, Uri},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use url::form_urlencoded::{Serializer, parse};

use crate::request::local_path;

/// The parameters that show a notice.
const PARAMETERS: [&str; 4] = ["saved", "done", "deleted", "switched"];

/// Leads a link of another site to the same page without its notice.
pub(in crate::web) async fn only_of_own_forms(request: Request, next: Next) -> Response {
    if request.method().is_safe()
        && is_of_another_site(request.headers())
        && let Some(path) = without_notice(request.uri()).as_deref().and_then(local_path)
    {
        return Redirect::to(&path).into_response();
    }
    next.run(request).await
}

/// Whether a page of another site has led here, as browsers state it (Fetch Metadata Request Headers). `none` is an address that was typed,
/// or a bookmark.
fn is_of_another_site(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site != "same-origin" && site != "none")
}

/// The address without the parameters of notices. `None` if it has none.
fn without_notice(uri: &Uri) -> Option<String> {
    let query = uri.query()?.as_bytes();
    let is_notice = |name: &str| PARAMETERS.contains(&name);
    if !parse(query).any(|(name, _)| is_notice(&name)) {
        return None;
    }
    let mut kept = Serializer::new(String::new());
    kept.extend_pairs(parse(query).filter(|(name, _)| !is_notice(name)));
    let kept = kept.finish();
    Some(if kept.is_empty() {
        uri.path().to_owned()
    } else {
        format!("{}?{kept}", uri.path())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_of_notices_are_removed_and_all_others_kept() {
        for (uri, path) in [
            ("/webhooks?done=delete-all&count=10000", Some("/webhooks?count=10000")),
            ("/webhooks/1?saved=enabled", Some("/webhooks/1")),
            ("/webhooks?q=a%26b+c&%64eleted=yes&page=2", Some("/webhooks?q=a%26b+c&page=2")),
            ("/webhooks?switched=1&saved=x", Some("/webhooks")),
            ("/webhooks?q=done&page=2", None),
            ("/webhooks?", None),
            ("/webhooks?x", None),
            ("/webhooks", None),
        ] {
            assert_eq!(without_notice(&uri.parse().unwrap()).as_deref(), path, "{uri}");
        }
    }
}
