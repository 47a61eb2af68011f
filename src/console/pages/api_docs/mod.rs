//! The reference of the HTTP API: the `OpenAPI` document as a page. It is in English like the document; headings are in the viewer's language.

mod curl;
mod operation;

use std::sync::{Arc, OnceLock};

use axum::{http::StatusCode, response::Response};
use leptos::prelude::*;
use leptos_meta::Title;
use serde_json::Value;

use self::operation::Operation;
use crate::{
    console::{page_response::PageResponse, raw_text::raw_text, viewer::lang},
    messages::{Lang, api_docs as say},
};

/// The path of the document.
const DOCUMENT: &str = "/api/openapi.json";

/// The document, and the page of each language once it was requested.
pub struct Reference {
    document: Box<dyn Fn() -> Value + Send + Sync>,
    /// The URL of the service in the commands.
    server: String,
    pages: [OnceLock<Arc<str>>; Lang::ALL.len()],
}

impl Reference {
    /// The reference of a service that is reached at the URL `server`.
    pub fn new(document: impl Fn() -> Value + Send + Sync + 'static, server: String) -> Self {
        Self {
            document: Box::new(document),
            server,
            pages: [const { OnceLock::new() }; Lang::ALL.len()],
        }
    }

    /// The response with the page.
    pub fn response(self: &Arc<Self>) -> Response {
        let reference = self.clone();
        PageResponse::framed(StatusCode::OK, move || reference.view())
    }

    fn view(&self) -> AnyView {
        let lang = lang();
        let content = self.pages[lang as usize].get_or_init(|| self.content(lang).into()).clone();
        view! {
            <Title text=say::title(lang) />
            <div class="head">
                <div>
                    <h1>{say::title(lang)}</h1>
                    <p>{say::lead(lang)}</p>
                </div>
                <a class="button" href=DOCUMENT rel="external">
                    {say::document(lang)}
                </a>
            </div>
            <div class="api-docs" inner_html=content.to_string()></div>
        }
        .into_any()
    }

    /// The operations as HTML. It is text instead of a view, because nothing in it is ever hydrated.
    fn content(&self, lang: Lang) -> String {
        let document = (self.document)();
        let operations = operations(&document);
        let tags = document["tags"].as_array().map_or(&[][..], Vec::as_slice);
        let mut html = format!("<nav aria-label=\"{}\">", attribute(say::operations(lang)));
        for tag in tags {
            let name = tag["name"].as_str().unwrap_or_default();
            html.extend([format!("<details><summary>{}</summary><ul>", raw_text(name))]);
            for operation in operations.iter().filter(|operation| operation.tag() == name) {
                html.push_str(&operation.link());
            }
            html.push_str("</ul></details>");
        }
        html.push_str("</nav><div>");
        for paragraph in document["info"]["description"].as_str().unwrap_or_default().split("\n\n") {
            html.extend([format!("<p class=\"prose\">{}</p>", with_code(paragraph))]);
        }
        for tag in tags {
            let name = tag["name"].as_str().unwrap_or_default();
            let description = with_code(tag["description"].as_str().unwrap_or_default());
            html.extend([format!("<h2>{}</h2><p class=\"prose\">{description}</p>", raw_text(name))]);
            for operation in operations.iter().filter(|operation| operation.tag() == name) {
                html.push_str(&operation.html(&document, &self.server, lang));
            }
        }
        html.push_str("</div>");
        html
    }
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, described)| Operation { method, path, described })
    });
    operations.collect()
}

/// A text with the parts between backticks as code.
fn with_code(text: &str) -> String {
    let part = |(at, part): (usize, &str)| match at % 2 {
        0 => raw_text(part),
        _ => format!("<code>{}</code>", raw_text(part)),
    };
    text.split('`').enumerate().map(part).collect()
}

/// A text in an attribute.
fn attribute(text: &str) -> String {
    raw_text(text).replace('"', "&quot;")
}
