//! Sign-in by OpenID Connect with the responses of Auth0, Cognito, Entra ID, Keycloak, Google, Okta, GitLab, Authentik and Zitadel, and
//! with invalid responses.

use axum::http::StatusCode;
use clearhook::{auth::oidc::settings::OidcSettings, domain::role::Role};
use jsonwebtoken::Algorithm;
use reqwest::{Response, redirect::Policy};
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, cookie},
    binary::client_builder,
    database::TestDatabase,
    device::enrol,
    identity_provider::{IdentityProvider, SigningKey, UserInfo},
};

/// A console with a provider whose responses a test chooses.
pub(crate) struct Console {
    pub(crate) app: TestApp,
    pub(crate) provider: IdentityProvider,
    pub(crate) database: TestDatabase,
}

fn settings(issuer: &str, claim: &str) -> OidcSettings {
    OidcSettings {
        issuer: issuer.to_owned(),
        client_id: "clearhook".to_owned(),
        client_secret: Some("planted-client-secret".to_owned().into()),
        role_claim: claim.to_owned(),
        administrator_values: vec!["admins".to_owned(), "ann@example.com".to_owned()],
        api_owner_values: vec!["owners".to_owned(), "example.com".to_owned()],
        trust_email: false,
        name: "Example".to_owned(),
    }
}

impl Console {
    pub(crate) async fn start(claim: &str, change: impl FnOnce(&mut OidcSettings)) -> Self {
        let provider = IdentityProvider::start().await;
        let mut settings = settings(provider.issuer(), claim);
        change(&mut settings);
        let database = TestDatabase::sqlite();
        let app = TestApp::start_at(&database, |front| front.oidc = Some(settings)).await;
        Self { app, provider, database }
    }

    /// Starts the sign-in at the provider; returns the callback URL and the cookie of this browser.
    async fn visit(&self) -> (String, String) {
        let left = self.app.page("/sign-in/oidc", "").await;
        assert_eq!(left.status(), 303, "{}", left.text().await.unwrap());
        let begun = cookie(&left, "clearhook_oidc").unwrap();
        let http = client_builder().redirect(Policy::none()).build().unwrap();
        let back = http.get(left.headers()["location"].to_str().unwrap()).send().await.unwrap();
        let back = back.headers()["location"].to_str().unwrap().to_owned();
        (back.strip_prefix(&self.app.url).unwrap().to_owned(), begun)
    }

    pub(crate) async fn sign_in(&self) -> Response {
        let (back, begun) = self.visit().await;
        self.app.page(&back, &begun).await
    }

    /// Signs in a person with these claims; returns the role.
    pub(crate) async fn role(&self, id_token: &Value, user_info: UserInfo) -> Role {
        self.provider.set(|answers| {
            answers.id_token = id_token.clone();
            answers.user_info = user_info;
        });
        let response = self.sign_in().await;
        let status = response.status();
        assert_eq!(status, 303, "{id_token}: {}", response.text().await.unwrap());
        let user = self
            .app
            .store
            .user_by_email("ann@example.com")
            .await
            .unwrap()
            .expect("Ann has an account");
        user.0.role
    }

    /// The status and the page of a rejected sign-in.
    async fn refusal(&self) -> (u16, String) {
        let response = self.sign_in().await;
        assert!(cookie(&response, "clearhook_session").is_none());
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

/// Claims of Ann.
pub(crate) fn person(more: &Value) -> Value {
    let mut claims = json!({ "sub": "1", "email": "ann@example.com", "email_verified": true });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

fn nothing() -> UserInfo {
    UserInfo::Json(json!({ "sub": "1" }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn auth0() {
    let console = Console::start("https://example.com/roles", |settings| settings.issuer.push('/')).await;
    console.provider.set(|answers| {
        // Its issuer ends with a slash.
        let issuer = format!("{}/", console.provider.issuer());
        answers.description =
            json!({ "issuer": issuer, "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"] });
        answers.back = vec![];
    });
    let issuer = format!("{}/", console.provider.issuer());
    let claims = person(&json!({
        "iss": issuer, "updated_at": "2025-12-23T10:59:07.841Z", "nickname": "ann", "picture": "https://s.gravatar.com/a.png",
        "https://example.com/roles": ["admins"], "sid": "x",
    }));
    assert_eq!(console.role(&claims, nothing()).await, Role::Administrator);
    let (by_header, form) = console.provider.last_form();
    assert!(by_header && !form.contains_key("client_secret") && form.contains_key("code_verifier"));
    console.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cognito() {
    let console = Console::start("cognito:groups", |_| ()).await;
    let id_token = json!({ "sub": "1", "email": "ann@example.com", "email_verified": "true", "cognito:groups": ["staff", "owners"], "token_use": "id" });
    assert_eq!(console.role(&id_token, nothing()).await, Role::ApiOwner);
    let info = UserInfo::Json(json!({ "sub": "1", "email": "ann@example.com", "email_verified": "true", "username": "1" }));
    assert_eq!(
        console.role(&json!({ "sub": "1", "cognito:groups": ["admins"] }), info).await,
        Role::Administrator
    );
    console.provider.set(|answers| answers.id_token["email_verified"] = "false".into());
    console
        .provider
        .set(|answers| answers.user_info = UserInfo::Json(json!({ "sub": "1", "email": "ann@example.com", "email_verified": "false" })));
    assert_eq!(console.refusal().await.0, 403);
    console.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entra_id() {
    let id_token = json!({ "sub": "1", "email": "ann@example.com", "name": "Ann", "roles": ["admins"], "oid": "x", "tid": "t", "preferred_username": "ann@example.com", "ver": "2.0" });
    let graph = || {
        UserInfo::Json(
            json!({ "sub": "1", "email": "ann@example.com", "name": "Ann", "picture": "https://graph.microsoft.com/v1.0/me/photo/$value" }),
        )
    };
    let strict = Console::start("roles", |_| ()).await;
    strict.provider.set(|answers| {
        answers.id_token = id_token.clone();
        answers.user_info = graph();
    });
    let (status, page) = strict.refusal().await;
    assert_eq!(status, 403);
    assert!(page.contains("CLEARHOOK_OIDC_TRUST_EMAIL=true"), "{page}");
    // Its optional claim about the owner of the domain, as a number or a text.
    for verified in [json!(true), json!(1), json!("1"), json!("true")] {
        let mut claims = id_token.clone();
        claims["xms_edov"] = verified;
        assert_eq!(strict.role(&claims, graph()).await, Role::Administrator);
    }
    strict.app.stop().await;
    let trusting = Console::start("roles", |settings| settings.trust_email = true).await;
    assert_eq!(trusting.role(&id_token, graph()).await, Role::Administrator);
    // Accounts without a mailbox have no email address, but a user name.
    let mut without = id_token.clone();
    without.as_object_mut().unwrap().remove("email");
    assert_eq!(trusting.role(&without, nothing()).await, Role::Administrator);
    // An address that is marked as unverified is rejected.
    trusting.provider.set(|answers| {
        answers.id_token = id_token.clone();
        answers.id_token["email_verified"] = false.into();
        answers.user_info = nothing();
    });
    assert_eq!(trusting.refusal().await.0, 403);
    // The multi-tenant issuer never equals the issuer of a token.
    trusting
        .provider
        .set(|answers| answers.description = json!({ "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0" }));
    trusting.app.stop().await;
    let common = Console::start("roles", |_| ()).await;
    common
        .provider
        .set(|answers| answers.description = json!({ "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0" }));
    assert_eq!(common.app.page("/sign-in/oidc", "").await.status(), 502);
    common.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keycloak_roles_in_the_access_token() {
    let console = Console::start("resource_access.clearhook.roles", |_| ()).await;
    let access = json!({ "sub": "1", "azp": "clearhook", "aud": "account", "typ": "Bearer", "realm_access": { "roles": ["offline_access"] },
        "resource_access": { "clearhook": { "roles": ["owners"] }, "account": { "roles": ["admins"] } } });
    console.provider.set(|answers| answers.access_token = access.clone());
    assert_eq!(
        console.role(&person(&json!({ "typ": "ID", "azp": "clearhook" })), nothing()).await,
        Role::ApiOwner
    );
    // An access token of another client, person or provider, or with another signature, is ignored.
    let stranger = SigningKey::new("first", Algorithm::ES256);
    let forged = stranger.sign(
        &json!({ "iss": console.provider.issuer(), "sub": "1", "azp": "clearhook", "exp": 4_000_000_000_u64,
        "resource_access": { "clearhook": { "roles": ["admins"] } } }),
    );
    for other in [
        ("azp", json!("other")),
        ("sub", json!("2")),
        ("iss", json!("https://evil.example")),
        ("exp", json!(1_000_000)),
    ] {
        let mut token = access.clone();
        token[other.0] = other.1;
        console.provider.set(|answers| answers.access_token = token);
        let (status, page) = console.refusal().await;
        assert!(status == 403 && page.contains("no role"), "{status}: {page}");
    }
    console.provider.set(|answers| answers.access_token = forged.into());
    assert_eq!(console.refusal().await.0, 403);
    console.app.stop().await;
    let realm = Console::start("realm_access.roles", |_| ()).await;
    realm.provider.set(|answers| {
        answers.access_token = json!({ "sub": "1", "azp": "clearhook", "realm_access": { "roles": ["admins", "uma_authorization"] } });
    });
    assert_eq!(realm.role(&person(&json!({})), nothing()).await, Role::Administrator);
    realm.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn google_roles_by_address_and_domain() {
    let claims = person(&json!({ "hd": "example.com", "at_hash": null, "locale": "en", "azp": "clearhook", "email": "Ann@example.com" }));
    let by_address = Console::start("email", |_| ()).await;
    assert_eq!(by_address.role(&claims, nothing()).await, Role::Administrator);
    by_address.app.stop().await;
    let by_domain = Console::start("hd", |_| ()).await;
    assert_eq!(by_domain.role(&claims, nothing()).await, Role::ApiOwner);
    by_domain.provider.set(|answers| answers.id_token["hd"] = "evil.example".into());
    assert_eq!(by_domain.refusal().await.0, 403);
    by_domain.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn okta_gitlab_authentik_and_zitadel() {
    for (claim, claims, user_info) in [
        (
            "groups",
            person(&json!({ "groups": ["Everyone", "admins"], "updated_at": 1_700_000_000, "ver": 1, "idp": "00o", "amr": ["pwd"] })),
            nothing(),
        ),
        // GitLab sends groups only in the user info.
        (
            "groups_direct",
            json!({ "sub": "1", "auth_time": 1_700_000_000 }),
            UserInfo::Json(person(
                &json!({ "groups_direct": ["admins", "other/sub"], "groups": ["x"], "profile": "https://gitlab.example.com/ann" }),
            )),
        ),
        (
            "groups",
            person(&json!({ "groups": ["admins"], "acr": "goauthentik.io/providers/oauth2/default", "sub": "1" })),
            nothing(),
        ),
        (
            "urn:zitadel:iam:org:project:roles",
            person(&json!({ "urn:zitadel:iam:org:project:roles": { "admins": { "2719": "example.zitadel.cloud" } } })),
            nothing(),
        ),
    ] {
        let console = Console::start(claim, |_| ()).await;
        assert_eq!(console.role(&claims, user_info).await, Role::Administrator, "{claims}");
        console.app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unneeded_claims_are_ignored() {
    let console = Console::start("roles", |_| ()).await;
    for odd in [
        json!({ "address": "12 High Street" }),
        json!({ "address": { "country": 7 } }),
        json!({ "phone_number": 4_412_345, "phone_number_verified": "yes" }),
        json!({ "birthdate": { "year": 1990 }, "gender": 1 }),
        json!({ "zoneinfo": 3600, "locale": ["en", "fr"], "name": { "first": "Ann" }, "given_name": ["Ann"] }),
        json!({ "picture": 1, "website": [], "profile": {}, "updated_at": "yesterday" }),
        json!({ "updated_at": { "at": 1 }, "auth_time": "2025-12-23", "amr": "pwd", "acr": ["1"] }),
        json!({ "iat": "soon" }),
    ] {
        let mut claims = person(&json!({ "roles": ["admins"] }));
        claims.as_object_mut().unwrap().extend(odd.as_object().unwrap().clone());
        assert_eq!(console.role(&claims, nothing()).await, Role::Administrator, "{odd}");
        // The same in the user info.
        let mut info = person(&json!({ "roles": "admins" }));
        info.as_object_mut().unwrap().extend(odd.as_object().unwrap().clone());
        assert_eq!(
            console.role(&json!({ "sub": "1" }), UserInfo::Json(info)).await,
            Role::Administrator,
            "{odd}"
        );
    }
    // Unneeded members of other responses are ignored as well.
    console.provider.set(|answers| {
        answers.tokens = json!({ "expires_in": "300", "scope": ["openid"], "token_type": "bearer", "refresh_token": 7 });
        answers.odd_keys = vec![
            json!({ "kty": "XYZ" }),
            json!("no key"),
            json!({ "kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB" }),
        ];
        answers.description =
            json!({ "response_types_supported": "code", "claims_supported": 7, "scopes_supported": {}, "userinfo_endpoint": null });
    });
    assert_eq!(
        console.role(&person(&json!({ "roles": ["admins"] })), nothing()).await,
        Role::Administrator
    );
    console.app.stop().await;
    // User info that cannot be fetched is not needed if the token has all claims.
    let console = Console::start("roles", |_| ()).await;
    let everything = person(&json!({ "roles": ["admins"] }));
    assert_eq!(
        console.role(&everything, UserInfo::Status(StatusCode::INTERNAL_SERVER_ERROR)).await,
        Role::Administrator
    );
    console.provider.set(|answers| answers.id_token = json!({ "sub": "1" }));
    assert_eq!(console.refusal().await.0, 502, "it is needed, and cannot be had");
    console.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signed_user_info_several_audiences_and_clock_skew() {
    let console = Console::start("roles", |_| ()).await;
    let everything = person(&json!({ "roles": ["admins"] }));
    assert_eq!(
        console.role(&json!({ "sub": "1" }), UserInfo::Signed(everything.clone())).await,
        Role::Administrator
    );
    let now = jsonwebtoken::get_current_timestamp();
    for fine in [
        json!({ "aud": ["clearhook", "other"], "azp": "clearhook" }),
        json!({ "aud": ["clearhook"] }),
        json!({ "exp": now - 30 }),
        json!({ "nbf": now + 30, "iat": now + 30 }),
    ] {
        let mut claims = everything.clone();
        claims.as_object_mut().unwrap().extend(fine.as_object().unwrap().clone());
        assert_eq!(console.role(&claims, nothing()).await, Role::Administrator, "{fine}");
    }
    for wrong in [
        json!({ "aud": ["clearhook", "other"], "azp": "other" }),
        json!({ "aud": "other" }),
        json!({ "aud": null }),
        json!({ "iss": "https://evil.example" }),
        json!({ "iss": null }),
        json!({ "exp": now - 3600 }),
        json!({ "exp": null }),
        json!({ "nbf": now + 3600 }),
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "sub": null }),
        json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" }),
    ] {
        let mut claims = everything.clone();
        claims.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        console.provider.set(|answers| answers.id_token = claims);
        assert_eq!(console.refusal().await.0, 502, "{wrong}");
    }
    // User info about somebody else is not used.
    console.provider.set(|answers| {
        answers.id_token = json!({ "sub": "1" });
        answers.user_info = UserInfo::Json(person(&json!({ "sub": "2", "roles": ["admins"] })));
    });
    assert_eq!(console.refusal().await.0, 502);
    console.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn common_algorithms_and_key_rotation() {
    let console = Console::start("roles", |_| ()).await;
    let everything = person(&json!({ "roles": ["admins"] }));
    for (id, algorithm) in [
        ("rs256", Algorithm::RS256),
        ("rs512", Algorithm::RS512),
        ("ps256", Algorithm::PS256),
        ("es256", Algorithm::ES256),
        ("es384", Algorithm::ES384),
    ] {
        let key = SigningKey::new(id, algorithm);
        console.provider.set(|answers| {
            answers.keys.push(key.clone());
            answers.signs = key.clone();
        });
        // A new process has the current keys; a running one fetches keys again for an unknown key id, but not for each sign-in.
        let fresh = TestApp::start_at(&console.database, |front| {
            front.oidc = Some(settings(console.provider.issuer(), "roles"));
        })
        .await;
        let fresh = Console {
            app: fresh,
            provider: console.provider.clone(),
            database: TestDatabase::sqlite(),
        };
        assert_eq!(fresh.role(&everything, nothing()).await, Role::Administrator, "{id}");
        fresh.app.stop().await;
    }
    // A key that the provider does not publish.
    let stranger = SigningKey::new("stranger", Algorithm::ES256);
    console.provider.set(|answers| answers.signs = stranger);
    assert_eq!(console.refusal().await.0, 502);
    console.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_authentication_and_redirect_methods() {
    let console = Console::start("roles", |_| ()).await;
    console
        .provider
        .set(|answers| answers.description = json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] }));
    let everything = person(&json!({ "roles": ["admins"] }));
    assert_eq!(console.role(&everything, nothing()).await, Role::Administrator);
    let (by_header, form) = console.provider.last_form();
    assert!(!by_header && form["client_secret"] == "planted-client-secret");
    // RFC 9207: which provider sends the browser back.
    let issuer = console.provider.issuer().to_owned();
    console.provider.set(|answers| answers.back = vec![("iss", issuer)]);
    assert_eq!(console.role(&everything, nothing()).await, Role::Administrator);
    console
        .provider
        .set(|answers| answers.back = vec![("iss", "https://evil.example".to_owned())]);
    assert_eq!(console.refusal().await.0, 502);
    // An error response of the provider is shown as a page.
    for error in ["access_denied", "login_required", "server_error"] {
        console
            .provider
            .set(|answers| answers.back = vec![("error", error.to_owned()), ("code", String::new())]);
        let (status, page) = console.refusal().await;
        assert!(status == 403 && page.contains("did not let you in"), "{error}: {page}");
    }
    console.app.stop().await;
    let naming = Console::start("roles", |_| ()).await;
    naming.provider.set(|answers| {
        answers.description = json!({ "authorization_response_iss_parameter_supported": true });
        answers.id_token = everything.clone();
    });
    assert_eq!(naming.refusal().await.0, 502, "the provider promised to name itself");
    naming.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authorization_code_is_used_once() {
    let console = Console::start("roles", |_| ()).await;
    console
        .provider
        .set(|answers| answers.id_token = person(&json!({ "roles": ["admins"] })));
    let (back, begun) = console.visit().await;
    assert_eq!(console.app.page(&back, &begun).await.status(), 303);
    for _ in 0..2 {
        let response = console.app.page(&back, &begun).await;
        assert!(cookie(&response, "clearhook_session").is_none());
        assert_eq!(response.status(), 400);
    }
    assert_eq!(console.database.count("used_oidc_states").await, 1);
    // It is deleted when it has expired.
    console.app.clock.forward(std::time::Duration::from_mins(11));
    assert_eq!(console.sign_in().await.status(), 303);
    assert_eq!(console.database.count("used_oidc_states").await, 1);
    console.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn last_administrator_keeps_the_role() {
    let console = Console::start("roles", |_| ()).await;
    console.app.sign_in("ann@example.com", Role::Administrator).await;
    assert_eq!(
        console.role(&person(&json!({ "roles": ["owners"] })), nothing()).await,
        Role::Administrator
    );
    assert_eq!(console.database.count("audit_log WHERE action = 'user.role_changed'").await, 0);
    // For another user, the provider decides.
    console.app.sign_in("other@example.com", Role::Administrator).await;
    assert_eq!(
        console.role(&person(&json!({ "roles": ["owners"] })), nothing()).await,
        Role::ApiOwner
    );
    assert_eq!(
        console.role(&person(&json!({ "roles": ["admins"] })), nothing()).await,
        Role::Administrator
    );
    console.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn local_second_factor_is_required_after_oidc() {
    let console = Console::start("roles", |_| ()).await;
    let session = console.app.sign_in("ann@example.com", Role::Administrator).await;
    let (_, device, _) = enrol(&console.app, &session).await;
    console
        .provider
        .set(|answers| answers.id_token = person(&json!({ "roles": ["admins"] })));
    let response = console.sign_in().await;
    assert_eq!(response.status(), 303);
    assert!(cookie(&response, "clearhook_session").is_none());
    assert!(response.headers()["location"].to_str().unwrap().starts_with("/sign-in/code"));
    let step = cookie(&response, "clearhook_step").unwrap();
    // The code of the enrolment is used; the next one is accepted.
    console.app.clock.forward(std::time::Duration::from_secs(31));
    let code = device.code(&console.app);
    let done = console
        .app
        .form("/sign-in/code", &step, &[("code", &code), ("next", "/webhooks")])
        .await;
    assert_eq!(done.status(), 303);
    assert!(cookie(&done, "clearhook_session").is_some());
    console.app.stop().await;
}
