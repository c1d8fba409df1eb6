//! What is configured, and what the system says about it ⟶ how much an approval proves here. A level is claimed only where all
//! that it rests on was looked at and found so; whatever cannot be told counts as missing.

use super::signature::{MAX_KEY_BYTES, agent_keys};
use super::signers::Signers;
use crate::config::{Config, Rule};
use crate::report::Assurance;
use jiff::Timestamp;
use nix::unistd::{Gid, Uid, User, getgrouplist};
use ssh_key::{Algorithm, PrivateKey, PublicKey};
use std::collections::BTreeSet;
use std::ffi::CString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How much an approval proves, and what that rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footing {
    /// How much.
    pub level: Assurance,
    /// What was found, and what is missing: phrases.
    pub grounds: Vec<String>,
}

/// The variable that names the agent of keys.
const AGENT: &str = "SSH_AUTH_SOCK";

/// The sticky bit: in such a directory only the owner of an entry may replace it.
const STICKY: u32 = 0o1000;

/// How much an approval by a rule proves.
pub fn assess(config: &Config, rule: Rule) -> Footing {
    let (signed, gateway) = (signed_record(config, rule), gateway(config));
    let level = match (&signed, &gateway) {
        (Ok(_), Ok(_)) => Assurance::Enforced,
        (Ok(_), Err(_)) => Assurance::SignedRecord,
        (Err(_), Ok(_)) => Assurance::Gateway,
        (Err(_), Err(_)) => Assurance::Advisory,
    };
    let phrase = |name: &str, found: Result<String, String>| match found {
        Ok(why) => format!("{name}: {why}"),
        Err(why) => format!("no {name}: {why}"),
    };
    Footing { level, grounds: vec![phrase("signed record", signed), phrase("gateway", gateway)] }
}

/// Whether a yes is a signature that only people can make: as far as planc sees, with keys that its account cannot use.
fn signed_record(config: &Config, rule: Rule) -> Result<String, String> {
    if !rule.is_signed() {
        return Err("no signature is required".to_owned());
    }
    let path = config.approval.signers.as_deref().ok_or("no file of signers is named")?;
    let signers = Signers::read(path).map_err(|error| error.to_string())?;
    let now = Timestamp::now();
    let people: BTreeSet<&str> = signers.keys(now).map(|signer| signer.principals.as_str()).collect();
    if (people.len() as u32) < rule.approvers() {
        return Err(format!("{} can sign, and {} are wanted", people.len(), rule.approvers()));
    }
    let (mut at_hand, held) = (keys_in_folders(&config.approval.agents), keys_of_agent());
    at_hand.extend(held.iter().flatten().cloned());
    // Keys that somebody has to touch are held by nobody else.
    let usable = || signers.keys(now).filter(|signer| signer.key.algorithm() != Algorithm::SkEd25519);
    if let Some(signer) = usable().find(|signer| at_hand.iter().any(|key| signer.is(key))) {
        return Err(format!("the key of {} is at hand for the account of planc or of an agent", signer.principals));
    }
    if let (Err(why), Some(signer)) = (held, usable().next()) {
        return Err(format!("{why}, so that it cannot be told whether one holds the key of {}", signer.principals));
    }
    Ok(format!(
        "{} is required; no key of those who may sign was found in `~/.ssh`, nor with the agent of keys that `{AGENT}` names",
        rule.told()
    ))
}

/// Whether those who run as other accounts reach the workspace and planc's own files only through planc.
fn gateway(config: &Config) -> Result<String, String> {
    if config.approval.agents.is_empty() {
        return Err("`[approval] agents` names no account that agents run as".to_owned());
    }
    for name in &config.approval.agents {
        let user = User::from_name(name).ok().flatten().ok_or(format!("there is no account `{name}`"))?;
        if user.uid == nix::unistd::getuid() || user.uid == nix::unistd::geteuid() {
            return Err(format!("`{name}` is the account of planc"));
        }
        if user.uid.is_root() {
            return Err(format!("`{name}` may do anything"));
        }
        let name = CString::new(name.as_str()).map_err(|_| format!("`{name}` is no name"))?;
        let groups = getgrouplist(&name, user.gid).map_err(|error| format!("its groups are not known: {error}"))?;
        for path in places(config) {
            unreachable_for(&path, user.uid, &groups)?;
        }
    }
    Ok(format!(
        "`{}` cannot write to the workspace, the state, the configuration or the program; what they reach elsewhere, planc \
         does not see",
        config.approval.agents.join("`, `")
    ))
}

/// Everything that an agent must not change by itself.
fn places(config: &Config) -> Vec<PathBuf> {
    let mut places = vec![config.workspace.clone(), config.state.clone()];
    places.extend(config.file.clone());
    places.extend(config.catalogues.iter().cloned());
    places.extend(config.cedar.clone());
    places.extend(config.approval.signers.clone());
    places.extend(std::env::current_exe().ok());
    places
}

/// Whether an account can neither write to a path nor put something else in its place. Lists of access beside the mode are not
/// read: where there is one, it cannot be told.
fn unreachable_for(path: &Path, uid: Uid, groups: &[Gid]) -> Result<(), String> {
    let real = path.canonicalize().map_err(|error| format!("`{}`: {error}", path.display()))?;
    let mut below: Option<u32> = None;
    for part in real.ancestors() {
        let shown = part.display();
        let metadata = part.symlink_metadata().map_err(|error| format!("`{shown}`: {error}"))?;
        let mode = metadata.mode();
        let may_write = match metadata.uid() == uid.as_raw() {
            true => true,
            false if groups.iter().any(|group| group.as_raw() == metadata.gid()) => mode & 0o020 != 0,
            false => mode & 0o002 != 0,
        };
        // Above the path itself the question is whether the entry can be replaced.
        let is_held =
            below.is_some_and(|owner| mode & STICKY != 0 && owner != uid.as_raw() && metadata.uid() != uid.as_raw());
        if may_write && !is_held {
            return Err(format!("the account {uid} may write to `{shown}`"));
        }
        if has_list(part) {
            return Err(format!("`{shown}` has a list of access, which is not read"));
        }
        below = Some(metadata.uid());
    }
    Ok(())
}

fn has_list(path: &Path) -> bool {
    rustix::fs::getxattr_query(path, "system.posix_acl_access").is_ok_and(|bytes| bytes > 0)
}

/// The public keys of which the agent of keys holds the private ones. Who calls planc names it, or none.
fn keys_of_agent() -> Result<Vec<PublicKey>, String> {
    let socket = std::env::var_os(AGENT).ok_or_else(|| format!("`{AGENT}` names no agent of keys"))?;
    agent_keys(Path::new(&socket)).map_err(|_| format!("no agent of keys answers where `{AGENT}` says"))
}

/// The public keys of which the private ones lie in the usual folder of the account of planc, or of one that agents run as.
fn keys_in_folders(agents: &[String]) -> Vec<PublicKey> {
    let own = User::from_uid(nix::unistd::getuid()).ok().flatten();
    let others = agents.iter().filter_map(|name| User::from_name(name).ok().flatten());
    let mut homes: Vec<PathBuf> = own.into_iter().chain(others).map(|user| user.dir).collect();
    homes.extend(std::env::var_os("HOME").map(PathBuf::from));
    let folders = homes.iter().filter_map(|home| std::fs::read_dir(home.join(".ssh")).ok());
    folders.flat_map(|entries| entries.flatten()).filter_map(|entry| key_in(&entry.path())).collect()
}

/// The public part of the private key in a file, if there is one; it stands in the open also where the key is locked.
fn key_in(path: &Path) -> Option<PublicKey> {
    let metadata = path.metadata().ok()?;
    if !metadata.is_file() || metadata.len() > MAX_KEY_BYTES {
        return None;
    }
    let key = PrivateKey::from_openssh(std::fs::read_to_string(path).ok()?).ok()?;
    Some(key.public_key().clone())
}
