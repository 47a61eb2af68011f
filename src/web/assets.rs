//! The files of the site. They are embedded in the binary, compressed at build time, and named with a hash, so that browsers cache them for a
//! year.

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use crate::{
    console::document::SiteFiles,
    routes::{Routes, Rule},
};

/// A file of the site.
struct Asset {
    /// Its name in the folder of the site.
    name: &'static str,
    /// Its path in the URL.
    path: &'static str,
    hash: &'static str,
    raw: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The paths of the embedded files. While `cargo leptos watch` runs, the paths of the files in its folder.
pub(super) fn site_files() -> Option<SiteFiles> {
    if watched_folder().is_some() {
        let plain = |ending: &str| format!("/pkg/clearhook.{ending}");
        return Some(SiteFiles {
            css: plain("css"),
            js: plain("js"),
            wasm: plain("wasm"),
            font: None,
        });
    }
    let path = |name: &str| {
        ASSETS
            .iter()
            .find(|asset| asset.name == name)
            .map(|asset| format!("/{}", asset.path))
    };
    Some(SiteFiles {
        css: path("pkg/clearhook.css")?,
        js: path("pkg/clearhook.js")?,
        wasm: path("pkg/clearhook.wasm")?,
        font: ASSETS
            .iter()
            .find(|asset| content_type(asset.name) == "font/woff2")
            .map(|asset| format!("/{}", asset.path)),
    })
}

/// Routes of all files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Routes<S> {
    Routes::new()
        .get("/pkg/{*path}", Rule::Open, serve)
        .get("/favicon.svg", Rule::Open, serve)
        .get("/robots.txt", Rule::Open, serve)
}

/// The folder that `cargo leptos watch` updates.
fn watched_folder() -> Option<String> {
    std::env::var_os("LEPTOS_WATCH")?;
    Some(std::env::var("LEPTOS_SITE_ROOT").unwrap_or_else(|_| "target/site".to_owned()))
}

async fn serve(request: Request) -> Response {
    if let Some(folder) = watched_folder() {
        return match ServeDir::new(folder).oneshot(request).await {
            Ok(response) => response.into_response(),
            Err(never) => match never {},
        };
    }
    let path = request.uri().path().trim_start_matches('/');
    ASSETS
        .iter()
        .find(|asset| asset.path == path)
        .map_or_else(|| StatusCode::NOT_FOUND.into_response(), |asset| answer(asset, request.headers()))
}

fn answer(asset: &Asset, headers: &HeaderMap) -> Response {
    let (bytes, encoding) = match (asset.brotli, asset.gzip) {
        (Some(bytes), _) if accepts(headers, "br") => (bytes, Some("br")),
        (_, Some(bytes)) if accepts(headers, "gzip") => (bytes, Some("gzip")),
        _ => (asset.raw, None),
    };
    let tag = format!("\"{}-{}\"", asset.hash, encoding.unwrap_or("id"));
    let kept = if asset.name.starts_with("pkg/") {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=3600"
    };
    let common = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, kept.to_owned()),
        (header::VARY, "Accept-Encoding".to_owned()),
    ];
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let mut response = (common, [(header::CONTENT_TYPE, content_type(asset.name))], bytes).into_response();
    if let Some(encoding) = encoding {
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, header::HeaderValue::from_static(encoding));
    }
    response
}

/// Whether the client accepts this encoding (RFC 9110, section 12.5.3).
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let lists = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding) || name == "*");
        named && !parts.any(|weight| weight.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0)))
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSET: Asset = Asset {
        name: "pkg/a.js",
        path: "pkg/a.1234.js",
        hash: "1234",
        raw: b"raw",
        brotli: Some(b"b"),
        gzip: Some(b"g"),
    };

    fn asked(pairs: &[(&'static str, &'static str)]) -> Response {
        answer(
            &ASSET,
            &pairs
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect(),
        )
    }

    #[test]
    fn the_best_encoding_that_the_client_accepts_is_sent() {
        let encoding = |accept| {
            asked(&[("accept-encoding", accept)])
                .headers()
                .get("content-encoding")
                .map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(encoding("gzip, deflate, br;q=0.5").as_deref(), Some("br"));
        assert_eq!(encoding("gzip").as_deref(), Some("gzip"));
        assert_eq!(encoding("br;q=0, gzip").as_deref(), Some("gzip"));
        assert_eq!(encoding("identity"), None);
    }

    #[test]
    fn hashed_names_are_cached_for_a_year_and_unchanged_files_are_not_sent_again() {
        let response = asked(&[("accept-encoding", "br")]);
        assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(response.headers()["content-type"], "text/javascript; charset=utf-8");
        assert_eq!(
            asked(&[("accept-encoding", "br"), ("if-none-match", "\"1234-br\"")]).status(),
            StatusCode::NOT_MODIFIED
        );
    }
}
