//! The pages on which event types are defined, changed, compared, archived and imported, as plain forms.

use clearhook::{catalogue::BuiltIn, domain::role::Role};
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, TestApp},
    database::TestDatabase,
    html::{Page, attribute, text_of},
    on_both,
    receiver::Receiver,
};

on_both! {
    event_type_is_defined_by_a_form_and_published
    invalid_form_is_shown_again_with_all_that_was_typed
    buttons_infer_a_schema_and_change_the_examples
    incompatible_schema_is_saved_with_the_check_box_only
    second_save_of_an_event_type_shows_what_changed
    states_are_set_by_buttons
    types_with_slashes_have_pages
    texts_of_types_do_not_become_html
    list_is_paged_searched_and_filtered
    list_shows_the_callbacks_of_the_last_day_by_hour
    form_is_checked_while_it_is_typed
}

pub(crate) const ADMIN: &str = "admin@example.com";

fn schema() -> String {
    json!({ "type": "object", "required": ["id"], "properties": { "id": { "type": "string" }, "amount": { "type": "number" } } })
        .to_string()
}

fn fields<'a>(schema: &'a str, example: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("name", "Invoice paid"),
        ("group", "Billing"),
        ("description", "Sent when an invoice was paid."),
        ("schema", schema),
        ("example", example),
        ("retention", "30"),
        ("masked", "/customer/email\r\n/customer/name"),
        ("intent", "save"),
    ]
}

/// An application with an administrator.
pub(crate) async fn start(database: &TestDatabase) -> (TestApp, String) {
    let app = TestApp::start(database).await;
    let cookie = app.sign_in(ADMIN, Role::Administrator).await;
    (app, cookie)
}

pub(crate) async fn define(app: &TestApp, cookie: &str, name: &str) {
    let (schema, example) = (schema(), json!({ "id": "7" }).to_string());
    let mut form = fields(&schema, &example);
    form.push(("type", name));
    let response = app.form("/event-types/new", cookie, &form).await;
    assert_eq!(response.status(), 303, "{}", response.text().await.unwrap());
}

/// The status and the page of a response.
pub(crate) async fn page_of(response: Response) -> (u16, Page, String) {
    let status = response.status().as_u16();
    let html = response.text().await.unwrap();
    (status, Page::of(&html), html)
}

async fn get(app: &TestApp, path: &str, cookie: &str) -> (u16, Page, String) {
    page_of(app.page(path, cookie).await).await
}

/// What stands in a text area.
pub(crate) fn typed(page: &Page, id: &str) -> String {
    text_of(page.one(&format!("textarea[id=\"{id}\"]")))
}

async fn event_type_is_defined_by_a_form_and_published(database: TestDatabase) {
    let (app, cookie) = start(&database).await;
    define(&app, &cookie, "invoice.paid").await;
    let stored = app.get("/event-types/invoice.paid").await;
    assert_eq!(
        json!([
            stored["name"],
            stored["group"],
            stored["example"],
            stored["retention"],
            stored["masked"],
            stored["version"],
            stored["origin"]
        ]),
        json!(["Invoice paid", "Billing", { "id": "7" }, 30, ["/customer/email", "/customer/name"], 1, "custom"])
    );
    let (status, page, html) = get(&app, "/event-types/invoice.paid?saved=created", &cookie).await;
    assert_eq!(status, 200);
    for shown in [
        "The event type was added.",
        "Sent when an invoice was paid.",
        "Billing",
        "30 days",
        "/customer/email",
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    let download = page.by_role_and_name("link", "Download schema");
    assert_eq!(download.attr("href"), Some("/event-types/invoice.paid/schema"));
    assert!(download.attr("class").unwrap().contains("button"));
    let response = app.page("/event-types/invoice.paid/schema", &cookie).await;
    let disposition = response.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert_eq!(disposition, "attachment; filename=\"invoice.paid.schema.json\"");
    let schema: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(schema["properties"]["data"]["properties"]["amount"]["type"], "number");
    let types = app
        .page("/event-types/invoice.paid/typescript", &cookie)
        .await
        .text()
        .await
        .unwrap();
    assert!(types.contains("amount?: number"), "{types}");
    let (_, page, _) = get(&app, "/event-types", &cookie).await;
    assert!(page.all("tr.group th").into_iter().any(|group| text_of(group) == "Billing"));
    let event = json!({ "specversion": "1.0", "id": "1", "source": "/billing", "type": "invoice.paid", "data": { "id": "7" } });
    assert_eq!(app.publish_raw(&event).await.status(), 202);
    let (_, page, _) = get(&app, "/event-types?q=invoice", &cookie).await;
    assert!(text_of(page.one("tbody tr:not(.group)")).contains("1 event in 24 hours"));
    app.stop().await;
}

async fn invalid_form_is_shown_again_with_all_that_was_typed(database: TestDatabase) {
    let (app, cookie) = start(&database).await;
    for (name, schema, example, field, says) in [
        ("invoice..paid", "", "1", "type", "one separator"),
        ("import", "", "1", "type", "another name"),
        ("identity.created", "", "1", "type", "identity.created"),
        ("invoice.paid", "{", "1", "schema", "JSON"),
        ("invoice.paid", "{\"type\":\"strin\"}", "1", "schema", "/type"),
        ("invoice.paid", "{\"$ref\":\"https://example.com/x\"}", "1", "schema", ""),
        ("invoice.paid", "{\"type\":\"string\"}", "1", "example-0", "string"),
        ("invoice.paid", "", "{\"a\":", "example-0", "not JSON"),
    ] {
        let mut form = fields(schema, example);
        form.push(("type", name));
        let (status, page, html) = page_of(app.form("/event-types/new", &cookie, &form).await).await;
        assert_eq!(status, 422, "{name} {schema}");
        let error = text_of(page.one(&format!("[id=\"{field}-error\"]")));
        assert!(error.contains(says), "{says}: {error}");
        assert_eq!(
            (typed(&page, "schema").as_str(), typed(&page, "example-0").as_str()),
            (schema, example)
        );
        assert_eq!(page.one("[name=type]").attr("value"), Some(name));
        assert!(typed(&page, "masked").contains("/customer/name"));
        assert_eq!(page.all("[autofocus]").len(), 1, "{html}");
    }
    let mut form = fields("", "1");
    form.retain(|(name, _)| *name != "retention");
    form.extend([("type", "invoice.paid"), ("retention", "soon")]);
    let (status, page, _) = page_of(app.form("/event-types/new", &cookie, &form).await).await;
    assert_eq!((status, page.all("[id=retention-error]").len()), (422, 1));
    assert_eq!(app.page("/event-types/invoice.paid", &cookie).await.status(), 404);
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    assert_eq!(app.form("/event-types/new", &owner, &form).await.status(), 403);
    assert_eq!(app.page("/event-types/new", &owner).await.status(), 404);
    app.stop().await;
}

async fn buttons_infer_a_schema_and_change_the_examples(database: TestDatabase) {
    let (app, cookie) = start(&database).await;
    let press = async |intent: &str, examples: &[&str]| {
        let mut form = vec![("type", "a.b"), ("intent", intent)];
        form.extend(examples.iter().map(|example| ("example", *example)));
        page_of(app.form("/event-types/new", &cookie, &form).await).await
    };
    let (status, page, _) = press("infer", &["{\"n\": 1}", "", "{\"n\": 2, \"s\": \"x\"}"]).await;
    let inferred: Value = serde_json::from_str(&typed(&page, "schema")).unwrap();
    assert_eq!(
        (status, &inferred["properties"]["s"]["type"], &inferred["required"]),
        (200, &json!("string"), &json!(["n"]))
    );
    assert!(text_of(page.one(".data-verdict")).contains("The schema is valid"));
    let (status, page, _) = press("infer", &["{\"n\": 1}", "{"]).await;
    assert_eq!((status, page.all("[id=example-1-error]").len()), (422, 1));
    let (_, page, _) = press("add-example", &["1"]).await;
    assert_eq!(page.all("textarea[name=example]").len(), 2);
    let (_, page, _) = press("remove-example-0", &["1", "2"]).await;
    assert_eq!(typed(&page, "example-0"), "2");
    let (status, _, html) = press("check", &["1"]).await;
    assert!(
        status == 200 && html.contains("Any JSON is allowed. The example is valid."),
        "{html}"
    );
    app.stop().await;
}

async fn incompatible_schema_is_saved_with_the_check_box_only(database: TestDatabase) {
    let (app, cookie) = start(&database).await;
    define(&app, &cookie, "invoice.paid").await;
    let event = json!({ "specversion": "1.0", "id": "1", "source": "/billing", "type": "invoice.paid", "data": { "id": "7" } });
    assert_eq!(app.publish_raw(&event).await.status(), 202);
    let (_, page, _) = get(&app, "/event-types/invoice.paid/edit", &cookie).await;
    let seen = page.hidden("seen");
    let strict = schema().replace("[\"id\"]", "[\"id\",\"amount\"]");
    let mut form = fields(&strict, "{\"id\":\"7\",\"amount\":1}");
    form.push(("seen", &seen));
    let (status, page, html) = page_of(app.form("/event-types/invoice.paid/edit", &cookie, &form).await).await;
    assert_eq!(status, 409, "{html}");
    for shown in ["would be refused", "1 of the last 1 events"] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    assert_eq!((page.all("[name=breaking]").len(), typed(&page, "schema")), (1, strict.clone()));
    assert_eq!(app.get("/event-types/invoice.paid").await["version"], 1);
    form.push(("breaking", "true"));
    assert_eq!(app.form("/event-types/invoice.paid/edit", &cookie, &form).await.status(), 303);
    assert_eq!(app.get("/event-types/invoice.paid").await["version"], 2);

    let (_, page, _) = get(&app, "/event-types/invoice.paid", &cookie).await;
    assert_eq!(page.all("table.versions tbody tr").len(), 2);
    let (status, page, _) = get(&app, "/event-types/invoice.paid/versions?from=1&to=2", &cookie).await;
    assert_eq!(status, 200);
    let diff = text_of(page.one("pre.diff[aria-label=Schema]"));
    assert!(diff.contains("added+     \"amount\"") || diff.contains("\"amount\""), "{diff}");
    assert!(!page.all("pre.diff ins").is_empty());
    let (status, _, html) = get(&app, "/event-types/invoice.paid?version=1", &cookie).await;
    assert!(
        status == 200 && html.contains("This is version 1. The current version is 2."),
        "{html}"
    );
    let response = app.page("/event-types/invoice.paid/schema?version=1", &cookie).await;
    assert!(
        response.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .contains("invoice.paid.v1.schema.json")
    );
    assert_eq!(get(&app, "/event-types/invoice.paid?version=3", &cookie).await.0, 404);
    assert_eq!(get(&app, "/event-types/invoice.paid/versions?from=1&to=9", &cookie).await.0, 404);
    app.stop().await;
}

async fn second_save_of_an_event_type_shows_what_changed(database: TestDatabase) {
    let (app, ann) = start(&database).await;
    let bob = app.sign_in("bob@example.com", Role::Administrator).await;
    define(&app, &ann, "invoice.paid").await;
    let (_, page, _) = get(&app, "/event-types/invoice.paid/edit", &ann).await;
    let seen = page.hidden("seen");
    let example = "{\"id\":\"7\"}";
    let of = |name: &'static str, schema: &'static str| {
        let mut form = fields(schema, example);
        form[0] = ("name", name);
        form
    };
    let text = schema();
    let save = async |cookie: &str, name: &'static str, seen: &str| {
        let mut form = of(name, "");
        form[3] = ("schema", &text);
        form.push(("seen", seen));
        page_of(app.form("/event-types/invoice.paid/edit", cookie, &form).await).await
    };
    assert_eq!(save(&bob, "Bob's name", &seen).await.0, 303);
    let (status, page, html) = save(&ann, "Ann's name", &seen).await;
    assert_eq!(status, 409, "{html}");
    for shown in ["Somebody else changed this event type", "bob@example.com", "Bob's name"] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    assert_eq!(page.one("[name=name]").attr("value"), Some("Ann's name"));
    assert_eq!(
        app.get("/event-types/invoice.paid").await["name"],
        "Bob's name",
        "nothing was overwritten"
    );
    assert_eq!(save(&ann, "Ann's name", &page.hidden("seen")).await.0, 303);
    assert_eq!(app.get("/event-types/invoice.paid").await["name"], "Ann's name");
    app.stop().await;
}

async fn states_are_set_by_buttons(database: TestDatabase) {
    let (app, cookie) = start(&database).await;
    define(&app, &cookie, "invoice.paid").await;
    let press =
        async |name: &str, fields: &[(&str, &str)]| app.form(&format!("/event-types/{name}"), &cookie, fields).await.status().as_u16();
    assert_eq!(
        press("invoice.paid", &[("state", "deprecated"), ("replaced_by", "identity.created")]).await,
        303
    );
    let (_, page, html) = get(&app, "/event-types/invoice.paid", &cookie).await;
    assert!(html.contains("Use instead:"), "{html}");
    assert_eq!(
        page.by_role_and_name("link", "identity.created").attr("href"),
        Some("/event-types/identity.created")
    );
    assert_eq!(press("invoice.paid", &[("state", "active")]).await, 303);
    assert_eq!(app.get("/event-types/invoice.paid").await["replaced_by"], Value::Null);
    // Of a pack only the state can be changed.
    assert_eq!(press("identity.created", &[("state", "archived")]).await, 303);
    assert_eq!(get(&app, "/event-types/identity.created/edit", &cookie).await.0, 404);
    let (_, page, _) = get(&app, "/event-types", &cookie).await;
    assert!(
        page.all("[href=\"/event-types/identity.created\"]").is_empty(),
        "archived types are not listed"
    );
    let (_, page, _) = get(&app, "/event-types?state=archived", &cookie).await;
    assert_eq!(page.all("tbody tr:not(.group)").len(), 1);
    let (_, _, html) = get(&app, "/event-types/identity.created", &cookie).await;
    assert!(html.contains("This event type is archived") && html.contains("Restore"), "{html}");
    assert_eq!(press("identity.created", &[("state", "active")]).await, 303);
    for (name, fields, status) in [
        ("invoice.paid", [("state", "deprecated"), ("replaced_by", "no.such.type")], 422),
        ("invoice.paid", [("state", "retired"), ("replaced_by", "")], 422),
        ("no.such.type", [("state", "active"), ("replaced_by", "")], 404),
    ] {
        assert_eq!(press(name, &fields).await, status, "{name} {fields:?}");
    }
    app.stop().await;
}

async fn types_with_slashes_have_pages(database: TestDatabase) {
    let (app, cookie) = start(&database).await;
    let name = "urn:example/orders/created";
    define(&app, &cookie, name).await;
    let (_, page, _) = get(&app, "/event-types?q=orders", &cookie).await;
    let path = "/event-types/urn:example%2Forders%2Fcreated";
    assert_eq!(page.one("td.name a").attr("href"), Some(path));
    for below in ["", "/edit", "/versions", "/schema", "/example", "/typescript"] {
        assert_eq!(app.page(&format!("{path}{below}"), &cookie).await.status(), 200, "{below}");
    }
    let (_, page, html) = get(&app, path, &cookie).await;
    assert!(html.contains(name));
    assert_eq!(
        page.by_role_and_name("link", "Edit").attr("href"),
        Some(format!("{path}/edit").as_str())
    );
    let response = app.form(path, &cookie, &[("state", "deprecated")]).await;
    assert_eq!(response.headers()["location"], format!("{path}?saved=deprecated").as_str());
    assert_eq!(app.page("/event-types/urn:example/orders/created", &cookie).await.status(), 404);
    app.stop().await;
}

async fn texts_of_types_do_not_become_html(database: TestDatabase) {
    let (app, cookie) = start(&database).await;
    let hostile = "<img src=x onerror=alert(1)>\u{202e}`</textarea><script>";
    let schema = json!({ "type": "object", "title": hostile, "description": hostile, "properties": {
        hostile: { "type": "string", "description": hostile, "format": hostile, "enum": [hostile] },
    } })
    .to_string();
    let example = json!({ hostile: hostile }).to_string();
    let form = [
        ("type", "a.b"),
        ("name", hostile),
        ("group", hostile),
        ("description", hostile),
        ("schema", &schema),
        ("example", &example),
        ("intent", "save"),
    ];
    let response = app.form("/event-types/new", &cookie, &form).await;
    assert_eq!(response.status(), 303, "{}", response.text().await.unwrap());
    let right_to_left = json!({ "type": "c.d", "name": "חשבונית שולמה", "group": "請求書", "description": "счёт оплачен", "example": "é" });
    assert_eq!(app.post("/event-types", &right_to_left).await.0, 201);
    for path in [
        "/event-types",
        "/event-types/a.b",
        "/event-types/a.b/edit",
        "/event-types/a.b/versions",
        "/event-types/c.d",
    ] {
        let (status, page, html) = get(&app, path, &cookie).await;
        assert_eq!(status, 200, "{path}");
        assert!(page.all("img, script:not([nonce])").is_empty(), "{path}: {html}");
        assert!(!html.contains(" style="), "{path}");
    }
    let (_, page, html) = get(&app, "/event-types/a.b", &cookie).await;
    assert!(text_of(page.one("h1")).contains("\\u{202E}"), "{html}");
    let (_, page, _) = get(&app, "/event-types/a.b/edit", &cookie).await;
    assert_eq!(
        serde_json::from_str::<Value>(&typed(&page, "schema")).unwrap(),
        serde_json::from_str::<Value>(&schema).unwrap()
    );
    app.stop().await;
}

async fn list_is_paged_searched_and_filtered(database: TestDatabase) {
    let (app, cookie) = start(&database).await;
    let webhook = |number: usize| {
        let name = format!("Type {number:03}");
        let post = json!({ "post": { "summary": name, "tags": [format!("Group {}", number / 50)] } });
        (format!("load.type{number:03}"), post)
    };
    let webhooks: serde_json::Map<String, Value> = (0..500).map(webhook).collect();
    let document = json!({ "openapi": "3.1.0", "info": { "title": "Load", "version": "1" }, "webhooks": webhooks });
    let (status, answer) = app.post("/event-types/import", &document).await;
    assert_eq!(status, 200, "{answer}");
    let (_, page, html) = get(&app, "/event-types", &cookie).await;
    assert_eq!(page.all("tbody tr:not(.group)").len(), 100);
    assert!(html.contains("523 event types") && html.contains("Page 1 of 6"), "{html}");
    let groups: Vec<_> = page.all("tr.group th").into_iter().take(3).map(text_of).collect();
    assert_eq!(groups, ["Accesses", "Identities", "Identity requests"]);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, html.as_bytes()).unwrap();
    assert!(packed.finish().unwrap().len() < 20_000, "later pages may have 20 kB");
    for (query, count) in [
        ("q=type49", 10),
        ("q=TYPE%20007", 1),
        ("q=visit&origin=clearid", 7),
        ("origin=custom&page=6", 100),
        ("origin=custom&page=5", 100),
        ("q=nothing", 0),
        ("state=all&origin=clearid", 23),
        ("state=deprecated", 0),
    ] {
        let (status, page, _) = get(&app, &format!("/event-types?{query}"), &cookie).await;
        assert_eq!((status, page.all("tbody tr:not(.group)").len()), (200, count), "{query}");
    }
    let (_, page, _) = get(&app, "/event-types?origin=clearid", &format!("{cookie}; lang=fr")).await;
    assert!(page.all("tr.group th").into_iter().any(|group| text_of(group) == "Visites prévues"));
    app.stop().await;
}

async fn form_is_checked_while_it_is_typed(database: TestDatabase) {
    let (app, cookie) = start(&database).await;
    define(&app, &cookie, "invoice.paid").await;
    let check = async |event_type: &str, schema: &str, examples: &[&str]| -> Value {
        let names: Vec<String> = (0..examples.len()).map(|at| format!("examples[{at}]")).collect();
        let mut form = vec![("event_type", event_type), ("schema", schema)];
        form.extend(names.iter().map(String::as_str).zip(examples.iter().copied()));
        let response = app.form("/fn/check_event_type_draft", &cookie, &form).await;
        assert_eq!(response.status(), 200);
        response.json_value().await
    };
    let draft = check("", &schema(), &["{\"id\":\"7\"}", "{}", "nope", ""]).await;
    assert_eq!(draft["is_valid"], false);
    let counts: Vec<usize> = draft["examples"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found.as_array().unwrap().len())
        .collect();
    assert_eq!(counts, [0, 1, 1, 0], "{draft}");
    assert!(draft["tree"].as_str().unwrap().contains("<code>amount</code>"), "{draft}");
    let draft = check("invoice.paid", &schema().replace("number", "integer"), &["{\"id\":\"7\"}"]).await;
    assert_eq!(
        (&draft["is_valid"], draft["report"]["rejected"].as_array().unwrap().len()),
        (&json!(true), 1),
        "{draft}"
    );
    let draft = check("", "{\"type\": 7}", &[]).await;
    assert_eq!(
        (&draft["is_valid"], draft["schema"].as_array().unwrap().is_empty()),
        (&json!(false), false),
        "{draft}"
    );
    app.stop().await;
}

async fn list_shows_the_callbacks_of_the_last_day_by_hour(database: TestDatabase) {
    let (app, cookie) = start(&database).await;
    let receiver = Receiver::start([]).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    for number in 1..=3 {
        app.publish(BuiltIn::IdentityCreated, &number.to_string()).await;
    }
    app.log(&webhook, 3).await;
    let drawn = async |cookie: &str| {
        let (_, page, _) = get(&app, "/event-types", cookie).await;
        let drawn = page.all("table.catalogue svg.spark").into_iter();
        drawn.map(|drawn| attribute(drawn, "aria-label")).collect::<Vec<_>>()
    };
    assert_eq!(drawn(&cookie).await, ["Callbacks per hour in the last 24 hours, 3 together"]);
    assert_eq!(
        drawn(&format!("{cookie}; lang=fr")).await,
        ["Appels par heure des dernières 24 heures, 3 en tout"]
    );
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    assert_eq!(drawn(&owner).await, [""; 0], "these numbers are of the webhooks of others, too");
    assert_eq!(drawn("").await, [""; 0], "readers of the public catalogue see none");
    app.stop().await;
}
