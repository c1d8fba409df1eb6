//! Secrets at rest: bytes ⟶ sealed bytes that only the key of this state directory opens, and commitments to values that
//! tell nothing to those who do not have it.
//!
//! The key is a file of the account, readable by nobody else. It protects what is copied without it: a database in a
//! backup, a report of a fault, a state directory on a shared disk without its key. It does not protect from who can read
//! the files of the account, or its memory.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use planc_lang::digest::Digest;
use sha2::Sha256;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The name of the key in the state directory.
const FILE: &str = "key";

/// What a sealed text begins with: no JSON does, and the version of the form stands in it.
const MARK: &str = "sealed:1:";

/// The bytes of a nonce. They are drawn at random: of 192 bits none is drawn twice.
const NONCE_BYTES: usize = 24;

/// The bytes of a key.
const KEY_BYTES: usize = 32;

/// What cannot be sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key cannot be made or read.
    #[error("cannot use the key of the state directory, `{path}`: {why}")]
    Key {
        /// Where it is.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    NoChance(String),
    /// What was sealed under another key, or damaged.
    #[error("what is sealed here was sealed with another key, or is damaged")]
    Foreign,
}

/// The key of a state directory: read, or made, when it is first needed. Clones share it.
#[derive(Clone, Debug)]
pub struct Keys {
    path: PathBuf,
    sealer: Arc<OnceLock<Sealer>>,
}

/// A key that is there: one for each use, drawn from the one in the file.
#[derive(Clone)]
pub struct Sealer {
    seal: [u8; KEY_BYTES],
    commit: [u8; KEY_BYTES],
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(…)")
    }
}

impl Sealer {
    /// A text sealed for one place: opened in another place it is foreign.
    pub fn seal(&self, place: &str, text: &str) -> Result<String, SealError> {
        Ok(format!("{MARK}{}", STANDARD_NO_PAD.encode(self.seal_bytes(place, text.as_bytes())?)))
    }

    /// The text that was sealed for a place.
    fn open(&self, place: &str, sealed: &str) -> Result<String, SealError> {
        let sealed = STANDARD_NO_PAD.decode(sealed).map_err(|_| SealError::Foreign)?;
        String::from_utf8(self.open_bytes(place, &sealed)?).map_err(|_| SealError::Foreign)
    }

    /// Bytes sealed for one place.
    pub fn seal_bytes(&self, place: &str, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let nonce: [u8; NONCE_BYTES] = random().map_err(SealError::NoChance)?;
        let payload = Payload { msg: bytes, aad: place.as_bytes() };
        let sealed = self.cipher().encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| SealError::Foreign)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// The bytes that were sealed for a place.
    pub fn open_bytes(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or(SealError::Foreign)?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        self.cipher().decrypt(XNonce::from_slice(nonce), payload).map_err(|_| SealError::Foreign)
    }

    /// Stands for bytes: the same for the same bytes in the same role, and nothing that could be found out by trying.
    pub fn commit(&self, role: &str, bytes: &[u8]) -> Digest {
        Digest(tag(&self.commit, &[role.as_bytes(), &[0], bytes]))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.seal.into())
    }
}

impl Keys {
    /// The key of a state directory; nothing is read yet.
    pub fn of(state: &Path) -> Keys {
        Keys { path: state.join(FILE), sealer: Arc::default() }
    }

    /// Whether a state directory has a key.
    pub fn are_in(state: &Path) -> bool {
        state.join(FILE).is_file()
    }

    /// The key; made, durably, where there is none.
    pub fn sealer(&self) -> Result<&Sealer, SealError> {
        if let Some(sealer) = self.sealer.get() {
            return Ok(sealer);
        }
        let secret = self.read_or_make()?;
        let one_for = |role: &[u8]| tag(&secret, &[role]);
        Ok(self.sealer.get_or_init(|| Sealer { seal: one_for(b"planc seal 1"), commit: one_for(b"planc commit 1") }))
    }

    /// The text that was sealed for a place; a text that is not sealed as it is.
    pub fn open(&self, place: &str, text: String) -> Result<String, SealError> {
        match text.strip_prefix(MARK) {
            Some(sealed) => self.sealer()?.open(place, sealed),
            None => Ok(text),
        }
    }

    /// Whether a text is sealed.
    pub fn is_sealed(text: &str) -> bool {
        text.starts_with(MARK)
    }

    fn read_or_make(&self) -> Result<[u8; KEY_BYTES], SealError> {
        match self.read() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            outcome => return outcome.map_err(|error| self.fault(&error)),
        }
        let secret: [u8; KEY_BYTES] = random().map_err(SealError::NoChance)?;
        match self.make(&secret) {
            // Somebody else made one meanwhile: theirs counts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.read(),
            outcome => outcome.map(|()| secret),
        }
        .map_err(|error| self.fault(&error))
    }

    fn read(&self) -> io::Result<[u8; KEY_BYTES]> {
        let flags = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(&self.path)?;
        let meta = file.metadata()?;
        if meta.mode() & 0o077 != 0 || !meta.is_file() {
            return Err(io::Error::other("others than its owner may use it: only its owner may read it (mode 0600)"));
        }
        let mut secret = Vec::new();
        file.take(KEY_BYTES as u64 + 1).read_to_end(&mut secret)?;
        secret.try_into().map_err(|_| io::Error::other(format!("a key has {KEY_BYTES} bytes")))
    }

    /// Makes the file whole and durable before it has its name: what is sealed with it must never be lost with it.
    fn make(&self, secret: &[u8]) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let temporary = folder.join(format!(".key-{}", uuid::Uuid::new_v4().simple()));
        let written =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).and_then(|mut file| {
                file.write_all(secret)?;
                file.sync_all()?;
                std::fs::hard_link(&temporary, &self.path)
            });
        // The error of the making matters more than that of the cleaning.
        let _ = std::fs::remove_file(&temporary);
        written?;
        File::open(folder)?.sync_all()
    }

    fn fault(&self, error: &io::Error) -> SealError {
        SealError::Key { path: self.path.clone(), why: error.to_string() }
    }
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map(|()| bytes).map_err(|error| error.to_string())
}

fn tag(key: &[u8; KEY_BYTES], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("a tag takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_sealed_opens_in_its_place_with_its_key_and_nowhere_else() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let keys = Keys::of(one.path());
        let seal = || keys.sealer().unwrap().seal("a", "hunter2").unwrap();
        let sealed = seal();
        assert!(!sealed.contains("hunter2") && Keys::is_sealed(&sealed));
        assert_ne!(sealed, seal(), "equal texts must not be recognised");
        assert_eq!(Keys::of(one.path()).open("a", sealed.clone()).unwrap(), "hunter2");
        assert_eq!(keys.open("b", sealed.clone()), Err(SealError::Foreign));
        assert_eq!(Keys::of(other.path()).open("a", sealed.clone()), Err(SealError::Foreign));
        assert_eq!(keys.open("a", sealed[..sealed.len() - 4].to_owned()), Err(SealError::Foreign));
        assert_eq!(keys.open("a", MARK.into()), Err(SealError::Foreign));
        assert_eq!(keys.open("a", "{}".into()).unwrap(), "{}");
    }

    #[test]
    fn commitments_differ_by_key_role_and_value() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (one, other) = (Keys::of(one.path()), Keys::of(other.path()));
        let of = |keys: &Keys, role: &str, text: &str| keys.sealer().unwrap().commit(role, text.as_bytes());
        assert_eq!(of(&one, "a", "x"), of(&one, "a", "x"));
        assert_ne!(of(&one, "a", "x"), of(&one, "a", "y"));
        assert_ne!(of(&one, "a", "x"), of(&one, "b", "x"));
        assert_ne!(of(&one, "a", "x"), of(&other, "a", "x"));
        assert_ne!(of(&one, "a", "x"), Digest::of("x"));
    }

    #[test]
    fn a_key_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        Keys::of(dir.path()).sealer().unwrap();
        let path = dir.path().join(FILE);
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Keys::of(dir.path()).sealer(), Err(SealError::Key { .. })));
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "short").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(Keys::of(dir.path()).sealer(), Err(SealError::Key { .. })));
    }
}
