//! What may be written and contacted ⟶ rules of Landlock: a second wall behind the mounts, which also keeps the mounts as they
//! are, other processes out of reach, and signals inside.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, NetPort, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, Scope,
};
use std::path::{Path, PathBuf};

/// The newest version that these rules were written for.
const KNOWN: ABI = ABI::V6;
/// The oldest version that will do: files, truncation, TCP.
const NEEDED: ABI = ABI::V4;

/// What Landlock is told.
pub(super) struct Rules<'a> {
    /// Folders in which everything may be done.
    pub(super) write: &'a [PathBuf],
    /// Devices that may be written.
    pub(super) devices: &'a [PathBuf],
    /// The TCP ports that may be connected to.
    pub(super) ports: &'a [u16],
}

/// Puts the rules on this thread and all that it starts. Everything may be read: what may not be is not there.
pub(super) fn apply(rules: &Rules<'_>) -> Result<(), String> {
    let said = |error: landlock::RulesetError| format!("landlock: {error}");
    let opened = |path: &Path| PathFd::new(path).map_err(|error| format!("landlock: {}: {error}", path.display()));
    let created = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(NEEDED))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(NEEDED)))
        .map(|ruleset| ruleset.set_compatibility(CompatLevel::BestEffort))
        .and_then(|ruleset| ruleset.handle_access(AccessFs::from_all(KNOWN)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(KNOWN)))
        .and_then(Ruleset::create)
        .map_err(said)?;
    let mut created =
        created.add_rule(PathBeneath::new(opened(Path::new("/"))?, AccessFs::from_read(KNOWN))).map_err(said)?;
    for folder in rules.write {
        created = created.add_rule(PathBeneath::new(opened(folder)?, AccessFs::from_all(KNOWN))).map_err(said)?;
    }
    for device in rules.devices {
        let access = AccessFs::WriteFile | AccessFs::ReadFile;
        created = created.add_rule(PathBeneath::new(opened(device)?, access)).map_err(said)?;
    }
    for port in rules.ports {
        created = created.add_rule(NetPort::new(*port, AccessNet::ConnectTcp)).map_err(said)?;
    }
    let status = created.restrict_self().map_err(said)?;
    match status.no_new_privs {
        true => Ok(()),
        false => Err("landlock: new privileges cannot be ruled out".into()),
    }
}
