//! Encryption at rest of signing secrets and header values: XChaCha20-Poly1305, the key outside the database,
//! the row's id as associated data, so that a value cannot be moved to another row.

use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use thiserror::Error;
use uuid::Uuid;
use zeroize::Zeroizing;

const NONCE: usize = 24;
const KEY: usize = 32;

/// The key of a database's secrets: 32 bytes.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; KEY]>);

/// Encrypts and decrypts values of the database.
#[derive(Clone)]
pub struct Vault(XChaCha20Poly1305);

/// A text that is no master key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the master key must be the base64 of 32 bytes; make one with: head -c 32 /dev/urandom | base64")]
pub struct InvalidMasterKey;

/// A value that this key did not encrypt for this row.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a stored secret cannot be decrypted; is CLEARHOOK_MASTER_KEY the key that this database was made with?")]
pub struct CannotDecrypt;

impl MasterKey {
    /// A new random key.
    pub fn generate() -> Self {
        let mut key = Zeroizing::new([0; KEY]);
        rand::fill(key.as_mut_slice());
        Self(key)
    }

    /// Reads the base64 of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidMasterKey> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| InvalidMasterKey)?);
        let key: [u8; KEY] = bytes.as_slice().try_into().map_err(|_| InvalidMasterKey)?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// The text that [`MasterKey::parse`] reads.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(*self.0))
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl Vault {
    /// A vault under this key.
    pub fn new(key: &MasterKey) -> Self {
        Self(XChaCha20Poly1305::new(&Key::from(*key.0)))
    }

    /// Encrypts a value of the row `row`: a random nonce, then the ciphertext.
    pub fn seal(&self, row: Uuid, value: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        rand::fill(&mut nonce);
        let Ok(ciphertext) = self.0.encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: value,
                aad: row.as_bytes(),
            },
        ) else {
            unreachable!("XChaCha20-Poly1305 takes values up to 256 GiB")
        };
        [nonce.as_slice(), &ciphertext].concat()
    }

    /// Decrypts what [`Vault::seal`] made for the same row.
    pub fn open(&self, row: Uuid, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CannotDecrypt> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE>().ok_or(CannotDecrypt)?;
        let payload = Payload {
            msg: ciphertext,
            aad: row.as_bytes(),
        };
        self.0
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
    fn opens_only_what_the_same_key_sealed_for_the_same_row() {
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
    fn keys_read_back_and_wrong_lengths_are_refused() {
        let key = MasterKey::generate();
        assert_eq!(*MasterKey::parse(&key.reveal()).unwrap().0, *key.0);
        for bad in ["", "short", &STANDARD.encode([0; 31]), &STANDARD.encode([0; 33])] {
            assert_eq!(MasterKey::parse(bad).unwrap_err(), InvalidMasterKey);
        }
    }
}
