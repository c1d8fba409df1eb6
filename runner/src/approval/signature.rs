//! Signatures as `ssh-keygen -Y sign` makes them: a text and a key, in a file or held by an agent ⟶ a signature, and whether
//! one holds.
//!
//! Ed25519 alone, also on security keys, where it must say that a person touched them. Knows nothing of what is signed.

use ssh_agent_client_rs::{Client, Identity};
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};
use std::path::Path;

/// The largest text that is read as what was signed, or as a signature.
pub const MAX_STATEMENT_BYTES: usize = 1024 * 1024;

/// The largest file that is read as a private key.
pub const MAX_KEY_BYTES: u64 = 64 * 1024;

/// What the signatures are for, so that one that was made for something else, such as a commit, is none of these.
pub const NAMESPACE: &str = "planc-approval";

/// The flag of a security key that says that a person touched it.
const TOUCHED: u8 = 1;

/// Behind the signature proper, a security key gives its flags and a counter of four bytes.
const SK_TRAILER: usize = 5;

/// A signature.
#[derive(Clone, Debug)]
pub struct Signature {
    sig: SshSig,
}

/// Why there is no signature, or why it does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is none.
    #[error("it is no signature of OpenSSH: {0}")]
    Unreadable(String),
    /// It is for something else.
    #[error("it was made for `{found}`, not for `{NAMESPACE}`")]
    OtherNamespace {
        /// For what.
        found: String,
    },
    /// The kind of key is not taken.
    #[error("keys of kind {0} are not taken: only Ed25519 is")]
    OtherKind(String),
    /// Nobody touched the security key.
    #[error("nobody touched the security key")]
    Untouched,
    /// It is not of this text.
    #[error("it was made for another text, or by another key")]
    Broken,
    /// The agent does not sign.
    #[error("the agent of keys does not sign: {0}")]
    Agent(String),
}

impl Signature {
    /// Reads its armored form.
    pub fn parse(text: &str) -> Result<Signature, SignatureError> {
        if text.len() > MAX_STATEMENT_BYTES {
            return Err(SignatureError::Unreadable(format!("it has more than {MAX_STATEMENT_BYTES} bytes")));
        }
        let sig = SshSig::from_pem(text).map_err(|error| SignatureError::Unreadable(error.to_string()))?;
        if sig.namespace() != NAMESPACE {
            return Err(SignatureError::OtherNamespace { found: sig.namespace().to_owned() });
        }
        if !is_taken(&sig.algorithm()) {
            return Err(SignatureError::OtherKind(sig.algorithm().to_string()));
        }
        Ok(Signature { sig })
    }

    /// Whether it holds for a text.
    pub fn check(&self, text: &[u8]) -> Result<(), SignatureError> {
        self.key().verify(NAMESPACE, text, &self.sig).map_err(|_| SignatureError::Broken)?;
        let bytes = self.sig.signature_bytes();
        let flags = bytes.len().checked_sub(SK_TRAILER).and_then(|at| bytes.get(at));
        match self.sig.algorithm() {
            Algorithm::SkEd25519 if flags.is_none_or(|flags| flags & TOUCHED == 0) => Err(SignatureError::Untouched),
            _ => Ok(()),
        }
    }

    /// The key that made it.
    pub fn key(&self) -> PublicKey {
        PublicKey::from(self.sig.public_key().clone())
    }

    /// The fingerprint of that key, `SHA256:…`.
    pub fn fingerprint(&self) -> String {
        self.key().fingerprint(HashAlg::Sha256).to_string()
    }

    /// Its armored form.
    pub fn text(&self) -> String {
        let mut text = self.sig.to_pem(LineEnding::LF).unwrap_or_default();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }
}

/// Whether signatures by this kind of key count.
pub(super) fn is_taken(algorithm: &Algorithm) -> bool {
    matches!(algorithm, Algorithm::Ed25519 | Algorithm::SkEd25519)
}

/// Signs a text with a key that is open.
pub fn sign_with_key(key: &PrivateKey, text: &[u8]) -> Result<Signature, SignatureError> {
    if !is_taken(&key.algorithm()) {
        return Err(SignatureError::OtherKind(key.algorithm().to_string()));
    }
    let sig = key.sign(NAMESPACE, HashAlg::Sha512, text);
    sig.map(|sig| Signature { sig }).map_err(|error| SignatureError::Unreadable(error.to_string()))
}

/// The keys that an agent holds and whose signatures would count.
pub fn agent_keys(socket: &Path) -> Result<Vec<PublicKey>, SignatureError> {
    let mut client = Client::connect(socket).map_err(|error| SignatureError::Agent(error.to_string()))?;
    let held = client.list_all_identities().map_err(|error| SignatureError::Agent(error.to_string()))?;
    let key = |identity: Identity<'static>| match identity {
        Identity::PublicKey(key) => Some(key.into_owned()),
        Identity::Certificate(_) => None,
    };
    Ok(held.into_iter().filter_map(key).filter(|key| is_taken(&key.algorithm())).collect())
}

/// Lets an agent sign a text with a key that it holds.
pub fn sign_with_agent(socket: &Path, key: &PublicKey, text: &[u8]) -> Result<Signature, SignatureError> {
    let agent = |error: String| SignatureError::Agent(error);
    let mut client = Client::connect(socket).map_err(|error| agent(error.to_string()))?;
    let data = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, text).map_err(|error| agent(error.to_string()))?;
    let made = client.sign(key, &data).map_err(|error| agent(error.to_string()))?;
    let key: KeyData = key.key_data().clone();
    let sig = SshSig::new(key, NAMESPACE, HashAlg::Sha512, made).map_err(|error| agent(error.to_string()))?;
    let signature = Signature { sig };
    // An agent may answer anything.
    signature.check(text)?;
    Ok(signature)
}
