use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Fails unless the signature of the raw body is valid and at most 5 minutes old. `now` is the Unix time in seconds.
pub fn verify(secret: &str, id: &str, timestamp: &str, signatures: &str, body: &[u8], now: i64) -> Result<(), &'static str> {
    let sent: i64 = timestamp.parse().map_err(|_| "the timestamp is not a number")?;
    if now.abs_diff(sent) > 300 {
        return Err("the timestamp is too old or in the future");
    }
    let key = secret.strip_prefix("whsec_").unwrap_or(secret);
    let key = STANDARD.decode(key).map_err(|_| "the secret is not base64")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| "the secret is not a key")?;
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    let given = signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,"));
    let mut given = given.filter_map(|signature| STANDARD.decode(signature).ok());
    // verify_slice compares in constant time.
    if given.any(|signature| mac.clone().verify_slice(&signature).is_ok()) {
        Ok(())
    } else {
        Err("no signature matches")
    }
}
