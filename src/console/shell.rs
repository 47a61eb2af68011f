//! The document around every page, and the policy that says what may run in it.

use axum::http::{HeaderValue, header};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use leptos_meta::MetaTags;

use crate::console::{app::App, server::viewer, viewer::Theme};

/// The paths of the files that every page loads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteFiles {
    /// The style sheet.
    pub css: String,
    /// The script that loads the WebAssembly.
    pub js: String,
    /// The WebAssembly.
    pub wasm: String,
}

/// The whole document. `site` is `None` if the binary was built without the files for the browser.
pub fn shell(options: LeptosOptions, site: Option<SiteFiles>) -> impl IntoView {
    let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
    set_policy(&nonce);
    let viewer = viewer::viewer();
    provide_context(viewer);
    // Outside of islands nothing is hydrated, so that nothing has to say where it begins and ends.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    let schemes = match viewer.theme {
        Theme::System => "light dark",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    let css = site.as_ref().map(|site| view! { <link rel="stylesheet" href=site.css.clone() /> });
    // The WebAssembly is asked for by a script and not by a preload, so that it is not loaded where no scripts run.
    let hydration = site.map(|SiteFiles { js, wasm, .. }| {
        let ask = format!("self.wasm=fetch('{wasm}')");
        let start = format!(
            "import start,*as page from '{js}';\
             self.hydrateIslands=part=>part.querySelectorAll('leptos-island').forEach(island=>page[island.dataset.component](island));\
             start({{module_or_path:self.wasm}}).then(()=>{{page.hydrate();hydrateIslands(document)}})"
        );
        view! {
            <script nonce=nonce.clone() inner_html=ask></script>
            <script type="module" nonce=nonce inner_html=start></script>
        }
    });
    view! {
        <!DOCTYPE html>
        <html lang=viewer.lang.as_str() data-theme=viewer.theme.as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=schemes />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                {css}
                <AutoReload options=options.clone() />
                {hydration}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Nothing runs but what this page's nonce marks; nothing is loaded from elsewhere.
fn set_policy(nonce: &str) {
    let watched = if std::env::var_os("LEPTOS_WATCH").is_some() {
        "; connect-src 'self' ws:"
    } else {
        ""
    };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; object-src 'none'; \
         base-uri 'none'; frame-ancestors 'none'; form-action 'self'{watched}"
    );
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&policy)) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, value);
    }
}
