//! The format of encrypted backups: a header, then chunks that are encrypted with XChaCha20-Poly1305 in the STREAM construction (Hoang,
//! Reyhanitabar, Rogaway, Vizár 2015), which detects missing, repeated and reordered chunks. The key is derived from the passphrase with
//! argon2id. Header: [`MAGIC`], memory in KiB and passes of argon2id (big-endian, 4 bytes each), salt (16 bytes), nonce (19 bytes). The
//! header is authenticated with each chunk. The content begins with the length of the master key's text (1 byte) and this text.

use std::io::{self, Read, Write};

use aead_stream::{DecryptorBE32, EncryptorBE32};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, aead::Payload};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::vault::MasterKey;

/// The first bytes of an encrypted backup.
pub(super) const MAGIC: &[u8] = b"clearhook encrypted backup 1\n";
const SALT: usize = 16;
const NONCE: usize = 19;
const HEADER: usize = MAGIC.len() + 8 + SALT + NONCE;
/// Bytes of content per chunk.
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
/// 128 MiB and 3 passes: about a second, once per backup. Passphrases are weaker than keys, and a backup may be attacked for years.
const MEMORY_KIB: u32 = 128 * 1024;
const PASSES: u32 = 3;
/// What is accepted in a header, so that a forged file cannot exhaust the memory.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
const PASSES_MAX: u32 = 16;

/// Why a backup cannot be encrypted or decrypted.
#[derive(Debug, Error)]
pub(super) enum SealError {
    /// The passphrase is wrong, or the beginning of the file was changed.
    #[error("the passphrase is wrong, or the file is damaged")]
    Passphrase,
    /// A chunk was changed, or the end is missing.
    #[error("the file is damaged or incomplete; use another backup")]
    Damaged,
    /// The parameters in the header are outside of the limits.
    #[error("the file is damaged: its header has impossible values; use another backup")]
    Header,
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn cipher(passphrase: &str, salt: &[u8], memory_kib: u32, passes: u32) -> Result<XChaCha20Poly1305, SealError> {
    let mut key = Zeroizing::new([0; 32]);
    let parameters = Params::new(memory_kib, passes, 1, Some(key.len())).map_err(|_| SealError::Header)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
        .map_err(|_| SealError::Header)?;
    Ok(XChaCha20Poly1305::new(&Key::from(*key)))
}

/// Encrypts `source`, and the master key if there is one.
pub(super) fn seal(source: impl Read, mut target: impl Write, passphrase: &str, key: Option<&MasterKey>) -> Result<(), SealError> {
    let (mut salt, mut nonce) = ([0; SALT], [0; NONCE]);
    rand::fill(&mut salt);
    rand::fill(&mut nonce);
    let mut header = MAGIC.to_vec();
    header.extend(MEMORY_KIB.to_be_bytes());
    header.extend(PASSES.to_be_bytes());
    header.extend(salt);
    header.extend(nonce);
    target.write_all(&header)?;
    let mut encryptor = EncryptorBE32::from_aead(cipher(passphrase, &salt, MEMORY_KIB, PASSES)?, &nonce.into());
    let text = key.map(MasterKey::reveal).unwrap_or_default();
    let length = u8::try_from(text.len()).map_err(io::Error::other)?;
    let length = [length];
    let mut source = length.as_slice().chain(text.as_bytes()).chain(source);
    let (mut chunk, mut next) = (Zeroizing::new(Vec::new()), Zeroizing::new(Vec::new()));
    fill(&mut source, &mut chunk, CHUNK)?;
    loop {
        fill(&mut source, &mut next, CHUNK)?;
        let payload = Payload { msg: &chunk, aad: &header };
        // The counter of a nonce lasts for 256 TiB.
        let failed = |_| SealError::Io(io::Error::other("the backup is too large to be encrypted"));
        if next.is_empty() {
            target.write_all(&encryptor.encrypt_last(payload).map_err(failed)?)?;
            return Ok(());
        }
        target.write_all(&encryptor.encrypt_next(payload).map_err(failed)?)?;
        std::mem::swap(&mut chunk, &mut next);
    }
}

/// Decrypts into `target`, and returns the master key if there is one. `source` begins with [`MAGIC`]. What was written must not be used if
/// this fails.
pub(super) fn open(mut source: impl Read, mut target: impl Write, passphrase: &str) -> Result<Option<MasterKey>, SealError> {
    let mut header = [0; HEADER];
    source.read_exact(&mut header).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => SealError::Damaged,
        _ => error.into(),
    })?;
    let rest = header.strip_prefix(MAGIC).ok_or(SealError::Header)?;
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
    let (memory_kib, passes) = (number(&rest[..4]), number(&rest[4..8]));
    if memory_kib > MEMORY_KIB_MAX || passes > PASSES_MAX {
        return Err(SealError::Header);
    }
    let (salt, nonce) = rest[8..].split_at(SALT);
    let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| SealError::Header)?;
    let mut decryptor = DecryptorBE32::from_aead(cipher(passphrase, salt, memory_kib, passes)?, &nonce.into());
    let (mut chunk, mut next) = (Vec::new(), Vec::new());
    fill(&mut source, &mut chunk, CHUNK + TAG)?;
    let mut content = Content::default();
    loop {
        fill(&mut source, &mut next, CHUNK + TAG)?;
        let payload = Payload { msg: &chunk, aad: &header };
        if next.is_empty() {
            let plain = Zeroizing::new(decryptor.decrypt_last(payload).map_err(|_| content.wrong())?);
            content.write(&plain, &mut target)?;
            return Ok(content.key);
        }
        let plain = Zeroizing::new(decryptor.decrypt_next(payload).map_err(|_| content.wrong())?);
        content.write(&plain, &mut target)?;
        std::mem::swap(&mut chunk, &mut next);
    }
}

/// The decrypted content so far.
#[derive(Default)]
struct Content {
    has_begun: bool,
    key: Option<MasterKey>,
}

impl Content {
    /// The error of a chunk that cannot be decrypted.
    fn wrong(&self) -> SealError {
        if self.has_begun {
            SealError::Damaged
        } else {
            SealError::Passphrase
        }
    }

    /// Takes the master key from the first chunk, and writes the rest.
    fn write(&mut self, plain: &[u8], target: &mut impl Write) -> Result<(), SealError> {
        let mut rest = plain;
        if !self.has_begun {
            let (length, after) = plain.split_first().ok_or(SealError::Damaged)?;
            let (text, after) = after.split_at_checked(usize::from(*length)).ok_or(SealError::Damaged)?;
            let text = std::str::from_utf8(text).map_err(|_| SealError::Damaged)?;
            if !text.is_empty() {
                self.key = Some(MasterKey::parse(text).map_err(|_| SealError::Damaged)?);
            }
            rest = after;
            self.has_begun = true;
        }
        target.write_all(rest)?;
        Ok(())
    }
}

/// Reads up to `most` bytes. Fewer mean that the source ended.
fn fill(source: &mut impl Read, into: &mut Vec<u8>, most: usize) -> io::Result<()> {
    into.clear();
    source.take(most as u64).read_to_end(into)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(content: &[u8], key: Option<&MasterKey>) -> Vec<u8> {
        let mut file = Vec::new();
        seal(content, &mut file, "correct horse", key).unwrap();
        file
    }

    fn opened(file: &[u8], passphrase: &str) -> Result<(Vec<u8>, Option<MasterKey>), SealError> {
        let mut content = Vec::new();
        let key = open(file, &mut content, passphrase)?;
        Ok((content, key))
    }

    #[test]
    fn content_of_every_length_around_a_chunk_is_restored() {
        let key = MasterKey::generate();
        for (length, key) in [
            (0, None),
            (1, Some(&key)),
            (CHUNK - 46, Some(&key)),
            (CHUNK - 45, Some(&key)),
            (CHUNK - 44, Some(&key)),
            (2 * CHUNK - 1, None),
            (2 * CHUNK, None),
        ] {
            let content: Vec<u8> = std::iter::successors(Some(0_u8), |byte| Some(byte.wrapping_mul(5).wrapping_add(3)))
                .take(length)
                .collect();
            let (found, with) = opened(&sealed(&content, key), "correct horse").unwrap();
            assert!(found == content, "{length}");
            assert_eq!(with.map(|key| key.fingerprint()), key.map(MasterKey::fingerprint), "{length}");
        }
    }

    #[test]
    fn changed_cut_or_reordered_file_is_refused() {
        let content: Vec<u8> = (0..3 * CHUNK).map(|at| at.to_le_bytes()[at % 3]).collect();
        let file = sealed(&content, None);
        assert!(!file.windows(64).any(|part| part == &content[100..164]), "nothing is readable");
        assert!(matches!(opened(&file, "another"), Err(SealError::Passphrase)));
        let chunk = CHUNK + TAG;
        for at in [MAGIC.len() + 8, HEADER - 1, HEADER, HEADER + chunk + 5, file.len() - 1] {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(opened(&changed, "correct horse").is_err(), "{at}");
        }
        for length in [MAGIC.len(), HEADER, HEADER + 10, HEADER + chunk, HEADER + 3 * chunk, file.len() - 1] {
            assert!(opened(&file[..length], "correct horse").is_err(), "cut to {length}");
        }
        let mut swapped = file.clone();
        swapped[HEADER..HEADER + 2 * chunk].rotate_left(chunk);
        assert!(opened(&swapped, "correct horse").is_err());
        assert!(opened(&[&file[..], b"x"].concat(), "correct horse").is_err());
        let mut greedy = file;
        greedy[MAGIC.len()..MAGIC.len() + 4].fill(0xff);
        assert!(matches!(opened(&greedy, "correct horse"), Err(SealError::Header)));
    }
}
