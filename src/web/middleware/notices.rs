//! Removes the notices of pages from links of other sites. Browsers say where a link comes from only over HTTPS and on localhost.

use axum::{
    extract::Request,
    http::HeaderMap,
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};

use crate::request::{local_path, without_notices};

/// Leads a link of another site to the same page without its notice.
pub(in crate::web) async fn only_of_own_forms(request: Request, next: Next) -> Response {
    if request.method().is_safe()
        && is_of_another_site(request.headers())
        && let Some(path) = request.uri().path_and_query()
        && let Some(path) = without_notices(path.as_str()).as_deref().and_then(local_path)
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
