//! Whether `critical` covers what a call does: exact paths, programs and hosts, judged where arguments are known.

mod others;
mod read;

pub use others::{There, changed_for_others, is_for_others, naming_lines, there};
pub use read::Held;

use crate::workspace::{Change, FileState, Workspace};
use others::{unnamed, unnamed_in};
use planc_lang::effects::{CriticalVerb, Grant, Resource};
use planc_lang::grants::Grants;
use planc_lang::paths::literal_prefix;
use planc_lang::syntax::EffectVerb;

/// What makes a text a glob.
const WILDCARDS: [char; 4] = ['*', '?', '[', '{'];

/// A touch that no `critical` line covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncovered {
    /// What the line would have to allow.
    pub verb: CriticalVerb,
    /// On what.
    pub resource: String,
    /// What to do where a text in a list would cover it as a glob.
    pub meant: Option<String>,
}

impl Uncovered {
    fn new(grants: &Grants<'_>, verb: CriticalVerb, resource: String) -> Uncovered {
        let meant = grants.meant_as_glob(verb, &resource);
        Uncovered { verb, resource, meant }
    }
}

impl std::fmt::Display for Uncovered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no `critical` line allows `{} \"{}\"`", self.verb.as_str(), self.resource)?;
        self.meant.as_ref().map_or(Ok(()), |meant| write!(f, "; {meant}"))
    }
}

/// What a change does to its path, as a verb of `critical`; none where nothing changes.
pub fn verb_of(change: &Change) -> Option<CriticalVerb> {
    match (&change.before, &change.after) {
        (before, after) if before == after => None,
        (FileState::Absent, _) => Some(CriticalVerb::Create),
        (_, FileState::Absent) => Some(CriticalVerb::Delete),
        _ => Some(CriticalVerb::Modify),
    }
}

/// What changes of files do, each as the verb that it is. A directory that is made on the way to something that is made in it
/// is left out.
pub fn changed(changes: &[Change]) -> Vec<(EffectVerb, Resource)> {
    let verb = |change: &Change| match (&change.before, &change.after) {
        (before, after) if before == after => None,
        (FileState::Absent, FileState::Directory { .. }) if leads_on(change, changes, |_| true) => None,
        (FileState::Absent, _) => Some(EffectVerb::Creates),
        (_, FileState::Absent) => Some(EffectVerb::Deletes),
        (_, _) => Some(EffectVerb::Writes),
    };
    changes.iter().filter_map(|change| Some((verb(change)?, Resource::Path(change.path.as_str().into())))).collect()
}

/// Whether a change makes a directory on the way to another change that counts.
fn leads_on(change: &Change, changes: &[Change], counts: impl Fn(&Change) -> bool) -> bool {
    matches!(change.after, FileState::Directory { .. })
        && changes.iter().any(|other| {
            other.path.len() > change.path.len()
                && planc_lang::paths::within(&other.path, &change.path)
                && counts(other)
        })
}

/// The changes of a call that no line covers. A directory that is made on the way to a covered path is covered; so is one
/// that is made or deleted where a line covers whatever it may hold.
pub fn uncovered_changes(grants: &Grants<'_>, changes: &[Change]) -> Vec<Uncovered> {
    let covered = |verb: CriticalVerb, path: &str| grants.iter().any(|grant| grant.allows_path(verb, path));
    let mut uncovered = Vec::new();
    for change in changes {
        let Some(verb) = verb_of(change) else { continue };
        let on_the_way = leads_on(change, changes, |other| covered(CriticalVerb::Create, &other.path));
        let is_directory = [&change.before, &change.after].iter().any(|s| matches!(s, FileState::Directory { .. }));
        let with_all_it_holds = match verb {
            // No file has this name, so only a line over all names matches.
            CriticalVerb::Create | CriticalVerb::Delete => {
                is_directory && covered(verb, &format!("{}/\0", change.path))
            }
            CriticalVerb::Read | CriticalVerb::Modify | CriticalVerb::Run | CriticalVerb::Contact => false,
        };
        if !covered(verb, &change.path) && !on_the_way && !with_all_it_holds {
            uncovered.push(Uncovered::new(grants, verb, change.path.clone()));
        }
    }
    uncovered
}

/// The changes that the lines do not allow: those that none covers, and those of what others execute later that none names.
pub fn unallowed(grants: &Grants<'_>, changes: &[Change], look: impl Fn(&str) -> There) -> Vec<Uncovered> {
    let mut unallowed = uncovered_changes(grants, changes);
    for unnamed in unnamed(grants, changes, look) {
        if !unallowed.contains(&unnamed) {
            unallowed.push(unnamed);
        }
    }
    unallowed
}

/// The programs and hosts among what a call touches that no line covers; files are judged by their changes.
pub fn uncovered_touches(grants: &Grants<'_>, touches: &[(EffectVerb, Resource)]) -> Vec<Uncovered> {
    let mut uncovered = Vec::new();
    for (verb, resource) in touches {
        let missing = match (verb, resource) {
            (EffectVerb::Reads, _) => None,
            (_, Resource::Path(_) | Resource::Glob(_) | Resource::AnyPath) => None,
            (EffectVerb::Runs, Resource::Program(argv)) => {
                (!grants.iter().any(|grant| grant.allows_program(argv))).then_some(CriticalVerb::Run)
            }
            (EffectVerb::Contacts, Resource::Host(host)) => {
                (!grants.iter().any(|grant| grant.allows_host(host))).then_some(CriticalVerb::Contact)
            }
            (verb, resource) => {
                let verb_name = match verb {
                    EffectVerb::Deletes => CriticalVerb::Delete,
                    EffectVerb::Runs => CriticalVerb::Run,
                    EffectVerb::Contacts => CriticalVerb::Contact,
                    EffectVerb::Reads | EffectVerb::Writes | EffectVerb::Creates => CriticalVerb::Modify,
                };
                (!grants.iter().any(|grant| grant.may_allow(*verb, resource))).then_some(verb_name)
            }
        };
        uncovered.extend(missing.map(|verb| Uncovered::new(grants, verb, resource.to_string())));
    }
    uncovered
}

/// The paths among what a call may change that no line covers, judged by name: for a call that is not made, so that there
/// are no changes to judge. `led` gives the paths that a path may stand for once links are followed.
pub fn uncovered_paths(
    grants: &Grants<'_>,
    touches: &[(EffectVerb, Resource)],
    mut led: impl FnMut(&str) -> Vec<String>,
) -> Vec<Uncovered> {
    let mut uncovered = Vec::new();
    for (verb, resource) in touches.iter().filter(|(verb, _)| *verb != EffectVerb::Reads) {
        let meant = match resource {
            Resource::Path(path) => led(path).into_iter().map(|path| Resource::Path(path.into())).collect(),
            Resource::Glob(_) | Resource::AnyPath => vec![resource.clone()],
            Resource::Program(_)
            | Resource::AnyProgram
            | Resource::Host(_)
            | Resource::AnyHost
            | Resource::Named(..)
            | Resource::AnyIn(_)
            | Resource::Everything => continue,
        };
        if !meant.iter().any(|resource| grants.iter().any(|grant| grant.may_allow(*verb, resource))) {
            let verb = match verb {
                EffectVerb::Deletes => CriticalVerb::Delete,
                EffectVerb::Creates => CriticalVerb::Create,
                EffectVerb::Reads | EffectVerb::Writes | EffectVerb::Runs | EffectVerb::Contacts => {
                    CriticalVerb::Modify
                }
            };
            let resource = meant.first().unwrap_or(resource).to_string();
            uncovered.push(Uncovered::new(grants, verb, resource));
        }
    }
    uncovered
}

/// The paths that somebody else than planc may change, and that no line covers: nobody records what is changed, so that all that
/// a call may touch must be covered, a folder with whatever it may hold, and what others execute later named. `is_open` says that
/// what is not known may become so.
pub fn uncovered_by_others(
    grants: &Grants<'_>,
    touches: &[(EffectVerb, Resource)],
    is_open: bool,
    mut is_folder: impl FnMut(&str) -> bool,
    workspace: &Workspace,
) -> Vec<Uncovered> {
    let mut uncovered = Vec::new();
    for (verb, resource) in touches {
        let verbs: &[CriticalVerb] = match verb {
            EffectVerb::Deletes => &[CriticalVerb::Delete],
            EffectVerb::Writes => &[CriticalVerb::Modify, CriticalVerb::Create],
            EffectVerb::Creates => &[CriticalVerb::Create, CriticalVerb::Modify],
            EffectVerb::Reads | EffectVerb::Runs | EffectVerb::Contacts => continue,
        };
        let allows = |path: &str| verbs.iter().any(|verb| grants.iter().any(|grant| grant.allows_path(*verb, path)));
        let is_covered = match resource {
            Resource::Glob(glob) if glob.contains(WILDCARDS) => {
                let same = |grant: &Grant| grant.paths().as_ref() == Some(resource) && grant.may_allow(*verb, resource);
                grants.iter().any(same) || is_whole(literal_prefix(glob), allows)
            }
            // A glob without wildcards is a path.
            Resource::Path(path) | Resource::Glob(path) => is_whole(path, allows) || allows(path) && !is_folder(path),
            Resource::AnyPath if is_open => grants.iter().any(|grant| grant.may_allow(*verb, resource)),
            Resource::AnyPath => is_whole("", allows),
            Resource::Program(_)
            | Resource::AnyProgram
            | Resource::Host(_)
            | Resource::AnyHost
            | Resource::Named(..)
            | Resource::AnyIn(_)
            | Resource::Everything => true,
        };
        let touched = match resource {
            Resource::Path(path) => Some(path.as_str()),
            Resource::Glob(glob) => Some(literal_prefix(glob)).filter(|folder| !folder.is_empty()),
            _ => None,
        };
        let unnamed = || touched.and_then(|path| unnamed_in(grants, verbs, path, workspace));
        if !is_covered {
            uncovered.push(Uncovered::new(grants, verbs[0], resource.to_string()));
        } else if let Some(resource) = unnamed() {
            uncovered.push(Uncovered::new(grants, verbs[0], resource));
        }
    }
    uncovered
}

/// Whether all that a folder may hold is allowed. No file has these names: only a line over all that lies beneath matches.
fn is_whole(folder: &str, allows: impl Fn(&str) -> bool) -> bool {
    match folder {
        "" | "." => allows("\0/\0"),
        folder => allows(&format!("{folder}/\0/\0")),
    }
}

/// What a call reads that no line of `critical` covers: for a call of which outside text decides what it reads. `led` gives
/// the paths that a path may stand for once links are followed.
pub fn uncovered_reads(
    grants: &Grants<'_>,
    touches: &[(EffectVerb, Resource)],
    mut led: impl FnMut(&str) -> Vec<String>,
) -> Vec<Uncovered> {
    let read = |path: &str| grants.iter().any(|grant| grant.allows_path(CriticalVerb::Read, path));
    let whole = |folder: &str| is_whole(folder, read);
    let mut uncovered = Vec::new();
    for (_, resource) in touches.iter().filter(|(verb, _)| *verb == EffectVerb::Reads) {
        let is_covered = match resource {
            Resource::Path(path) => led(path).iter().all(|path| read(path) || whole(path)),
            Resource::Glob(glob) if !glob.contains(WILDCARDS) => led(glob).iter().all(|path| read(path)),
            Resource::Glob(glob) => {
                let same = |grant: &Grant| grant.resource == *glob && grant.may_allow(EffectVerb::Reads, resource);
                grants.iter().any(same) || whole(literal_prefix(glob))
            }
            Resource::AnyPath | Resource::Everything => false,
            // Outside of the workspace the rules of information flow bound what is read.
            Resource::Program(_)
            | Resource::AnyProgram
            | Resource::Host(_)
            | Resource::AnyHost
            | Resource::Named(..)
            | Resource::AnyIn(_) => true,
        };
        if !is_covered {
            uncovered.push(Uncovered::new(grants, CriticalVerb::Read, resource.to_string()));
        }
    }
    uncovered
}
