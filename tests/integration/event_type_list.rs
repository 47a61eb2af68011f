//! The list of event types through the API, and the keys that may change it.

use clearhook::domain::role::Scope;
use reqwest::Method;
use serde_json::json;

use crate::support::{
    app::{JsonBody, TestApp},
    database::TestDatabase,
    on_both,
};

on_both! {
    list_is_filtered_and_paged
    only_keys_with_the_scope_change_event_types
}

async fn list_is_filtered_and_paged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for (name, group) in [
        ("z.last", Some("Beta")),
        ("b.first", Some("Alpha")),
        ("a.none", None),
        ("a.second", Some("Alpha")),
    ] {
        assert_eq!(
            app.post("/event-types", &json!({ "type": name, "name": name, "group": group }))
                .await
                .0,
            201
        );
    }
    assert_eq!(app.api(Method::DELETE, "/event-types/z.last").send().await.unwrap().status(), 204);
    let names = async |query: &str| -> Vec<String> {
        let items = app.get(&format!("/event-types{query}")).await["items"].clone();
        items
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["type"].as_str().unwrap().to_owned())
            .collect()
    };
    let own = ["a.second", "b.first", "z.last", "a.none"];
    assert_eq!(names("?origin=custom").await, own);
    let all = names("").await;
    assert!(all.ends_with(&own.map(str::to_owned)) && all.len() > own.len(), "{all:?}");
    assert_eq!(names("?group=Alpha").await, ["a.second", "b.first"]);
    assert_eq!(names("?state=archived").await, ["z.last"]);
    assert_eq!(names("?q=SECOND").await, ["a.second"]);
    assert_eq!(names("?q=no-such").await, [""; 0]);
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/event-types?limit=3{cursor}")).await;
        paged.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["type"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, all);
    for query in ["?state=gone", "?origin=mine", "?limit=0", "?cursor=x"] {
        let response = app.api(Method::GET, &format!("/event-types{query}")).send().await.unwrap();
        assert_eq!(response.status(), 422, "{query}");
    }
    app.stop().await;
}

async fn only_keys_with_the_scope_change_event_types(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for scope in Scope::ALL {
        let actor = clearhook::storage::audit::Actor::clearhook();
        let (key, _) = clearhook::auth::api_key::create(&app.store, &actor, "k", &[*scope], None)
            .await
            .unwrap();
        let new = json!({ "type": format!("by.{}", scope.as_str().replace(':', "-")) });
        let request = app
            .http
            .post(format!("{}/api/v1/event-types", app.url))
            .bearer_auth(&key)
            .json_value(&new);
        let expected = if *scope == Scope::EventTypesWrite { 201 } else { 403 };
        assert_eq!(request.send().await.unwrap().status(), expected, "{scope}");
        let read = app
            .http
            .get(format!("{}/api/v1/event-types/identity.created", app.url))
            .bearer_auth(&key);
        assert_eq!(read.send().await.unwrap().status(), 200, "{scope}");
    }
    app.stop().await;
}
