//! One operation of the reference as HTML.

use event_schema::fields::fields;
use serde_json::{Map, Value, json};

use super::{attribute, curl::curl, with_code};
use crate::{
    console::{components::schema_tree, raw_text::raw_text},
    messages::{Lang, api_docs as say, common},
};

/// An operation of the document.
pub(super) struct Operation<'a> {
    /// `get`, `post` and so on.
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) described: &'a Value,
}

impl Operation<'_> {
    fn text(&self, member: &str) -> &str {
        self.described[member].as_str().unwrap_or_default()
    }

    fn id(&self) -> &str {
        self.text("operationId")
    }

    /// Its group.
    pub(super) fn tag(&self) -> &str {
        self.described["tags"][0].as_str().unwrap_or_default()
    }

    /// A link to it, as an item of a list.
    pub(super) fn link(&self) -> String {
        format!(
            "<li><a href=\"#{}\">{}</a></li>",
            attribute(self.id()),
            raw_text(self.text("summary"))
        )
    }

    /// Everything about it.
    pub(super) fn html(&self, document: &Value, server: &str, lang: Lang) -> String {
        let (id, method) = (attribute(self.id()), self.method.to_ascii_uppercase());
        let summary = self.text("summary");
        let mut html = format!(
            "<section id=\"{id}\" aria-labelledby=\"{id}-name\"><h3 id=\"{id}-name\">{}</h3>\
             <p class=\"call\"><span class=\"method\">{method}</span> <code>{}</code></p>",
            raw_text(summary),
            raw_text(self.path),
        );
        for paragraph in self.text("description").split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
            html.extend([format!("<p class=\"prose\">{}</p>", with_code(paragraph))]);
        }
        // The description of the others says what the key needs.
        if self.described["security"].as_array().is_none_or(Vec::is_empty) {
            html.extend([format!("<p class=\"hint\">{}</p>", raw_text(say::no_key(lang)))]);
        }
        let details = |heading: &str, content: &str| format!("<details><summary>{}</summary>{content}</details>", raw_text(heading));
        if let Some(tree) = self.parameters(document, lang) {
            html.push_str(&details(say::parameters(lang), &tree));
        }
        let body = &self.described["requestBody"];
        for (media, content) in body["content"].as_object().into_iter().flatten() {
            let heading = if body["required"] == true {
                say::body(lang)
            } else {
                say::body_optional(lang)
            };
            let content = media_html(content, &format!("{summary}, {heading}, {media}"), document, lang);
            html.push_str(&details(&format!("{heading} · {media}"), &content));
        }
        html.push_str(&details(say::responses(lang), &self.responses(document, lang)));
        let command = curl(self.method, self.path, self.described, server);
        html.extend([format!(
            "<div class=\"example-head\"><h4>{}</h4>{}</div><pre class=\"wire\" id=\"{id}-command\" tabindex=\"0\" role=\"region\" \
             aria-label=\"{}\">{}</pre></section>",
            raw_text(say::command(lang)),
            copy_button(&format!("{id}-command"), summary, lang),
            attribute(&format!("{}: {summary}", say::command(lang))),
            raw_text(&command),
        )]);
        html
    }

    /// The parameters as the fields of an object.
    fn parameters(&self, document: &Value, lang: Lang) -> Option<String> {
        let parameters = self.described["parameters"].as_array()?;
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for parameter in parameters {
            let name = parameter["name"].as_str().unwrap_or_default();
            let mut schema = parameter["schema"].clone();
            schema["description"] = parameter["description"].clone();
            properties.insert(name.to_owned(), schema);
            if parameter["required"] == true {
                required.push(name);
            }
        }
        Some(tree(
            &json!({ "type": "object", "properties": properties, "required": required }),
            document,
            lang,
        ))
    }

    /// The status codes with their meanings, and the content of success.
    fn responses(&self, document: &Value, lang: Lang) -> String {
        let mut html = "<dl class=\"statuses\">".to_owned();
        for (status, response) in self.described["responses"].as_object().into_iter().flatten() {
            let component = response["$ref"].as_str().and_then(|to| document.pointer(to.strip_prefix('#')?));
            let response = component.unwrap_or(response);
            let description = with_code(response["description"].as_str().unwrap_or_default());
            html.extend([format!("<dt><code>{}</code></dt><dd>{description}</dd>", raw_text(status))]);
        }
        html.push_str("</dl>");
        let responses = self.described["responses"].as_object().into_iter().flatten();
        let successful = responses
            .filter(|(status, _)| status.starts_with('2'))
            .map(|(_, response)| response);
        for (media, content) in successful.flat_map(|response| response["content"].as_object().into_iter().flatten()) {
            html.extend([format!("<h4>{} · {}</h4>", raw_text(say::response_body(lang)), raw_text(media))]);
            let place = format!("{}, {}, {media}", self.text("summary"), say::response_body(lang));
            html.push_str(&media_html(content, &place, document, lang));
        }
        html
    }
}

/// The fields and the example of a body. `place` says which body it is, to those who do not see what is above it.
fn media_html(media: &Value, place: &str, document: &Value, lang: Lang) -> String {
    let mut html = media.get("schema").map_or_else(String::new, |schema| tree(schema, document, lang));
    if let Some(example) = media.get("example") {
        let text = match example {
            Value::String(text) => text.clone(),
            other => format!("{other:#}"),
        };
        html.extend([format!(
            "<h4>{0}</h4><pre class=\"wire\" tabindex=\"0\" role=\"region\" aria-label=\"{0}: {1}\">{2}</pre>",
            attribute(say::example(lang)),
            attribute(place),
            raw_text(&text)
        )]);
    }
    html
}

/// The fields of a schema whose references lead into the document.
fn tree(schema: &Value, document: &Value, lang: Lang) -> String {
    let mut root = schema.clone();
    if let Value::Object(root) = &mut root {
        root.insert("components".to_owned(), json!({ "schemas": document["components"]["schemas"] }));
    }
    let html = schema_tree::html_of(&fields(&root), lang);
    if html.is_empty() {
        String::new()
    } else {
        format!("<div class=\"schema\">{html}</div>")
    }
}

/// The button that copies the text of an element (`components::copy_button`).
fn copy_button(of: &str, name: &str, lang: Lang) -> String {
    format!(
        "<button class=\"button small\" type=\"button\" aria-live=\"polite\" data-waits=\"true\" data-copy=\"{of}\" \
         aria-label=\"{}\">{}</button>",
        attribute(&say::copy_command(lang, name)),
        raw_text(common::copy(lang)),
    )
}
