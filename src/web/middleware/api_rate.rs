//! The limit of requests of each API key (`CLEARHOOK_API_RATE`), and the header fields that say what is left of it
//! (draft-ietf-httpapi-ratelimit-headers).

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::Mutex,
    time::{Duration, Instant},
};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    domain::id::ApiKeyId,
    problem::{Problem, ProblemCode},
    sync::locked,
};

/// The name of the policy in the header fields.
const POLICY: &str = "key";
/// From this number of keys on, those that have their full quota are forgotten.
const KEYS_MAX: usize = 10_000;

/// What every API key has left: a token bucket that is filled by the rate, and that holds the requests of one second.
#[derive(Debug)]
pub(super) struct ApiRate {
    per_second: NonZeroU32,
    left: Mutex<HashMap<ApiKeyId, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

/// What an API key has left after a request. An extension of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quota {
    per_second: u32,
    remaining: u32,
}

impl ApiRate {
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        Self {
            per_second,
            left: Mutex::default(),
        }
    }

    /// Counts a request of this key. The error is what is left if the request is one too many.
    pub(super) fn count(&self, key: ApiKeyId, now: Instant) -> Result<Quota, Quota> {
        let rate = f64::from(self.per_second.get());
        let mut left = locked(&self.left);
        if left.len() >= KEYS_MAX {
            left.retain(|_, bucket| now.saturating_duration_since(bucket.filled_at) < Duration::from_secs(1));
        }
        let bucket = left.entry(key).or_insert(Bucket {
            tokens: rate,
            filled_at: now,
        });
        let filled = now.saturating_duration_since(bucket.filled_at).as_secs_f64() * rate;
        *bucket = Bucket {
            tokens: (bucket.tokens + filled).min(rate),
            filled_at: now,
        };
        // Rounding errors may leave slightly less than a whole token.
        let is_allowed = bucket.tokens >= 0.999_999;
        if is_allowed {
            bucket.tokens -= 1.0;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to a u32")]
        let remaining = bucket.tokens.max(0.0) as u32;
        let quota = Quota {
            per_second: self.per_second.get(),
            remaining,
        };
        if is_allowed { Ok(quota) } else { Err(quota) }
    }
}

impl Quota {
    /// Adds the header fields to a response.
    pub(super) fn add_to(self, response: &mut Response) {
        let policy = format!("\"{POLICY}\";q={};w=1", self.per_second);
        let left = format!("\"{POLICY}\";r={};t=1", self.remaining);
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", left)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
    }

    /// The response to a request that is one too many.
    pub(super) fn exceeded(self) -> Response {
        let detail = format!(
            "This API key may send {} requests a second. Send the request again after the time in `Retry-After`.",
            self.per_second
        );
        let mut response =
            Problem::new(StatusCode::TOO_MANY_REQUESTS, ProblemCode::RateLimited, "Too many requests", detail).into_response();
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        self.add_to(&mut response);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::new_id;

    #[test]
    fn each_key_has_its_own_quota_that_is_filled_by_the_rate() {
        let rate = ApiRate::new(NonZeroU32::new(3).unwrap());
        let (key, other, now) = (new_id::<ApiKeyId>(), new_id::<ApiKeyId>(), Instant::now());
        let remaining = [0, 1, 2].map(|_| rate.count(key, now).unwrap().remaining);
        assert_eq!(remaining, [2, 1, 0]);
        assert_eq!(rate.count(key, now).unwrap_err().remaining, 0);
        assert!(rate.count(other, now).is_ok());
        let later = now + Duration::from_millis(334);
        assert!(rate.count(key, later).is_ok() && rate.count(key, later).is_err());
        let much_later = later + Duration::from_secs(60);
        assert_eq!(rate.count(key, much_later).unwrap().remaining, 2);
    }
}
