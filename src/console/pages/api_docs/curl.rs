//! The command that carries out an operation, for a shell.

use serde_json::Value;

/// The command. The API key is read from the environment variable that the command line of clearhook reads, too.
pub(super) fn curl(method: &str, path: &str, described: &Value, server: &str) -> String {
    let server = server.trim_end_matches('/');
    let mut parts = vec![match method {
        "get" => "curl".to_owned(),
        method => format!("curl -X {}", method.to_ascii_uppercase()),
    }];
    let address = format!("{server}{}{}", filled(path, described), query(described));
    parts.push(quoted(&address));
    if described["security"].as_array().is_some_and(|needed| !needed.is_empty()) {
        // In double quotes, so that the shell replaces the variable.
        parts.push("-H \"Authorization: Bearer $CLEARHOOK_API_KEY\"".to_owned());
    }
    let content = described["requestBody"]["content"].as_object();
    if let Some((media, body)) = content.and_then(|content| content.iter().next())
        && let Some(example) = body.get("example")
    {
        let text = match example {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        parts.push(format!("-H {}", quoted(&format!("content-type: {media}"))));
        parts.push(format!("-d {}", quoted(&text)));
    }
    parts.join(" \\\n  ")
}

/// The path with an example of each variable.
fn filled(path: &str, described: &Value) -> String {
    let mut filled = path.to_owned();
    for parameter in described["parameters"].as_array().into_iter().flatten() {
        if parameter["in"] == "path" {
            let name = parameter["name"].as_str().unwrap_or_default();
            filled = filled.replace(&format!("{{{name}}}"), &example(parameter));
        }
    }
    filled
}

/// The parameters of the query that are required.
fn query(described: &Value) -> String {
    let parameters = described["parameters"].as_array().into_iter().flatten();
    let required = parameters.filter(|parameter| parameter["in"] == "query" && parameter["required"] == true);
    let pairs: Vec<String> = required
        .map(|parameter| format!("{}={}", parameter["name"].as_str().unwrap_or_default(), example(parameter)))
        .collect();
    if pairs.is_empty() {
        String::new()
    } else {
        format!("?{}", pairs.join("&"))
    }
}

fn example(parameter: &Value) -> String {
    let schema = &parameter["schema"];
    match [&schema["examples"][0], &schema["enum"][0]]
        .into_iter()
        .find(|value| !value.is_null())
    {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "1".to_owned(),
    }
}

/// A word in single quotes, in which a shell replaces nothing.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn command_has_address_key_and_body() {
        let described = json!({
            "security": [{ "apiKey": [] }],
            "parameters": [
                { "in": "path", "name": "id", "required": true, "schema": { "examples": ["7"] } },
                { "in": "query", "name": "state", "required": true, "schema": { "enum": ["held"] } },
                { "in": "query", "name": "limit", "schema": {} },
            ],
            "requestBody": { "content": { "application/json": { "example": { "name": "it's" } } } },
        });
        let expected = "curl -X POST \\\n  'https://hooks.example.com/api/v1/webhooks/7?state=held' \\\n  \
            -H \"Authorization: Bearer $CLEARHOOK_API_KEY\" \\\n  -H 'content-type: application/json' \\\n  -d '{\"name\":\"it'\\''s\"}'";
        assert_eq!(
            curl("post", "/api/v1/webhooks/{id}", &described, "https://hooks.example.com/"),
            expected
        );
        assert_eq!(
            curl("get", "/healthz", &json!({ "security": [] }), "http://h"),
            "curl \\\n  'http://h/healthz'"
        );
    }
}
