//! No webhook reaches a private address: not by its spelling, not by a name, and not by a name whose addresses change.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use clearhook::{catalogue::BuiltIn, delivery::DeliverySettings, domain::url::UrlPolicy, storage::new_id};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp, hourly, loopback, quick},
    database::TestDatabase,
    names::NameServer,
    on_both,
    receiver::{Receiver, Reply},
};

on_both! {
    rejected_address_names_the_setting_that_permits_it literal_address_is_checked_again_before_each_attempt
    port_of_another_protocol_is_rejected_on_save_and_on_attempt
    name_that_later_resolves_to_a_private_address_is_not_called name_with_one_private_address_is_rejected name_of_an_inside_address_in_any_form_is_not_called
    lookup_without_answer_times_out_and_does_not_block_others allowed_names_may_resolve_to_private_addresses
}

/// Private or invalid addresses as hosts, in every spelling that a URL parser may accept.
const INSIDE: &[&str] = &[
    // Loopback.
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.1.",
    "127.0.1",
    "127.255.255.254",
    "0x7f.1",
    "0x7f.0.0.1",
    "0x7f.0x0.0x0.0x1",
    "0x7f000001",
    "0X7F000001",
    "0x7f000001.",
    "0x000000007f000001",
    "0177.0.0.1",
    "0177.1",
    "00000177.0.0.1",
    "017700000001",
    "2130706433",
    "2130706433.",
    "127.0x0.0.1",
    "127.00.00.01",
    "127.0.0.0x1",
    "127.0.0.01",
    "127.0x000001",
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "127.0.0.%31",
    "１２７.０.０.１",
    "127。0。0。1",
    "127．0．0．1",
    "127｡0｡0｡1",
    "①②⑦.0.0.1",
    "①②⑦。⓪。⓪。①",
    "𝟏𝟐𝟕.𝟎.𝟎.𝟏",
    "127.0.\t0.1",
    "127.0.0\n.1",
    "127.0.0.1\u{ad}",
    // "This network".
    "0.0.0.0",
    "0",
    "0x0",
    "00",
    "0.0",
    "0.1.2.3",
    "0x00.0x00.0x00.0x00",
    // Private.
    "10.0.0.1",
    "10.1",
    "0xa.1",
    "012.1",
    "167772161",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "2886729729",
    "0xac100001",
    "192.168.0.1",
    "192.168.1",
    "3232235777",
    "0xc0a80101",
    "0300.0250.1.1",
    "192.168.257",
    // Shared (carriers' NAT).
    "100.64.0.1",
    "100.127.255.255",
    "1681915905",
    "0x64400001",
    // Link-local, where clouds serve instance metadata.
    "169.254.169.254",
    "169.254.169.254.",
    "2852039166",
    "0xa9fea9fe",
    "0xa9.0xfe.0xa9.0xfe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "169.16689662",
    "①⑥⑨.②⑤④.①⑥⑨.②⑤④",
    "169。254。169。254",
    // Protocol assignments, documentation, benchmarks, 6to4 relays.
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.7",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    // Multicast, reserved, broadcast.
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "4294967295",
    "0xffffffff",
    "037777777777",
    // IPv6: unspecified, loopback.
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::0001]",
    "[0::1]",
    // IPv4 inside IPv6: compatible, mapped, translated, NAT64, Teredo, 6to4.
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:7F00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[2001:0:808:808::80ff:fffe]",
    "[2606:4700::1:0:5efe:a00:1]",
    "[2606:4700::1:200:5efe:c0a8:101]",
    "[64:ff9b:1::1]",
    "[2001::1]",
    "[2001:0:7f00:1::]",
    "[2002:7f00:1::]",
    "[2002:a00:1::]",
    "[2002:a9fe:a9fe::1]",
    // Discarding, benchmarks, ORCHID, documentation, the old 6bone, segment routing, what is not global unicast.
    "[100::1]",
    "[100:0:0:1::1]",
    "[2001:2::1]",
    "[2001:10::1]",
    "[2001:20::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[3ffe::1]",
    "[4000::1]",
    "[5f00::1]",
    // Unique local, link-local, site-local, multicast.
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fdff:ffff::1]",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[ff0e::1]",
    "[ffff::1]",
    // Names that always mean this machine.
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "a.b.LocalHost.",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "ｌｏｃａｌｈｏｓｔ",
    "loc%61lhost",
    "local\u{ad}host",
];

/// URLs that hide their host, or contain credentials.
const DISGUISED: &[&str] = &[
    "https://127.0.0.1:8443/",
    "https://127.0.0.1?x=1",
    "https:////127.0.0.1/",
    "https://\\127.0.0.1/",
    "https://127.0.0.1\\@example.com/",
    "HTTPS://127.0.0.1/",
    "ht\ntps://127.0.0.1/",
    "\u{1}https://127.0.0.1/",
    "https://[::1]:443/",
    "https://example.com@127.0.0.1/",
    "https://example.com:80@127.0.0.1/",
    "https://127.0.0.1@example.com/",
    "https://127.0.0.1#@example.com/",
    "https://example.com#@127.0.0.1/",
    "https://[::1%25lo]/",
    "https://[::1%lo]/",
    "https://[127.0.0.1]/",
    "https://127.0.0.256/",
    "https://127.0.0.0.1/",
    "https://4294967296/",
    "https://0x1ffffffff/",
    "https://1.2.3.08/",
    "https:///127.0.0.1/",
    "https://.",
    "https://..",
    "https://example..com/",
    "https://example.com../",
    "https://%00/",
    "https://127.0.0.1%00.example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "ftp://127.0.0.1/",
    "data:text/plain,x",
    "unix:/run/docker.sock",
    "http://127.0.0.1/",
    "http+unix://%2Frun%2Fdocker.sock/",
    "jar:https://127.0.0.1!/",
];

/// Public addresses next to private ranges.
const OUTSIDE: &[&str] = &[
    "example.com",
    "example.com.",
    "localhost.example.com",
    "notlocalhost",
    "1.1.1.1",
    "8.8.8.8",
    "134744072",
    "0x08080808",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "192.0.3.1",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "[2606:4700::1111]",
    "[2a00:1450:4007:80e::200e]",
    "[2001:4860:4860::8888]",
    "[2003::1]",
    "[3ffd::1]",
    // IPv4 inside IPv6, which is judged by it.
    "[::ffff:8.8.8.8]",
    "[::8.8.8.8]",
    "[64:ff9b::8.8.8.8]",
    "[2002:808:808::1]",
    "[2001:0:808:808::f7f7:f7f7]",
    "[2606:4700::1:0:5efe:808:808]",
];

#[test]
fn private_address_is_rejected_in_every_spelling() {
    let policy = UrlPolicy::default();
    for host in INSIDE {
        let told = policy.check(&format!("https://{host}/hook")).expect_err(host).to_string();
        assert!(
            told.contains("not on the public internet") && told.contains("CLEARHOOK_ALLOWED_NETWORKS"),
            "{host}: {told}"
        );
    }
    for url in DISGUISED {
        assert!(policy.check(url).is_err(), "{url}");
    }
    let spellings: std::collections::BTreeSet<_> = INSIDE.iter().chain(DISGUISED).collect();
    assert!(spellings.len() >= 100 && spellings.len() == INSIDE.len() + DISGUISED.len());
    println!("{} spellings refused", spellings.len());
    for host in OUTSIDE {
        assert!(policy.check(&format!("https://{host}/hook")).is_ok(), "{host}");
    }
}

#[test]
fn allowed_name_does_not_permit_similar_names() {
    let policy = UrlPolicy {
        allow_http: false,
        allowed: "10.1.0.0/16, 192.168.7.7, fd00:1::/32, hooks.localhost".parse().unwrap(),
    };
    for host in [
        "10.1.0.1",
        "10.1.255.255",
        "0xa010001",
        "192.168.7.7",
        "[fd00:1::5]",
        "hooks.localhost",
        "HOOKS.localhost.",
    ] {
        assert!(policy.check(&format!("https://{host}/")).is_ok(), "{host}");
    }
    for host in [
        "10.0.255.255",
        "10.2.0.0",
        "192.168.7.8",
        "[::ffff:10.1.0.1]",
        "[fd00:2::5]",
        "localhost",
        "a.hooks.localhost",
        "127.0.0.1",
    ] {
        assert!(policy.check(&format!("https://{host}/")).is_err(), "{host}");
    }
}

async fn rejected_address_names_the_setting_that_permits_it(database: TestDatabase) {
    let app = TestApp::start_with(&database, quick(), UrlPolicy::default(), new_id()).await;
    for host in ["169.254.169.254", "[::ffff:a00:1]", "2130706433", "localhost"] {
        let body = json!({ "name": "N", "url": format!("https://{host}/"), "events": ["identity.created"] });
        let response = app.api(Method::POST, "/webhooks").json_value(&body).send().await.unwrap();
        assert_eq!(response.status(), 422, "{host}");
        let told = response.json_value().await["errors"][0].clone();
        assert_eq!(told["pointer"], "/url");
        assert!(told["detail"].as_str().unwrap().contains("CLEARHOOK_ALLOWED_NETWORKS"), "{told}");
    }
    assert_eq!(database.count("webhooks").await, 0);
    app.stop().await;
}

async fn literal_address_is_checked_again_before_each_attempt(database: TestDatabase) {
    let receiver = Receiver::start([]).await;
    let app = TestApp::start(&database).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.stop().await;
    // The operator no longer permits the address that was permitted when it was saved.
    let strict = UrlPolicy {
        allow_http: true,
        ..UrlPolicy::default()
    };
    let settings = hourly();
    let app = TestApp::start_with(&database, settings, strict, new_id()).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    blocked(&app, &webhook, 1).await;
    assert!(receiver.seen().is_empty());
    app.stop().await;
}

async fn port_of_another_protocol_is_rejected_on_save_and_on_attempt(database: TestDatabase) {
    let permits = UrlPolicy {
        allow_http: false,
        allowed: "mail.example.com".parse().unwrap(),
    };
    let app = TestApp::start_with(&database, hourly(), permits, new_id()).await;
    for (url, says) in [
        ("https://example.com:0/", "Port 0"),
        ("https://mail.example.com:0/", "Port 0"),
        ("https://example.com:22/", "Port 22"),
        ("https://example.com:25/", "Port 25"),
        ("https://8.8.8.8:6667/", "Port 6667"),
        ("https://[2606:4700::1111]:10080/", "Port 10080"),
    ] {
        let body = json!({ "name": "N", "url": url, "events": ["identity.created"] });
        let (status, answer) = app.post("/webhooks", &body).await;
        assert_eq!((status, &answer["errors"][0]["pointer"]), (422, &json!("/url")), "{url}: {answer}");
        assert!(answer["errors"][0]["detail"].as_str().unwrap().starts_with(says), "{answer}");
    }
    let webhook = app.webhook("https://mail.example.com:25/", &[BuiltIn::IdentityCreated]).await;
    app.stop().await;
    // The operator no longer permits the host.
    let app = TestApp::start_with(&database, hourly(), UrlPolicy::default(), new_id()).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let row = app.log(&webhook, 1).await.remove(0);
    assert_eq!(row["response"], "AddressBlocked");
    let details = app.get(&format!("/callbacks/{}", row["id"].as_str().unwrap())).await;
    assert!(details["detail"].as_str().unwrap().starts_with("Port 25"), "{details}");
    app.stop().await;
}

/// Waits for this many callbacks; the last one was blocked with a message that names the setting.
async fn blocked(app: &TestApp, webhook: &Value, count: usize) {
    let row = app.log(webhook, count).await.remove(0);
    assert_eq!(row["response"], "AddressBlocked");
    let details = app.get(&format!("/callbacks/{}", row["id"].as_str().unwrap())).await;
    assert!(
        details["detail"].as_str().unwrap().contains("CLEARHOOK_ALLOWED_NETWORKS"),
        "{details}"
    );
}

/// A service that uses this name server and treats 127.0.0.1 as a public address.
async fn service(database: &TestDatabase, names: &NameServer, allowed: &str) -> TestApp {
    let settings = DeliverySettings {
        schedule: "1h".parse().unwrap(),
        dns: names.resolver(),
        ..quick()
    };
    let policy = UrlPolicy {
        allow_http: true,
        allowed: allowed.parse().unwrap(),
    };
    TestApp::start_with(database, settings, policy, new_id()).await
}

/// Two receivers on one port: a "public" one and a private one. Each request has its own connection.
async fn outside_and_inside() -> (Receiver, Receiver, u16) {
    let closing = || {
        std::iter::repeat_with(|| Reply {
            headers: vec![("connection", "close")],
            ..Reply::status(202)
        })
        .take(10)
    };
    let outside = Receiver::start(closing()).await;
    let port = outside.url.rsplit(':').next().unwrap().trim_end_matches("/hook").parse().unwrap();
    let inside = Receiver::start_on(SocketAddr::from(([127, 0, 0, 2], port)), closing()).await;
    (outside, inside, port)
}

async fn name_that_later_resolves_to_a_private_address_is_not_called(database: TestDatabase) {
    let names = NameServer::start(&[("rebind.example.com", &[&["127.0.0.1"], &["127.0.0.2"]])]).await;
    let (outside, inside, port) = outside_and_inside().await;
    let app = service(&database, &names, "127.0.0.1/32").await;
    let webhook = app
        .webhook(&format!("http://rebind.example.com:{port}/hook"), &[BuiltIn::IdentityCreated])
        .await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    assert_eq!(app.log(&webhook, 1).await[0]["response"], "Accepted");
    // The name was resolved once, and the checked address was called: there is no gap between check and use.
    assert_eq!((names.lookups("rebind.example.com"), outside.seen().len()), (1, 1));
    app.publish(BuiltIn::IdentityCreated, "2").await;
    blocked(&app, &webhook, 2).await;
    assert_eq!(names.lookups("rebind.example.com"), 2);
    assert_eq!((outside.seen().len(), inside.seen().len()), (1, 0));
    app.stop().await;
}

async fn name_with_one_private_address_is_rejected(database: TestDatabase) {
    let names = NameServer::start(&[
        ("both.example.com", &[&["127.0.0.1", "10.0.0.1"]]),
        ("six.example.com", &[&["127.0.0.1", "::1"]]),
        ("metadata.example.com", &[&["169.254.169.254"]]),
    ])
    .await;
    let (outside, inside, port) = outside_and_inside().await;
    let app = service(&database, &names, "127.0.0.1/32").await;
    for (at, name) in ["both", "six", "metadata"].into_iter().enumerate() {
        let event = BuiltIn::ALL[at];
        let webhook = app.webhook(&format!("http://{name}.example.com:{port}/hook"), &[event]).await;
        app.publish(event, name).await;
        blocked(&app, &webhook, 1).await;
    }
    let unknown = app
        .webhook(&format!("http://unknown.example.com:{port}/"), &[BuiltIn::VisitEventApproved])
        .await;
    app.publish(BuiltIn::VisitEventApproved, "unknown").await;
    assert_eq!(app.log(&unknown, 1).await[0]["response"], "NameNotResolved");
    assert_eq!((outside.seen().len(), inside.seen().len()), (0, 0));
    app.stop().await;
}

/// Forms of inside addresses that only a name server can give: the check at connect has to recognize them as well as the check on save.
async fn name_of_an_inside_address_in_any_form_is_not_called(database: TestDatabase) {
    let inside_names: &[(&str, &[&[&str]])] = &[
        ("mapped.example.com", &[&["::ffff:10.0.0.1"]]),
        ("mapped-loopback.example.com", &[&["::ffff:127.0.0.2"]]),
        ("mapped-allowed.example.com", &[&["::ffff:127.0.0.3"]]),
        ("zero.example.com", &[&["0.0.0.0"]]),
        ("zero-net.example.com", &[&["0.1.2.3"]]),
        ("zero-six.example.com", &[&["::"]]),
        ("translated.example.com", &[&["64:ff9b::a00:1"]]),
        ("local-translated.example.com", &[&["64:ff9b:1::808:808"]]),
        ("sixtofour.example.com", &[&["2002:7f00:2::1"]]),
        ("unique-local.example.com", &[&["fd00::1"]]),
        ("link-local.example.com", &[&["fe80::1"]]),
        ("carrier.example.com", &[&["100.64.0.1"]]),
        ("broadcast.example.com", &[&["255.255.255.255"]]),
        ("alias.example.com", &[&["inside.example.com"]]),
        ("mixed-alias.example.com", &[&["both.example.com"]]),
    ];
    let behind: &[(&str, &[&[&str]])] = &[
        ("inside.example.com", &[&["127.0.0.2"]]),
        ("both.example.com", &[&["127.0.0.1", "127.0.0.2"]]),
    ];
    let names = NameServer::start(&[inside_names, behind].concat()).await;
    let (outside, inside, port) = outside_and_inside().await;
    let app = service(&database, &names, "127.0.0.1/32").await;
    let mut webhooks = Vec::new();
    for (name, _) in inside_names {
        let url = format!("http://{name}:{port}/hook");
        webhooks.push((name, app.webhook(&url, &[BuiltIn::IdentityCreated]).await));
    }
    app.publish(BuiltIn::IdentityCreated, "1").await;
    for (name, webhook) in &webhooks {
        blocked(&app, webhook, 1).await;
        assert_eq!(names.lookups(name), 1);
    }
    assert_eq!((outside.seen().len(), inside.seen().len()), (0, 0));
    app.stop().await;
}

async fn lookup_without_answer_times_out_and_does_not_block_others(database: TestDatabase) {
    let (names, receiver) = (NameServer::silent().await, Receiver::start([]).await);
    let settings = DeliverySettings {
        dns: names.resolver(),
        timeout: Duration::from_secs(2),
        ..hourly()
    };
    let app = TestApp::start_with(&database, settings, loopback(), new_id()).await;
    let silent = app.webhook("http://silent.example.com/hook", &[BuiltIn::IdentityCreated]).await;
    let other = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let began = Instant::now();
    for event in 0..20 {
        app.publish(BuiltIn::IdentityCreated, &event.to_string()).await;
    }
    app.log(&other, 20).await;
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "the other webhook waited: {:?}",
        began.elapsed()
    );
    let row = app.log(&silent, 1).await.pop().unwrap();
    assert_eq!((&row["response"], &row["outcome"]), (&json!("TimedOut"), &json!("failed")), "{row}");
    assert!(row["duration_ms"].as_u64().unwrap() < 4_000, "{row}");
    assert!(names.lookups("silent.example.com") >= 1);
    app.stop().await;
}

async fn allowed_names_may_resolve_to_private_addresses(database: TestDatabase) {
    let names = NameServer::start(&[("hooks.internal", &[&["127.0.0.2"]]), ("other.internal", &[&["127.0.0.2"]])]).await;
    let (_outside, inside, port) = outside_and_inside().await;
    let app = service(&database, &names, "hooks.internal").await;
    let exempt = app
        .webhook(&format!("http://hooks.internal:{port}/hook"), &[BuiltIn::IdentityCreated])
        .await;
    let other = app
        .webhook(&format!("http://other.internal:{port}/hook"), &[BuiltIn::VisitEventCreated])
        .await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.publish(BuiltIn::VisitEventCreated, "2").await;
    assert_eq!(app.log(&exempt, 1).await[0]["response"], "Accepted");
    blocked(&app, &other, 1).await;
    assert_eq!(inside.seen().len(), 1);
    app.stop().await;
}
