//! Assembles the document from the routes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    auth::rules::Need,
    problem::Problem,
    rest::openapi::{
        example::example,
        schemas::{Schemas, referred},
    },
    routes::{Answer, Operation, Parameter, Row, Rule, Single, Tag, schema_of},
};

/// The name of the security scheme of API keys.
const KEY: &str = "apiKey";

const DESCRIPTION: &str = "The HTTP API of clearhook. Programs authenticate with an API key (`Authorization: Bearer chk_…`), whose scopes \
    say what it may do.\n\n\
    Errors are problems (RFC 9457) with the media type `application/problem+json`. Programs decide by `type`; people read `detail`, which \
    says what is wrong and what to do. `errors` names each field or parameter that is wrong.\n\n\
    Lists have pages: send `next_cursor` as `cursor`, with the same filters, until it is null. Cursors stay valid when items are added or \
    deleted. Times are RFC 3339 in UTC with milliseconds; ids are UUIDs that sort by creation time.";

/// The document that describes these routes: those that have an [`Operation`].
pub fn document(rows: &[Row]) -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    let problem = schemas.response(schema_of::<Problem>);
    for row in rows {
        let Some(operation) = &row.operation else { continue };
        let described = describe(row.rule, operation, &problem, &mut schemas);
        let path = paths.entry(row.path.clone()).or_insert_with(|| json!({}));
        path[row.method.as_str().to_ascii_lowercase()] = described;
    }
    let used = |tag: &Tag| {
        rows.iter()
            .any(|row| row.operation.as_ref().is_some_and(|operation| operation.tag == *tag))
    };
    let tags: Vec<Value> = Tag::ALL
        .into_iter()
        .filter(used)
        .map(|tag| json!({ "name": tag.name(), "description": tag.description() }))
        .collect();
    let mut document = json!({
        "openapi": "3.1.1",
        "info": {
            "title": "clearhook",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{ "url": "/", "description": "The server that this document comes from." }],
        "tags": tags,
        "paths": paths,
        "components": {
            "responses": common_responses(&problem),
            "securitySchemes": {
                KEY: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, `chk_…`. The operations name the scope that they require.",
                },
            },
        },
    });
    schemas.finish(&mut document);
    add_examples(&mut document);
    document
}

fn describe(rule: Option<Rule>, operation: &Operation, problem: &Value, schemas: &mut Schemas) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.tag.name()],
        "summary": operation.summary,
        "security": [],
    });
    let (mut description, mut scope) = (operation.description.to_owned(), None);
    if let Some(Rule::Key(action)) = rule {
        let scopes = match action.needs() {
            Need::Scope(needed) => {
                scope = Some(needed.as_str());
                json!([needed.as_str()])
            }
            Need::Any | Need::Person => json!([]),
        };
        described["security"] = json!([{ KEY: scopes }]);
        let sentence = scope.map_or_else(
            || "Any API key may do this.".to_owned(),
            |scope| format!("The API key needs the scope `{scope}`."),
        );
        description = if description.is_empty() {
            sentence
        } else {
            format!("{description}\n\n{sentence}")
        };
    }
    if !description.is_empty() {
        described["description"] = description.into();
    }
    if let Some(scope) = scope {
        described["x-required-scope"] = scope.into();
    }
    let parameters = parameters(operation, schemas);
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if !operation.bodies.is_empty() {
        described["requestBody"] = request_body(operation, schemas);
    }
    described["responses"] = responses(rule, operation, problem, schemas);
    described
}

/// Whether the response of success has an entity tag, so that `If-None-Match` is compared.
fn is_tagged(operation: &Operation) -> bool {
    let is_read = |answer: &Answer| answer.status == 200 && answer.headers.iter().any(|(name, _)| *name == "ETag");
    operation.bodies.is_empty() && operation.answers.iter().any(is_read)
}

fn parameters(operation: &Operation, schemas: &mut Schemas) -> Vec<Value> {
    let mut parameters: Vec<Value> = Vec::new();
    let mut add = |place: &str, name: &str, description: Value, schema: Value, is_required: bool| {
        // The filters of a list have its paging, too.
        let is_known = parameters.iter().any(|known| known["name"] == name && known["in"] == place);
        if is_known {
            return;
        }
        let mut parameter = json!({ "name": name, "in": place });
        if !description.is_null() {
            parameter["description"] = description;
        }
        if is_required {
            parameter["required"] = true.into();
        }
        parameter["schema"] = schema;
        parameters.push(parameter);
    };
    for parameter in &operation.parameters {
        match parameter {
            Parameter::Path(Single { name, description, schema }) => {
                add("path", name, (*description).into(), schemas.parameter(*schema), true);
            }
            Parameter::Header(Single { name, description, schema }) => {
                add("header", name, (*description).into(), schemas.parameter(*schema), false);
            }
            Parameter::Query(of) => {
                for (name, mut schema, is_required) in schemas.query(*of) {
                    let description = schema.as_object_mut().and_then(|schema| schema.shift_remove("description"));
                    add("query", &name, description.unwrap_or_default(), schema, is_required);
                }
            }
        }
    }
    if operation.is_once {
        let description = "A key of your choice for this request, at most 255 characters, such as a UUID. The same request with the same key \
                           is carried out once; for 24 hours it gets the same response again.";
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" });
        add("header", "Idempotency-Key", description.into(), schema, false);
    }
    if is_tagged(operation) {
        let description = "The `ETag` of an earlier response. If it is still the same, the response is 304 without content.";
        add("header", "If-None-Match", description.into(), json!({ "type": "string" }), false);
    }
    parameters
}

fn request_body(operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut content = Map::new();
    for body in &operation.bodies {
        let mut described = json!({});
        if let Some(schema) = body.schema {
            described["schema"] = schemas.request(schema);
        }
        if let Some(example) = &body.example {
            described["example"] = example.clone();
        }
        content.insert(body.media.to_owned(), described);
    }
    let mut described = json!({ "required": !operation.is_body_optional, "content": content });
    if let Some(max) = operation.body_bytes_max {
        described["description"] = format!("At most {max} bytes.").into();
    }
    described
}

fn responses(rule: Option<Rule>, operation: &Operation, problem: &Value, schemas: &mut Schemas) -> Value {
    let mut responses = BTreeMap::<u16, Value>::new();
    for answer in &operation.answers {
        let response = responses
            .entry(answer.status)
            .or_insert_with(|| json!({ "description": answer.description }));
        for (name, description) in &answer.headers {
            response["headers"][*name] = json!({ "description": description, "schema": { "type": "string" } });
        }
        if let Some((media, schema)) = &answer.content {
            response["content"][*media] = match schema {
                Some(schema) => json!({ "schema": schemas.response(*schema) }),
                None => json!({}),
            };
        }
    }
    if is_tagged(operation) {
        responses.insert(304, json!({ "description": "It has the entity tag in `If-None-Match`." }));
    }
    let mut reasons = BTreeMap::<u16, Vec<&str>>::new();
    for refusal in &operation.refusals {
        reasons.entry(refusal.status).or_default().push(refusal.reason);
    }
    if operation.is_once {
        reasons.entry(409).or_default().push(KEY_IN_USE);
        reasons.entry(422).or_default().push(KEY_REUSED);
    }
    for Common { status, name, reason } in common(rule, operation) {
        match reasons.get_mut(&status) {
            Some(reasons) => reasons.push(reason),
            None => {
                responses.insert(status, json!({ "$ref": format!("#/components/responses/{name}") }));
            }
        }
    }
    for (status, reasons) in reasons {
        responses.insert(status, problem_response(status, &reasons.join(" "), problem));
    }
    responses
        .into_iter()
        .map(|(status, response)| (status.to_string(), response))
        .collect()
}

const KEY_IN_USE: &str = "A request with the same `Idempotency-Key` is being handled (`idempotency-key-in-use`), or was carried out and its response is lost (`idempotency-response-lost`).";
const KEY_REUSED: &str = "The `Idempotency-Key` was used for another request (`idempotency-key-reused`).";

/// A response with a problem.
fn problem_response(status: u16, description: &str, problem: &Value) -> Value {
    let mut response = json!({
        "description": description,
        "content": { "application/problem+json": { "schema": problem } },
    });
    let header = match status {
        401 => Some(("WWW-Authenticate", "How to authenticate: `Bearer`.")),
        429 | 503 => Some(("Retry-After", "After how many seconds to try again.")),
        _ => None,
    };
    if let Some((name, description)) = header {
        response["headers"] = json!({ name: { "description": description, "schema": { "type": "string" } } });
    }
    response
}

/// A response of failure that most operations have.
#[derive(Clone, Copy)]
struct Common {
    status: u16,
    /// The name of its component.
    name: &'static str,
    reason: &'static str,
}

const UNREADABLE: Common = Common {
    status: 400,
    name: "Unreadable",
    reason: "The request cannot be read (`malformed`), or has two meanings (`ambiguous`).",
};
const UNAUTHENTICATED: Common = Common {
    status: 401,
    name: "Unauthenticated",
    reason: "There is no API key, or it is not valid (`unauthenticated`).",
};
const FORBIDDEN: Common = Common {
    status: 403,
    name: "Forbidden",
    reason: "The API key lacks the scope (`forbidden`).",
};
const NOT_ACCEPTABLE: Common = Common {
    status: 406,
    name: "NotAcceptable",
    reason: "`Accept` has none of the media types of the response (`not-acceptable`).",
};
const RATE_LIMITED: Common = Common {
    status: 429,
    name: "RateLimited",
    reason: "The API key sends too many requests (`rate-limited`).",
};
const INTERNAL: Common = Common {
    status: 500,
    name: "Internal",
    reason: "A fault of clearhook; the service log has more (`internal`).",
};
const UNAVAILABLE: Common = Common {
    status: 503,
    name: "Unavailable",
    reason: "The database cannot be reached, or the service is not ready; nothing was changed (`unavailable`).",
};

fn common_responses(problem: &Value) -> Value {
    let all = [
        UNREADABLE,
        UNAUTHENTICATED,
        FORBIDDEN,
        NOT_ACCEPTABLE,
        RATE_LIMITED,
        INTERNAL,
        UNAVAILABLE,
    ];
    let responses = all.map(|common| (common.name.to_owned(), problem_response(common.status, common.reason, problem)));
    Value::Object(responses.into_iter().collect())
}

/// The common responses of an operation with this rule.
fn common(rule: Option<Rule>, operation: &Operation) -> Vec<Common> {
    let mut common = vec![UNREADABLE];
    if let Some(Rule::Key(action)) = rule {
        common.push(UNAUTHENTICATED);
        if let Need::Scope(_) = action.needs() {
            common.push(FORBIDDEN);
        }
        if operation.answers.iter().all(|answer| answer.content.is_some()) {
            common.push(NOT_ACCEPTABLE);
        }
        common.push(RATE_LIMITED);
    }
    common.extend([INTERNAL, UNAVAILABLE]);
    common
}

/// Adds an example to each body that has none.
fn add_examples(document: &mut Value) {
    let whole = document.clone();
    let Some(paths) = document["paths"].as_object_mut() else { return };
    let operations = paths
        .values_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(|path| path.values_mut());
    for operation in operations {
        if let Some(content) = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut) {
            content.values_mut().for_each(|media| add_example(media, &whole));
        }
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
            continue;
        };
        for (status, response) in responses {
            // Problems have one example, in their schema.
            if status.starts_with('2')
                && let Some(content) = response.get_mut("content").and_then(Value::as_object_mut)
            {
                content.values_mut().for_each(|media| add_example(media, &whole));
            }
        }
    }
}

fn add_example(media: &mut Value, document: &Value) {
    let is_needed = media.get("example").is_none() && media.get("schema").is_some();
    if is_needed {
        let schema = referred(&media["schema"], document).unwrap_or(&media["schema"]);
        media["example"] = example(schema, document);
    }
}
