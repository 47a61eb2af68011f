//! The HTML document around every page, and its content security policy.

use axum::http::{HeaderValue, header};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use leptos_meta::{MetaTags, Title, provide_meta_context};

use crate::console::{
    raw_text::raw_text,
    server::viewer,
    viewer::{Theme, Viewer},
};

/// The paths of the files that every page loads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteFiles {
    /// The style sheet.
    pub css: String,
    /// The script that loads the WebAssembly.
    pub js: String,
    /// The WebAssembly.
    pub wasm: String,
    /// The font of the style sheet.
    pub font: Option<String>,
}

/// The document with this page in its body. `site` is `None` if the binary was built without the files for the browser.
pub fn document<V: IntoView + 'static>(options: LeptosOptions, site: Option<SiteFiles>, page: impl FnOnce() -> V) -> impl IntoView {
    let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
    set_policy(&nonce);
    let viewer = viewer::viewer();
    provide_context(viewer);
    provide_meta_context();
    // Only islands are hydrated. Without this, every text would carry markers for hydration.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    let Viewer { lang, theme } = viewer;
    let schemes = match theme {
        Theme::System => "light dark",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    // The browser learns of the font from the style sheet only, which would be too late for the first paint.
    let font = site.as_ref().and_then(|site| site.font.clone());
    let font = font.map(|font| view! { <link rel="preload" href=font r#as="font" type="font/woff2" crossorigin="anonymous" /> });
    let css = site.as_ref().map(|site| view! { <link rel="stylesheet" href=site.css.clone() /> });
    // The script does what `HydrationScripts` of leptos does, which finds the files of the site only in a folder beside the binary.
    // A script fetches the WebAssembly instead of a preload, so that browsers without scripts do not load it.
    let hydration = site.map(|SiteFiles { js, wasm, .. }| {
        let ask = format!("self.wasm=fetch('{wasm}')");
        let start = format!(
            "import start,*as page from '{js}';\
             start({{module_or_path:self.wasm}}).then(()=>{{page.hydrate();\
             document.querySelectorAll('leptos-island').forEach(island=>page[island.dataset.component](island))}})"
        );
        view! {
            <script nonce=nonce.clone() inner_html=ask></script>
            <script type="module" nonce=nonce inner_html=start></script>
        }
    });
    view! {
        <!DOCTYPE html>
        <html lang=lang.as_str() data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=schemes />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                {font}
                {css}
                <AutoReload options=options.clone() />
                {hydration}
                <MetaTags />
            </head>
            <body>
                <Title formatter=|title: String| raw_text(&format!("{title} · clearhook")) />
                {page()}
            </body>
        </html>
    }
}

/// Sets the content security policy: only scripts with the nonce of this document run, and nothing is loaded from other sites.
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
