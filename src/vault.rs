//! Encryption at rest of signing secrets and header values, with XChaCha20-Poly1305. The key is not in the database. The row's id is
//! associated data, so that a ciphertext cannot be moved to another row.

use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;
use zeroize::Zeroizing;

const NONCE: usize = 24;
const KEY: usize = 32;

/// The key that encrypts the secrets in a database: 32 bytes.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; KEY]>);

/// Identifies a master key without revealing it. It is stored in the database, so that a wrong key is recognized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub(crate) String);

/// Encrypts and decrypts values of the database.
#[derive(Clone)]
pub struct Vault {
    cipher: XChaCha20Poly1305,
    fingerprint: Fingerprint,
}

/// The error of a text that is not a master key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the master key must be the base64 of 32 bytes; generate one with: head -c 32 /dev/urandom | base64")]
pub struct InvalidMasterKey;

/// The error of a value that was not encrypted with this key for this row.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a stored secret cannot be decrypted; is CLEARHOOK_MASTER_KEY the key with which this database was created?")]
pub struct CannotDecrypt;

impl MasterKey {
    /// Generates a random key.
    pub fn generate() -> Self {
        let mut key = Zeroizing::new([0; KEY]);
        rand::fill(key.as_mut_slice());
        Self(key)
    }

    /// Parses the base64 of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidMasterKey> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| InvalidMasterKey)?);
        let key: [u8; KEY] = bytes.as_slice().try_into().map_err(|_| InvalidMasterKey)?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// The key as text that [`MasterKey::parse`] accepts.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(*self.0))
    }

    /// The first half of the SHA-256 of a constant and the key. The key has 32 random bytes, so it cannot be derived from the hash.
    pub fn fingerprint(&self) -> Fingerprint {
        let digest = Sha256::new().chain_update(b"clearhook master key").chain_update(*self.0).finalize();
        Fingerprint(STANDARD.encode(&digest[..16]))
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl Vault {
    /// A vault that uses this key.
    pub fn new(key: &MasterKey) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(&Key::from(*key.0)),
            fingerprint: key.fingerprint(),
        }
    }

    /// The fingerprint of its key.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Encrypts a value of the row `row`. The result is a random nonce, followed by the ciphertext.
    pub fn seal(&self, row: Uuid, value: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        rand::fill(&mut nonce);
        let Ok(ciphertext) = self.cipher.encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: value,
                aad: row.as_bytes(),
            },
        ) else {
            unreachable!("XChaCha20-Poly1305 encrypts values up to 256 GiB")
        };
        [nonce.as_slice(), &ciphertext].concat()
    }

    /// Decrypts the result of [`Vault::seal`] for the same row.
    pub fn open(&self, row: Uuid, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CannotDecrypt> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE>().ok_or(CannotDecrypt)?;
        let payload = Payload {
            msg: ciphertext,
            aad: row.as_bytes(),
        };
        self.cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| CannotDecrypt)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vault_opens_only_values_of_the_same_key_and_row() {
        let (vault, other) = (Vault::new(&MasterKey::generate()), Vault::new(&MasterKey::generate()));
        let (row, another) = (Uuid::now_v7(), Uuid::now_v7());
        let sealed = vault.seal(row, b"hush");
        assert_eq!(vault.open(row, &sealed).unwrap().as_slice(), b"hush");
        assert_eq!(vault.open(another, &sealed), Err(CannotDecrypt));
        assert_eq!(other.open(row, &sealed), Err(CannotDecrypt));
        assert_eq!(vault.open(row, &sealed[..10]), Err(CannotDecrypt));
        assert_ne!(vault.seal(row, b"hush"), sealed);
    }

    #[test]
    fn key_fingerprints_differ_and_reveal_nothing() {
        let (key, other) = (MasterKey::generate(), MasterKey::generate());
        assert_eq!(Vault::new(&key).fingerprint(), &key.fingerprint());
        assert_ne!(key.fingerprint(), other.fingerprint());
        assert!(!key.reveal().contains(key.fingerprint().0.trim_end_matches('=')));
    }

    #[test]
    fn master_key_round_trips_and_wrong_length_is_rejected() {
        let key = MasterKey::generate();
        assert_eq!(*MasterKey::parse(&key.reveal()).unwrap().0, *key.0);
        for bad in ["", "short", &STANDARD.encode([0; 31]), &STANDARD.encode([0; 33])] {
            assert_eq!(MasterKey::parse(bad).unwrap_err(), InvalidMasterKey);
        }
    }
}
