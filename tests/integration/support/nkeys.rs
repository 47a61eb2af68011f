//! The keys and signed claims (JWT) of NATS: an operator, an account and its users, as the tool `nsc` creates them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clearhook::domain::timestamp::Timestamp;
use rcgen::{KeyPair, PKCS_ED25519, SigningKey};
use serde_json::{Value, json};

/// The first byte of a public key, which says whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Operator = 14 << 3,
    Account = 0,
    User = 20 << 3,
}

/// The first byte of a seed.
const SEED: u8 = 18 << 3;
/// What precedes the seed in an Ed25519 key in PKCS #8 (RFC 8410).
const SEED_PREFIX: [u8; 4] = [0x04, 0x22, 0x04, 0x20];

/// A key pair.
struct Nkey {
    owner: Owner,
    pair: KeyPair,
}

impl Nkey {
    fn new(owner: Owner) -> Self {
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        Self { owner, pair }
    }

    fn public(&self) -> String {
        written(&[&[self.owner as u8], self.pair.public_key_raw()].concat())
    }

    fn seed(&self) -> String {
        let der = self.pair.serialize_der();
        let at = der.windows(4).position(|part| part == SEED_PREFIX).unwrap() + SEED_PREFIX.len();
        let owner = self.owner as u8;
        written(&[&[SEED | owner >> 5, owner << 3], &der[at..at + 32]].concat())
    }

    /// What this key says of another one.
    fn claims(&self, about: &Self, name: &str, nats: &Value) -> String {
        let claims = json!({
            "jti": name, "iat": Timestamp::now().unix_seconds(), "iss": self.public(), "sub": about.public(), "name": name, "nats": nats,
        });
        let head = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
        let [head, claims] = [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{head}.{claims}");
        let signature = self.pair.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Bytes with their checksum, in base 32 without padding (RFC 4648).
fn written(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bytes = [bytes, &checksum(bytes).to_le_bytes()].concat();
    let bits: String = bytes.iter().fold(String::new(), |bits, byte| bits + &format!("{byte:08b}"));
    let groups = bits.as_bytes().chunks(5).map(|group| {
        let number = group.iter().fold(0, |number, bit| number << 1 | usize::from(*bit == b'1'));
        char::from(LETTERS[number << (5 - group.len())])
    });
    groups.collect()
}

/// CRC-16/XMODEM.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte) << 8, |sum, _| {
            if sum & 0x8000 == 0 { sum << 1 } else { sum << 1 ^ 0x1021 }
        })
    })
}

/// An operator with an account that may use `JetStream`.
pub(crate) struct NatsOperator {
    account: Nkey,
    /// The lines of the server's configuration.
    pub(crate) configuration: String,
}

impl NatsOperator {
    pub(crate) fn new() -> Self {
        let (operator, system, account) = (Nkey::new(Owner::Operator), Nkey::new(Owner::Account), Nkey::new(Owner::Account));
        let about_operator = json!({ "type": "operator", "version": 2, "system_account": system.public() });
        let about_account = |storage: i64| {
            json!({ "type": "account", "version": 2, "limits": {
                "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1,
                "mem_storage": storage, "disk_storage": storage, "streams": storage, "consumer": storage,
            }})
        };
        let configuration = format!(
            "operator: \"{}\"\nresolver: MEMORY\nresolver_preload: {{\n  {}: \"{}\"\n  {}: \"{}\"\n}}",
            operator.claims(&operator, "operator", &about_operator),
            system.public(),
            operator.claims(&system, "SYS", &about_account(0)),
            account.public(),
            operator.claims(&account, "events", &about_account(-1)),
        );
        Self { account, configuration }
    }

    /// The credentials file of a new user, and the seed in it, which is secret.
    pub(crate) fn user(&self, name: &str) -> (String, String) {
        let user = Nkey::new(Owner::User);
        let about = json!({ "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1, "pub": {}, "sub": {} });
        let (claims, seed) = (self.account.claims(&user, name, &about), user.seed());
        let file = format!(
            "-----BEGIN NATS USER JWT-----\n{claims}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        );
        (file, seed)
    }
}
