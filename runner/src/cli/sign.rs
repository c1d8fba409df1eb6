//! A statement ⟶ signed with the approver's key: in a file, which may be locked, or held by an agent; and the two files in
//! which a signed statement travels.

use super::fault::Fault;
use super::session::Session;
use super::terminal::{Terminal, Typed};
use crate::approval::{
    MAX_STATEMENT_BYTES, Signature, Signed, Signers, Statement, agent_keys, sign_with_agent, sign_with_key,
};
use crate::render::text::inline;
use crate::run::Stop;
use ssh_key::{PrivateKey, PublicKey};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The variable that names the socket of the agent.
const AGENT: &str = "SSH_AUTH_SOCK";

/// The end of the name of a file with a signature, as `ssh-keygen -Y sign` has it.
pub const SUFFIX: &str = "sig";

/// Signs a statement. Without a key the agent is asked, which must hold one key of the signers.
pub fn sign(session: &Session, key: Option<&Path>, signers: &Signers, statement: &Statement) -> Result<Signed, Fault> {
    let text = statement.text();
    let signature = match key {
        None => with_agent(&only_key(signers)?, &text)?,
        Some(name) => {
            let path = session.path(name);
            let content = read(&path)?;
            match PublicKey::from_openssh(content.trim()) {
                Ok(public) => with_agent(&public, &text)?,
                Err(_) => sign_with_key(&unlocked(&path, &content)?, text.as_bytes()).map_err(cannot)?,
            }
        }
    };
    Ok(Signed { statement: text, signature: signature.text() })
}

fn cannot(error: impl std::fmt::Display) -> Fault {
    Fault::usage(format!("cannot sign: {error}"))
}

fn socket() -> Result<PathBuf, Fault> {
    let socket = std::env::var_os(AGENT).filter(|socket| !socket.is_empty()).map(PathBuf::from);
    socket
        .ok_or_else(|| cannot("there is no agent of keys").help("name a file with `--key FILE`, or start `ssh-agent`"))
}

fn with_agent(key: &PublicKey, text: &str) -> Result<Signature, Fault> {
    sign_with_agent(&socket()?, key, text.as_bytes()).map_err(cannot)
}

/// The one key of the signers that the agent holds.
fn only_key(signers: &Signers) -> Result<PublicKey, Fault> {
    let now = jiff::Timestamp::now();
    let held = agent_keys(&socket()?).map_err(cannot)?;
    let is_signer = |key: &PublicKey| signers.keys(now).any(|signer| signer.key.key_data() == key.key_data());
    let mut keys: Vec<PublicKey> = held.into_iter().filter(is_signer).collect();
    match keys.len() {
        1 => Ok(keys.remove(0)),
        0 => Err(cannot("the agent holds no key of the signers").help("name a file with `--key FILE`")),
        _ => {
            Err(cannot("the agent holds several keys of the signers").help("name the public one with `--key FILE.pub`"))
        }
    }
}

/// A key that is open; one that is locked is opened with what is typed on the terminal.
fn unlocked(path: &Path, content: &str) -> Result<PrivateKey, Fault> {
    let bad = |error: ssh_key::Error| Fault::usage(format!("`{}` is no key that can sign: {error}", path.display()));
    let key = PrivateKey::from_openssh(content).map_err(bad)?;
    if !key.is_encrypted() {
        return Ok(key);
    }
    let terminal = Terminal::open().ok_or_else(|| cannot("the key is locked, and there is no terminal to ask on"))?;
    let prompt = format!("The passphrase of {} (not shown): ", inline(&path.to_string_lossy()));
    match terminal.ask_hidden(&prompt, &Stop::new()) {
        Ok(Typed::Line(text)) if !text.is_empty() => {
            key.decrypt(text).map_err(|_| cannot("that does not open the key"))
        }
        Ok(Typed::Line(_) | Typed::End | Typed::Interrupted) => Err(cannot("the key was not opened")),
        Err(error) => Err(cannot(error)),
    }
}

/// Writes a statement, and its signature beside it.
pub fn write(path: &Path, signed: &Signed) -> Result<(), Fault> {
    put(path, &signed.statement)?;
    match signed.signature.is_empty() {
        true => Ok(()),
        false => put(&beside(path), &signed.signature),
    }
}

fn put(path: &Path, text: &str) -> Result<(), Fault> {
    let failed = |error: std::io::Error| Fault::usage(format!("cannot write `{}`: {error}", path.display()));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o644).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

/// Reads a statement and the signature beside it.
pub fn read_signed(path: &Path) -> Result<Signed, Fault> {
    Ok(Signed { statement: read(path)?, signature: read(&beside(path))? })
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(SUFFIX);
    PathBuf::from(name)
}

fn read(path: &Path) -> Result<String, Fault> {
    let failed = |error: std::io::Error| Fault::usage(format!("cannot read `{}`: {error}", path.display()));
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(MAX_STATEMENT_BYTES as u64 + 1).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
