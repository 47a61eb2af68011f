//! An OpenID provider whose responses a test chooses: discovery document, keys, tokens, user info. Tokens are really signed.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Form, Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A key that signs tokens.
#[derive(Clone)]
pub(crate) struct SigningKey {
    pub(crate) id: &'static str,
    pub(crate) algorithm: Algorithm,
    key: EncodingKey,
}

impl SigningKey {
    pub(crate) fn new(id: &'static str, algorithm: Algorithm) -> Self {
        use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256};
        let (kind, from): (_, fn(&[u8]) -> EncodingKey) = match algorithm {
            Algorithm::ES256 => (&PKCS_ECDSA_P256_SHA256, EncodingKey::from_ec_der),
            Algorithm::ES384 => (&PKCS_ECDSA_P384_SHA384, EncodingKey::from_ec_der),
            _ => (&PKCS_RSA_SHA256, EncodingKey::from_rsa_der),
        };
        let key = KeyPair::generate_for(kind).unwrap();
        let der = key.serialize_der();
        // RSA keys are needed without the PKCS #8 wrapper.
        let der = match algorithm {
            Algorithm::ES256 | Algorithm::ES384 => der,
            _ => inner_key(&der),
        };
        Self {
            id,
            algorithm,
            key: from(&der),
        }
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.to_owned());
        encode(&header, claims, &self.key).unwrap()
    }

    fn public(&self) -> Value {
        let mut key = serde_json::to_value(Jwk::from_encoding_key(&self.key, self.algorithm).unwrap()).unwrap();
        key["kid"] = self.id.into();
        key["use"] = "sig".into();
        // Members that providers send and that are not needed.
        key["x5c"] = json!(["not a certificate"]);
        key["issuer"] = json!({ "any": "thing" });
        key
    }
}

/// The RSA key in a PKCS #8 document: the content of its last octet string.
fn inner_key(der: &[u8]) -> Vec<u8> {
    let at = der.windows(4).position(|bytes| bytes[0] == 0x04 && bytes[1] == 0x82).unwrap();
    der[at + 4..].to_vec()
}

/// The responses of the provider.
pub(crate) struct Answers {
    /// Members of the discovery document that replace the defaults; null removes one.
    pub(crate) description: Value,
    pub(crate) keys: Vec<SigningKey>,
    /// Additional keys in the key set.
    pub(crate) odd_keys: Vec<Value>,
    /// The signing key.
    pub(crate) signs: SigningKey,
    /// Claims of the ID token, in addition to `iss`, `aud`, `exp`, `iat` and the nonce; null removes one.
    pub(crate) id_token: Value,
    /// Claims of the access token; a string is an opaque token.
    pub(crate) access_token: Value,
    pub(crate) user_info: UserInfo,
    /// Members of the token response that replace the defaults.
    pub(crate) tokens: Value,
    /// Query parameters of the callback URL, in addition to `code` and `state`.
    pub(crate) back: Vec<(&'static str, String)>,
    /// A path that redirects with this status to another address with the same content.
    pub(crate) moved: Option<(&'static str, StatusCode)>,
}

/// The query of the address to which `moved` redirects.
const FOLLOWED: &str = "followed";

#[derive(Clone)]
pub(crate) enum UserInfo {
    Json(Value),
    Signed(Value),
    Status(StatusCode),
}

struct Provider {
    issuer: String,
    answers: Mutex<Answers>,
    /// How often a redirect was followed.
    followed: AtomicUsize,
    /// The nonce of each code.
    nonces: Mutex<HashMap<String, String>>,
    /// How the client authenticated at the token endpoint, and its form.
    seen: Mutex<Vec<(bool, HashMap<String, String>)>>,
}

/// The provider.
#[derive(Clone)]
pub(crate) struct IdentityProvider(Arc<Provider>);

impl IdentityProvider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let key = SigningKey::new("first", Algorithm::ES256);
        let provider = Arc::new(Provider {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            answers: Mutex::new(Answers {
                description: json!({}),
                keys: vec![key.clone()],
                odd_keys: Vec::new(),
                signs: key,
                id_token: json!({}),
                access_token: json!("opaque"),
                user_info: UserInfo::Json(json!({})),
                tokens: json!({}),
                back: Vec::new(),
                moved: None,
            }),
            followed: AtomicUsize::new(0),
            nonces: Mutex::default(),
            seen: Mutex::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(user_info))
            .layer(from_fn_with_state(provider.clone(), redirect))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self(provider)
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Changes the responses.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Answers)) {
        change(&mut self.0.answers.lock().unwrap());
    }

    /// How often a redirect of this provider was followed.
    pub(crate) fn followed(&self) -> usize {
        self.0.followed.load(Ordering::SeqCst)
    }

    /// Whether the last client authentication was by a header, and the form of that request.
    pub(crate) fn last_form(&self) -> (bool, HashMap<String, String>) {
        self.0.seen.lock().unwrap().last().unwrap().clone()
    }
}

async fn redirect(State(provider): State<Arc<Provider>>, request: Request, next: Next) -> Response {
    if request.uri().query() == Some(FOLLOWED) {
        provider.followed.fetch_add(1, Ordering::SeqCst);
        return next.run(request).await;
    }
    let moved = provider.answers.lock().unwrap().moved;
    match moved {
        Some((path, status)) if path == request.uri().path() => {
            let location = format!("{}{path}?{FOLLOWED}", provider.issuer);
            (status, [(header::LOCATION, location)]).into_response()
        }
        _ => next.run(request).await,
    }
}

fn merged(mut base: Value, over: &Value) -> Value {
    for (name, value) in over.as_object().unwrap() {
        if value.is_null() {
            base.as_object_mut().unwrap().remove(name);
        } else {
            base[name] = value.clone();
        }
    }
    base
}

async fn describe(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = &provider.issuer;
    let usual = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    Json(merged(usual, &provider.answers.lock().unwrap().description))
}

async fn keys(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let answers = provider.answers.lock().unwrap();
    let keys: Vec<Value> = answers
        .odd_keys
        .iter()
        .cloned()
        .chain(answers.keys.iter().map(SigningKey::public))
        .collect();
    Json(json!({ "keys": keys }))
}

async fn authorize(State(provider): State<Arc<Provider>>, Query(query): Query<HashMap<String, String>>) -> Redirect {
    let code = query["state"].clone() + "-code";
    provider.nonces.lock().unwrap().insert(code.clone(), query["nonce"].clone());
    let mut back = url::Url::parse(&query["redirect_uri"]).unwrap();
    let mut pairs = vec![("code", code), ("state", query["state"].clone())];
    for (name, value) in provider.answers.lock().unwrap().back.clone() {
        pairs.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    back.query_pairs_mut().extend_pairs(pairs);
    Redirect::to(back.as_str())
}

async fn token(State(provider): State<Arc<Provider>>, headers: HeaderMap, Form(form): Form<HashMap<String, String>>) -> Response {
    let by_header = headers.contains_key(header::AUTHORIZATION);
    let nonce = provider.nonces.lock().unwrap().get(&form["code"]).cloned();
    provider.seen.lock().unwrap().push((by_header, form));
    // A code may be exchanged more than once, because not every provider remembers used codes.
    let Some(nonce) = nonce else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let answers = provider.answers.lock().unwrap();
    let now = jsonwebtoken::get_current_timestamp();
    let usual = json!({ "iss": provider.issuer, "aud": "clearhook", "iat": now, "exp": now + 300, "nonce": nonce });
    let id_token = answers.signs.sign(&merged(usual, &answers.id_token));
    let access_token = match &answers.access_token {
        Value::String(text) => text.clone(),
        claims => answers
            .signs
            .sign(&merged(json!({ "iss": provider.issuer, "iat": now, "exp": now + 300 }), claims)),
    };
    let usual = json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": 300, "id_token": id_token });
    Json(merged(usual, &answers.tokens)).into_response()
}

async fn user_info(State(provider): State<Arc<Provider>>) -> Response {
    let answers = provider.answers.lock().unwrap();
    match &answers.user_info {
        UserInfo::Json(claims) => Json(claims.clone()).into_response(),
        UserInfo::Signed(claims) => {
            let usual = json!({ "iss": provider.issuer, "aud": "clearhook" });
            (
                [(header::CONTENT_TYPE, "application/jwt")],
                answers.signs.sign(&merged(usual, claims)),
            )
                .into_response()
        }
        UserInfo::Status(status) => status.into_response(),
    }
}
