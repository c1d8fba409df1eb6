//! Keys and files of signatures: a text ⟶ its signature by a person's key; what was signed elsewhere ⟶ read again.

use super::fault::Fault;
use super::session::Session;
use super::terminal::{Terminal, Typed, hidden};
use crate::approval::{
    MAX_KEY_BYTES, MAX_STATEMENT_BYTES, Signature, Signed, Signers, agent_keys, sign_with_agent, sign_with_key,
};
use crate::desk::Desk;
use crate::render::text::inline;
use crate::writing::{Place, USUAL_MODE};
use ssh_key::PrivateKey;
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The variable in which OpenSSH names the socket of its agent.
const AGENT: &str = "SSH_AUTH_SOCK";

/// The file of the signature of a file.
pub fn beside(path: &Path) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// What was signed elsewhere: a file, and its signature beside it.
pub fn read(path: &Path) -> Result<Signed, Fault> {
    Ok(Signed {
        statement: text(path, MAX_STATEMENT_BYTES as u64)?,
        signature: text(&beside(path), MAX_STATEMENT_BYTES as u64)?,
    })
}

/// Writes a file that is not there yet.
pub fn write(place: &Place, text: &str) -> Result<(), Fault> {
    let shown = inline(&place.path().display().to_string());
    place.create(text.as_bytes(), USUAL_MODE).map_err(|error| Fault::usage(format!("cannot write `{shown}`: {error}")))
}

fn text(path: &Path, limit: u64) -> Result<String, Fault> {
    let failed = |why: String| Fault::usage(format!("cannot read `{}`: {why}", path.display()));
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| failed(error.to_string()))?;
    file.take(limit + 1).read_to_string(&mut text).map_err(|error| failed(error.to_string()))?;
    match text.len() as u64 > limit {
        true => Err(failed(format!("it has more than {limit} bytes"))),
        false => Ok(text),
    }
}

/// Signs a text with a key in a file, or with one that the agent holds and whose signatures count.
pub fn sign(
    session: &Session,
    terminal: &Terminal,
    desk: &Desk,
    key: Option<&Path>,
    text: &[u8],
) -> Result<Signature, Fault> {
    let refused = |why: String| Fault::usage(format!("nothing was signed: {why}"));
    if let Some(path) = key {
        return sign_with_key(&open(terminal, &session.path(path))?, text).map_err(|error| refused(error.to_string()));
    }
    let socket = std::env::var_os(AGENT).map(PathBuf::from).ok_or_else(|| {
        refused("there is no agent of keys".into()).help("name the file of a private key with `--key FILE`")
    })?;
    let held = agent_keys(&socket).map_err(|error| refused(error.to_string()))?;
    let signers = desk.config.approval.signers.as_deref().map(Signers::read).transpose();
    let signers = signers.map_err(|error| refused(error.to_string()))?;
    let now = desk.store.time()?;
    let counts = |key: &&ssh_key::PublicKey| {
        signers.as_ref().is_none_or(|signers| signers.keys(now).any(|signer| signer.is(key)))
    };
    let Some(key) = held.iter().find(counts) else {
        return Err(refused("the agent holds no Ed25519 key whose signatures count here".into())
            .help("`ssh-add` gives it one; `[approval] signers` says whose count"));
    };
    sign_with_agent(&socket, key, text).map_err(|error| refused(error.to_string()))
}

/// A private key from a file; asks for its passphrase where it has one.
fn open(terminal: &Terminal, path: &Path) -> Result<PrivateKey, Fault> {
    let shown = inline(&path.display().to_string());
    let refused = |why: String| Fault::usage(format!("the key in `{shown}` cannot be used: {why}"));
    let key = PrivateKey::from_openssh(text(path, MAX_KEY_BYTES)?).map_err(|error| refused(error.to_string()))?;
    if !key.is_encrypted() {
        return Ok(key);
    }
    match hidden(terminal, &format!("Passphrase of {shown}: ")) {
        Ok(Typed::Line(passphrase)) => {
            key.decrypt(passphrase).map_err(|_| refused("that is not its passphrase".into()))
        }
        Ok(Typed::End | Typed::Interrupted) => Err(refused("no passphrase was given".into())),
        Err(error) => Err(refused(format!("the terminal cannot be used: {error}"))),
    }
}
