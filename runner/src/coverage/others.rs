//! What others execute or go by later, outside of any cell, whoever wrote it ⟶ told by its path: the configuration of agents'
//! clients, the hooks and the configuration of repositories. What the lines of `critical` must name, and what no yes that
//! nobody has read is a yes to.

use super::{Uncovered, verb_of};
use crate::config::{OF_CLIENTS, OF_GIT};
use crate::workspace::{Change, FileState, Kind, Workspace};
use planc_lang::effects::{CriticalVerb, Grant};
use planc_lang::grants::Grants;
use planc_lang::names::split_space;
use planc_lang::paths::{literal_prefix, within};
use std::collections::HashSet;

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
    COMMON,
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

/// What a folder has that the repositories of several worktrees share: its configuration and its hooks are theirs.
const SHARED: [&str; 2] = ["objects", "refs"];

/// What a folder has instead whose repository shares those of another.
const COMMON: &str = "commondir";

/// The folders of version control other than git, which decide as a whole what others execute.
const OF_OTHER_VERSION_CONTROL: [&str; 6] = [".hg", ".jj", ".svn", ".bzr", ".pijul", "_darcs"];

/// The place of a path that decides what others execute later and outside of any cell, whoever wrote it: the configuration of
/// agents' clients, the hooks and the configuration of a repository, and what makes something a repository. `exists` tells
/// whether something is at a path.
fn decides(path: &str, exists: &impl Fn(&str) -> bool) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let whole = OF_CLIENTS.iter().chain(&OF_OTHER_VERSION_CONTROL);
    let is_whole = |part: &&str| whole.clone().any(|name| part.eq_ignore_ascii_case(name));
    if let Some(at) = parts.iter().position(is_whole) {
        return Some(parts[..=at].join("/"));
    }
    let is_git = |part: &&str| part.eq_ignore_ascii_case(OF_GIT);
    let mut in_git = false;
    for (at, _) in parts.iter().enumerate().filter(|(_, part)| is_git(part)) {
        in_git = true;
        let within = match &parts[at + 1..] {
            // A file or a link of this name leads to a repository.
            [] => return Some(path.to_owned()),
            within => own(within),
        };
        if !is_data(within) {
            return Some(parts[..at + 2].join("/"));
        }
    }
    if in_git {
        return repository_in_git(path, exists);
    }
    if parts.last() == Some(&HEAD) {
        return Some(path.to_owned());
    }
    let is_of_bare = |at: &usize| {
        OF_BARE.contains(&parts[*at]) && !is_data(&parts[*at..]) && is_repository(&parts[..*at].join("/"), exists)
    };
    (0..parts.len()).find(is_of_bare).map(|at| parts[..=at].join("/"))
}

/// The folder among the data of a repository in which a path lies, where git takes it for a repository of its own: then it has a
/// configuration, or may get one, whatever its place is for.
fn repository_in_git(path: &str, exists: &impl Fn(&str) -> bool) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let git = parts.iter().rposition(|part| part.eq_ignore_ascii_case(OF_GIT))?;
    let first = parts.len() - own(&parts[git + 1..]).len() + 1;
    let folders = (first..parts.len()).map(|end| parts[..end].join("/"));
    let is_one = |folder: &String| {
        let has = |name: &str| exists(&format!("{folder}/{name}"));
        has(HEAD) && (SHARED.iter().all(|name| has(name)) || has(COMMON))
    };
    folders.into_iter().find(is_one)
}

/// What in the folder of a repository is to be judged as such: each worktree has a folder of its own there.
fn own<'p>(within: &'p [&'p str]) -> &'p [&'p str] {
    match within {
        ["worktrees", _, own @ ..] if !own.is_empty() => own,
        within => within,
    }
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

/// Whether a folder is that of a repository, whatever it is called. `exists` tells whether something is at a path.
fn is_repository(folder: &str, exists: &impl Fn(&str) -> bool) -> bool {
    let has = |name: &str| match folder {
        "" => exists(name),
        folder => exists(&format!("{folder}/{name}")),
    };
    has(HEAD) || SHARED.iter().all(|name| has(name))
}

/// Whether others execute or go by what is at a path. `exists` tells whether something is at a path.
pub fn is_for_others(path: &str, exists: impl Fn(&str) -> bool) -> bool {
    decides(path, &exists).is_some()
}

/// The changes of what others execute or go by, each with what it does and the place that a line must name. `exists` tells
/// whether something is at a path, before or after them.
fn for_others(
    changes: &[Change],
    exists: impl Fn(&str) -> bool,
) -> impl Iterator<Item = (&Change, CriticalVerb, String)> {
    let left = changes.iter().filter(|change| !matches!(change.after, FileState::Absent));
    let left: HashSet<&str> = left.map(|change| change.path.as_str()).collect();
    let exists = move |path: &str| exists(path) || left.contains(path);
    changes.iter().filter_map(move |change| {
        let verb = verb_of(change)?;
        let place = decides(&change.path, &exists)?;
        // A folder is nothing that is executed, unless it makes a repository of the one that it lies in.
        let is_folder = |state: &FileState| matches!(state, FileState::Directory { .. } | FileState::Absent);
        let is_nothing = [&change.before, &change.after].into_iter().all(is_folder);
        (!is_nothing || repository_in_git(&change.path, &exists).is_some()).then_some((change, verb, place))
    })
}

/// The paths among changes that others execute or go by.
pub fn changed_for_others(changes: &[Change], exists: impl Fn(&str) -> bool) -> Vec<String> {
    for_others(changes, exists).map(|(change, ..)| change.path.clone()).collect()
}

/// The changes of what others execute or go by that no line names: a line with a wildcard does not count unless it names the
/// place itself.
pub(super) fn unnamed(grants: &Grants<'_>, changes: &[Change], exists: impl Fn(&str) -> bool) -> Vec<Uncovered> {
    let is_named = |change: &Change, verb: CriticalVerb, place: &str| {
        let names = |text: &str| within(plain(text), place);
        grants.iter().any(|grant| grant.allows_path(verb, &change.path) && names(&grant.resource))
    };
    let unnamed = for_others(changes, exists).filter(|(change, verb, place)| !is_named(change, *verb, place));
    unnamed.map(|(change, verb, _)| Uncovered { verb, resource: change.path.clone() }).collect()
}

/// What others execute or go by, at a path or in the folder there, that no line names, where somebody else than planc changes it:
/// the lines are to name it as in [`unnamed`].
pub(super) fn unnamed_in(
    grants: &Grants<'_>,
    verbs: &[CriticalVerb],
    path: &str,
    workspace: &Workspace,
) -> Option<String> {
    let place = |path: &str| decides(path, &|path: &str| is_there(workspace, path));
    let is_named = |place: &str| {
        let names = |grant: &Grant| verbs.contains(&grant.verb) && within(plain(&grant.resource), place);
        grants.iter().any(names)
    };
    // Whatever may come to lie in it: no file has this name.
    let any = (workspace.kind(path) != Ok(Kind::File)).then(|| format!("{path}/\0"));
    let held = workspace.held(path).unwrap_or_default();
    let all = [path.to_owned()].into_iter().chain(any).chain(held);
    let mut unnamed = all.filter(|path| place(path).is_some_and(|place| !is_named(&place)));
    unnamed.next().map(|path| path.trim_end_matches("/\0").to_owned())
}

/// The lines that name what others execute or go by, as `VERB RESOURCE`: what a call of which the changes are not known may
/// change of it. One that is not known yet names nothing yet.
pub fn naming_lines(grants: &Grants<'_>, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let changes = |verb: CriticalVerb| match verb {
        CriticalVerb::Create | CriticalVerb::Modify | CriticalVerb::Delete => true,
        CriticalVerb::Read | CriticalVerb::Run | CriticalVerb::Contact => false,
    };
    let naming = grants.iter().filter(|grant| changes(grant.verb) && grant.is_resolved() && grant.paths().is_some());
    let naming = naming.filter(|grant| names_for_others(plain(&grant.resource), &exists));
    naming.map(|grant| format!("{} {:?}", grant.verb.as_str(), grant.resource)).collect()
}

/// Whether the text of a line names such a place, which no wildcard does.
fn names_for_others(text: &str, exists: &impl Fn(&str) -> bool) -> bool {
    let place = |path: &str| decides(path, exists);
    match literal_prefix(text) {
        all if all == text => place(text).is_some(),
        // What lies beneath, whatever it is called: no file has this name.
        folder => place(&format!("{folder}/\0")).is_some_and(|place| within(folder, &place)),
    }
}

/// The path of a line.
fn plain(text: &str) -> &str {
    split_space(text).filter(|(space, _)| space == "file").map_or(text, |(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_executes_is_told_from_what_it_keeps() {
        let there = [
            "bare/HEAD",
            "sub/bare/objects",
            "sub/bare/refs",
            ".git/HEAD",
            ".git/objects",
            ".git/refs",
            ".git/worktrees/a/HEAD",
            ".git/worktrees/a/commondir",
            ".git/refs/remotes/origin/HEAD",
            ".git/refs/x/HEAD",
            ".git/refs/x/objects",
            ".git/refs/x/refs",
            ".git/worktrees/a/logs/y/HEAD",
            ".git/worktrees/a/logs/y/commondir",
        ];
        let at = |path: &str| decides(path, &|path: &str| there.contains(&path));
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
            (".git/refs/x/config", ".git/refs/x"),
            (".git/refs/x/refs", ".git/refs/x"),
            (".git/worktrees/a/logs/y/hooks/update", ".git/worktrees/a/logs/y"),
            ("new/HEAD", "new/HEAD"),
            ("bare/config", "bare/config"),
            ("sub/bare/hooks/update", "sub/bare/hooks"),
            ("bare/info/attributes", "bare/info"),
            (".hg/hgrc", ".hg"),
            ("sub/.jj/repo/config.toml", "sub/.jj"),
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
            ".git/refs/remotes/origin/config",
            ".git/refs/remotes/origin/hooks/x",
            ".git/refs/x",
            ".git/logs/HEAD",
            ".git/info/exclude",
            ".git/worktrees/a/index",
        ] {
            assert_eq!(at(path), None, "{path}");
        }
    }
}
