//! The id of a request. A client may choose it, so that its log and ours can be compared.

use axum::http::HeaderMap;
use uuid::Uuid;

/// The header with the id, of requests and responses.
pub const HEADER: &str = "x-request-id";
/// Maximum length of an id that a client chooses.
const LENGTH_MAX: usize = 128;

/// The id of a request, in log lines, on error pages and in the response header `x-request-id`.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl RequestId {
    /// The id that the client chose, if it is short and has only characters that mean nothing in logs and pages; otherwise a new one.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut given = headers.get_all(HEADER).iter();
        let chosen = match (given.next(), given.next()) {
            (Some(only), None) => only.to_str().ok().filter(|id| is_harmless(id)),
            _ => None,
        };
        Self(chosen.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned))
    }
}

fn is_harmless(id: &str) -> bool {
    let is_allowed = |sign: char| sign.is_ascii_alphanumeric() || "-_.:/+=@".contains(sign);
    (1..=LENGTH_MAX).contains(&id.len()) && id.chars().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ids: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for id in ids {
            headers.append(HEADER, id.parse().unwrap());
        }
        RequestId::of(&headers).0
    }

    #[test]
    fn harmless_id_of_the_client_is_kept() {
        let long = "x".repeat(LENGTH_MAX);
        for id in [
            "a",
            "01912d68-783e-7a03-8467-5661c1243ad4",
            "Root=1-67891233-abcdef012345678912345678",
            &long,
        ] {
            assert_eq!(of(&[id]), id);
        }
    }

    #[test]
    fn any_other_id_is_replaced() {
        let long = "x".repeat(LENGTH_MAX + 1);
        for ids in [
            &[][..],
            &[""],
            &["a b"],
            &["a\"b"],
            &["<b>"],
            &["a%0a"],
            &["a", "b"],
            &[&long],
            &["a;b"],
            &["a,b"],
        ] {
            let id = of(ids);
            assert!(Uuid::parse_str(&id).is_ok(), "{ids:?}: {id}");
        }
    }
}
