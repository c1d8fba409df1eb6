//! Whether `critical` covers what a call does: exact paths, programs and hosts, judged where arguments are known.

use crate::workspace::{Change, FileState, Kind, Workspace};
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
}

impl std::fmt::Display for Uncovered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no `critical` line allows `{} \"{}\"`", self.verb.as_str(), self.resource)
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
            uncovered.push(Uncovered { verb, resource: change.path.clone() });
        }
    }
    uncovered
}

/// What in the folder of a repository is only data: objects, the names of commits, what is staged, texts of commits. All
/// else in it, and whatever leads to such a folder, decides what git executes.
const DATA: [&str; 23] = [
    "objects",
    "refs",
    "logs",
    "lfs",
    "rr-cache",
    "index",
    "packed-refs",
    "shallow",
    "description",
    "HEAD",
    "ORIG_HEAD",
    "FETCH_HEAD",
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "AUTO_MERGE",
    "COMMIT_EDITMSG",
    "MERGE_MSG",
    "MERGE_MODE",
    "MERGE_RR",
    "SQUASH_MSG",
    "TAG_EDITMSG",
    "gc.log",
];

/// The same in its folder `info`.
const DATA_OF_INFO: [&str; 3] = ["exclude", "refs", "sparse-checkout"];

/// What makes git execute something where a folder is a repository without being called `.git`.
const OF_BARE: [&str; 10] = [
    "config",
    "config.worktree",
    "commondir",
    "hooks",
    "info",
    "modules",
    "worktrees",
    "rebase-merge",
    "rebase-apply",
    "sequencer",
];

/// What every repository has, whatever its folder is called.
const HEAD: &str = "HEAD";

/// What decides what the clients of agents execute and allow: their hooks, their servers, their rules.
const OF_CLIENTS: [&str; 4] = [".claude", ".codex", ".gemini", ".mcp.json"];

/// The place of a path that decides what others execute later and outside of any cell, whoever wrote it: the configuration of
/// agents' clients, the hooks and the configuration of a repository, and what makes something a repository. `is_repository`
/// tells that of a folder.
fn decides(path: &str, is_repository: impl Fn(&str) -> bool) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let is_of_client = |part: &&str| OF_CLIENTS.iter().any(|name| part.eq_ignore_ascii_case(name));
    if let Some(at) = parts.iter().position(is_of_client) {
        return Some(parts[..=at].join("/"));
    }
    let is_git = |part: &&str| part.eq_ignore_ascii_case(".git");
    let mut in_git = false;
    for (at, _) in parts.iter().enumerate().filter(|(_, part)| is_git(part)) {
        in_git = true;
        let within = match &parts[at + 1..] {
            // A file or a link of this name leads to a repository.
            [] => return Some(path.to_owned()),
            ["worktrees", _, own @ ..] if !own.is_empty() => own,
            within => within,
        };
        if !is_data(within) {
            return Some(parts[..at + 2].join("/"));
        }
    }
    if in_git {
        return None;
    }
    if parts.last() == Some(&HEAD) {
        return Some(path.to_owned());
    }
    let is_of_bare =
        |at: &usize| OF_BARE.contains(&parts[*at]) && !is_data(&parts[*at..]) && is_repository(&parts[..*at].join("/"));
    (0..parts.len()).find(is_of_bare).map(|at| parts[..=at].join("/"))
}

fn is_data(within: &[&str]) -> bool {
    match within {
        ["info", own, ..] => DATA_OF_INFO.contains(own),
        [own, ..] => DATA.contains(own),
        [] => true,
    }
}

/// Whether something is at a path of the workspace; also where that cannot be told.
pub fn is_there(workspace: &Workspace, path: &str) -> bool {
    workspace.kind(path) != Ok(Kind::Missing)
}

/// The changes that the lines do not allow: those that none covers, and those of what others execute later that none names.
pub fn unallowed(grants: &Grants<'_>, changes: &[Change], exists: impl Fn(&str) -> bool) -> Vec<Uncovered> {
    let mut unallowed = uncovered_changes(grants, changes);
    for unnamed in executed_later(grants, changes, exists) {
        if !unallowed.contains(&unnamed) {
            unallowed.push(unnamed);
        }
    }
    unallowed
}

/// Whether a change of a path may decide what others execute later.
pub fn may_be_executed_later(path: &str) -> bool {
    decides(path, |_| false).is_some()
}

/// The changes of what others execute later that no line names: a line with a wildcard does not count unless it names the place
/// itself. `exists` tells whether something is at a path, before or after them.
fn executed_later(grants: &Grants<'_>, changes: &[Change], exists: impl Fn(&str) -> bool) -> Vec<Uncovered> {
    let is_new =
        |path: &str| changes.iter().any(|change| change.path == path && !matches!(change.after, FileState::Absent));
    let is_repository = |folder: &str| {
        let head = if folder.is_empty() { HEAD.to_owned() } else { format!("{folder}/{HEAD}") };
        exists(&head) || is_new(&head)
    };
    let mut unnamed = Vec::new();
    for change in changes {
        let Some(verb) = verb_of(change) else { continue };
        // A folder is nothing that is executed.
        if [&change.before, &change.after].iter().all(|s| matches!(s, FileState::Directory { .. } | FileState::Absent))
        {
            continue;
        }
        let Some(place) = decides(&change.path, is_repository) else { continue };
        let names = |text: &str| planc_lang::paths::within(text.strip_prefix("file:").unwrap_or(text), &place);
        if !grants.iter().any(|grant| grant.allows_path(verb, &change.path) && names(&grant.resource)) {
            unnamed.push(Uncovered { verb, resource: change.path.clone() });
        }
    }
    unnamed
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
        uncovered.extend(missing.map(|verb| Uncovered { verb, resource: resource.to_string() }));
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
            uncovered.push(Uncovered { verb, resource });
        }
    }
    uncovered
}

/// What a call reads that no line of `critical` covers: for a call of which outside text decides what it reads. `led` gives
/// the paths that a path may stand for once links are followed.
pub fn uncovered_reads(
    grants: &Grants<'_>,
    touches: &[(EffectVerb, Resource)],
    mut led: impl FnMut(&str) -> Vec<String>,
) -> Vec<Uncovered> {
    let read = |path: &str| grants.iter().any(|grant| grant.allows_path(CriticalVerb::Read, path));
    // No file has these names: only a line over all that lies beneath matches.
    let whole = |directory: &str| match directory {
        "" | "." => read("\0/\0"),
        directory => read(&format!("{directory}/\0/\0")),
    };
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
            uncovered.push(Uncovered { verb: CriticalVerb::Read, resource: resource.to_string() });
        }
    }
    uncovered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_executes_is_told_from_what_it_keeps() {
        let at = |path: &str| decides(path, |folder| matches!(folder, "bare" | "sub/bare"));
        for (path, place) in [
            (".git", ".git"),
            ("sub/.git", "sub/.git"),
            ("sub/.GIT/config", "sub/.GIT/config"),
            (".git/hooks/pre-commit", ".git/hooks"),
            (".git/commondir", ".git/commondir"),
            (".git/info/attributes", ".git/info"),
            (".git/modules/a/config", ".git/modules"),
            (".git/worktrees/a/commondir", ".git/worktrees"),
            (".git/rebase-merge/git-rebase-todo", ".git/rebase-merge"),
            (".git/objects/a/.git/config", ".git/objects/a/.git/config"),
            ("new/HEAD", "new/HEAD"),
            ("bare/config", "bare/config"),
            ("sub/bare/hooks/update", "sub/bare/hooks"),
            ("bare/info/attributes", "bare/info"),
        ] {
            assert_eq!(at(path).as_deref(), Some(place), "{path}");
        }
        for path in [
            "a.txt",
            "config",
            "sub/config",
            "hooks/x",
            "bare/objects/aa/bb",
            "bare/info/exclude",
            ".git/HEAD",
            ".git/index",
            ".git/objects/aa/bb",
            ".git/refs/remotes/origin/HEAD",
            ".git/refs/heads/config",
            ".git/logs/HEAD",
            ".git/info/exclude",
            ".git/worktrees/a/index",
        ] {
            assert_eq!(at(path), None, "{path}");
        }
    }
}
