//! Files with bearer credentials ⟶ who a request is from. Kept as digests, compared in constant time.
//!
//! An agent's credential opens `/mcp` and nothing else; an approver's opens the routes of the operator and not `/mcp`.

use crate::config::within_reach;
use crate::scope::Scope;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The largest file with credentials.
pub const MAX_CREDENTIAL_BYTES: u64 = 64 * 1024;

/// The shortest credential.
pub const MIN_CREDENTIAL: usize = 32;

/// Why a file with credentials is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot use the credentials in `{}`: {why}", path.display())]
pub struct CredentialError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub why: String,
}

/// Credentials and whose they are.
#[derive(Clone)]
pub struct Credentials {
    key: [u8; 32],
    known: Vec<(String, [u8; 32])>,
}

impl Credentials {
    /// Reads a file of lines `name: credential`, or of one credential, whose name is then `default`. It must be nobody
    /// else's to write, not everybody's to read, and lie, with all links on the way, outside of `workspace` and every other one.
    pub fn read(path: &Path, default: &str, workspace: &Path) -> Result<Credentials, CredentialError> {
        let fault = |why: String| CredentialError { path: path.to_owned(), why };
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| fault(error.to_string()))?;
        if let Some(why) = within_reach(path, workspace) {
            return Err(fault(format!("it {why}")));
        }
        let place = path.canonicalize().map_err(|error| fault(error.to_string()))?;
        let file = std::fs::File::open(&place).map_err(|error| fault(error.to_string()))?;
        let meta = file.metadata().map_err(|error| fault(error.to_string()))?;
        if meta.mode() & 0o022 != 0 {
            return Err(fault(format!("others than its owner may write it (mode {:04o})", meta.mode() & 0o777)));
        }
        if meta.mode() & 0o004 != 0 {
            return Err(fault(format!("everybody may read it (mode {:04o})", meta.mode() & 0o777)));
        }
        let mut text = String::new();
        file.take(MAX_CREDENTIAL_BYTES + 1).read_to_string(&mut text).map_err(|error| fault(error.to_string()))?;
        if text.len() as u64 > MAX_CREDENTIAL_BYTES {
            return Err(fault(format!("it has more than {MAX_CREDENTIAL_BYTES} bytes")));
        }
        let mut credentials = Credentials { key, known: Vec::new() };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (name, secret) =
                line.split_once(':').map_or((default, line), |(name, rest)| (name.trim(), rest.trim()));
            name.parse::<Scope>().map_err(fault)?;
            if secret.len() < MIN_CREDENTIAL || !secret.chars().all(|c| c.is_ascii_graphic()) {
                let why =
                    format!("the credential of `{name}` is shorter than {MIN_CREDENTIAL} characters, or not ASCII");
                return Err(fault(why));
            }
            credentials.known.push((name.to_owned(), tag(&credentials.key, secret)));
        }
        match credentials.known.is_empty() {
            true => Err(fault("it has none".into())),
            false => Ok(credentials),
        }
    }

    /// Whose credentials there are.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(|(name, _)| name.as_str())
    }

    /// Whose credential this is.
    pub fn name_of(&self, secret: &str) -> Option<&str> {
        // Tags under a key that nobody knows: what their comparison takes tells nothing about the credential.
        let tag = tag(&self.key, secret);
        self.known.iter().find(|(_, known)| *known == tag).map(|(name, _)| name.as_str())
    }
}

/// Makes a file with a new credential, for its owner alone, unless something is there.
pub fn make_credentials(path: &Path) -> Result<(), CredentialError> {
    match make(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(CredentialError { path: path.to_owned(), why: error.to_string() })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn make(path: &Path) -> std::io::Result<()> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| std::io::Error::other(error.to_string()))?;
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(format!("{hex}\n").as_bytes())?;
    file.sync_all()
}

fn tag(key: &[u8; 32], secret: &str) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("a tag takes keys of any length");
    mac.update(secret.as_bytes());
    mac.finalize().into_bytes().into()
}
