//! What others execute or go by later, outside of any cell, whoever wrote it ⟶ told by its path: the configuration of agents'
//! clients, the hooks and the configuration of repositories. What the lines of `critical` must name, and what no yes that
//! nobody has read is a yes to.

use super::{Uncovered, verb_of};
use crate::config::{OF_CLIENTS, OF_GIT};
use crate::workspace::{Change, FileState, Info, Kind, Workspace};
use planc_lang::effects::{CriticalVerb, Grant};
use planc_lang::grants::Grants;
use planc_lang::names::split_space;
use planc_lang::paths::{literal_prefix, within};
use std::collections::HashMap;

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

/// What is at a path, as git asks for it where it looks for a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum There {
    /// Nothing.
    Nothing,
    /// A file that is nothing else.
    File,
    /// A folder, or what git may take for one: a link, a file that may be executed, what cannot be told.
    Folder,
}

impl There {
    /// What was looked at; none: it cannot be told.
    pub fn of(info: Option<&Info>) -> There {
        match info.map(|info| (info.kind, info.mode)) {
            Some((Kind::Missing, _)) => There::Nothing,
            Some((Kind::File, Some(mode))) if mode & EXECUTED == 0 => There::File,
            Some(_) | None => There::Folder,
        }
    }

    fn of_state(state: &FileState) -> There {
        match state {
            FileState::Absent => There::Nothing,
            FileState::File { mode, .. } if mode & EXECUTED == 0 => There::File,
            FileState::File { .. } | FileState::Directory { .. } | FileState::Link { .. } | FileState::Other => {
                There::Folder
            }
        }
    }
}

/// The bits of a mode by which a file may be executed, and a folder be gone through.
const EXECUTED: u32 = 0o111;

/// Where something lies that decides what others execute.
#[derive(Debug, PartialEq, Eq)]
struct Deciding {
    /// The place that a line must name.
    place: String,
    why: Why,
}

/// Why it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// For what it is itself; a folder is nothing that is executed.
    Itself,
    /// It lies in a repository among the data of another, where nothing of one is to be, no folder either.
    Within,
    /// It makes a repository of the folder that it lies in.
    Completes,
}

/// The place of a path that decides what others execute later and outside of any cell, whoever wrote it: the configuration of
/// agents' clients, the hooks and the configuration of a repository, and what makes something a repository. `look` tells
/// what is at a path.
fn decides(path: &str, look: &impl Fn(&str) -> There) -> Option<Deciding> {
    let parts: Vec<&str> = path.split('/').collect();
    let whole = OF_CLIENTS.iter().chain(&OF_OTHER_VERSION_CONTROL);
    let is_whole = |part: &&str| whole.clone().any(|name| part.eq_ignore_ascii_case(name));
    let deciding = |end: usize, why: Why| Some(Deciding { place: parts[..end].join("/"), why });
    if let Some(at) = parts.iter().position(is_whole) {
        return deciding(at + 1, Why::Itself);
    }
    // Up to where folders are of the repository around.
    let mut of_git = None;
    for end in 0..=parts.len() {
        let (folder, within) = parts.split_at(end);
        if folder.last().is_some_and(is_git) {
            let own = own(within);
            of_git = Some(parts.len() - own.len());
            // A file or a link of this name leads to a repository.
            if within.is_empty() || !is_data(own) {
                return deciding(parts.len().min(end + 1), Why::Itself);
            }
        } else if let Some(name) = within.first()
            && of_git.is_none_or(|until| end > until)
            && is_repository(&folder.join("/"), of_git.is_some(), look)
        {
            match of_git {
                Some(_) => return deciding(end, Why::Within),
                None if OF_BARE.contains(name) && !is_data(within) => return deciding(end + 1, Why::Itself),
                None => {}
            }
        }
    }
    let is_head = of_git.is_none() && parts.last() == Some(&HEAD);
    if is_head { deciding(parts.len(), Why::Itself) } else { None }
}

fn is_git(part: &&str) -> bool {
    part.eq_ignore_ascii_case(OF_GIT)
}

/// Whether a folder is that of a repository, whatever it is called. Among the data of another one a `HEAD` alone is that of a remote or a
/// log, and branches are called as people like: there it is what git takes for one.
fn is_repository(folder: &str, is_among_data: bool, look: &impl Fn(&str) -> There) -> bool {
    let has = |name: &str| look(&beneath(folder, name)) != There::Nothing;
    let is_shared = || SHARED.iter().all(|name| look(&beneath(folder, name)) == There::Folder);
    match is_among_data {
        true => has(HEAD) && (is_shared() || has(COMMON)),
        false => has(HEAD) || is_shared(),
    }
}

/// The folder that comes to be a repository with what comes to be at a path: what decides there may have been there before.
fn completes(path: &str, look: &impl Fn(&str) -> There) -> Option<Deciding> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let (above, last) = folder.rsplit_once('/').unwrap_or(("", folder));
    // There a `HEAD` is asked for, and all that is beside it counts.
    let is_among_data = !is_git(&last) && above.split('/').any(|part| is_git(&part));
    if is_among_data || !SHARED.iter().chain([&HEAD]).any(|part| *part == name) {
        return None;
    }
    let has = |name: &&str| look(&beneath(folder, name)) != There::Nothing;
    let is_shared = SHARED.iter().all(|name| look(&beneath(folder, name)) == There::Folder);
    let is_complete = is_shared && [HEAD].iter().chain(&OF_BARE).any(has);
    is_complete.then(|| Deciding { place: folder.to_owned(), why: Why::Completes })
}

fn beneath(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
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

/// What is at a path of the workspace.
pub fn there(workspace: &Workspace, path: &str) -> There {
    There::of(workspace.info(path).ok().as_ref())
}

/// Whether others execute or go by what is at a path. `look` tells what is at a path.
pub fn is_for_others(path: &str, look: impl Fn(&str) -> There) -> bool {
    decides(path, &look).is_some()
}

/// The changes of what others execute or go by, each with what it does and where it lies. `look` tells what is at a path,
/// before or after them.
fn for_others(
    changes: &[Change],
    look: impl Fn(&str) -> There,
) -> impl Iterator<Item = (&Change, CriticalVerb, Deciding)> {
    let left = changes.iter().filter(|change| !matches!(change.after, FileState::Absent));
    let left: HashMap<&str, There> =
        left.map(|change| (change.path.as_str(), There::of_state(&change.after))).collect();
    let look = move |path: &str| left.get(path).copied().unwrap_or_else(|| look(path));
    changes.iter().filter_map(move |change| {
        let verb = verb_of(change)?;
        let comes = change.before == FileState::Absent;
        let completed = || comes.then(|| completes(&change.path, &look)).flatten();
        let deciding = decides(&change.path, &look).or_else(completed)?;
        let is_folder = |state: &FileState| matches!(state, FileState::Directory { .. } | FileState::Absent);
        let is_nothing = [&change.before, &change.after].into_iter().all(is_folder);
        (!is_nothing || deciding.why != Why::Itself).then_some((change, verb, deciding))
    })
}

/// The paths among changes that others execute or go by.
pub fn changed_for_others(changes: &[Change], look: impl Fn(&str) -> There) -> Vec<String> {
    for_others(changes, look).map(|(change, ..)| change.path.clone()).collect()
}

/// The changes of what others execute or go by that no line names: a line with a wildcard does not count unless it names the
/// place itself. Whoever names anything in a folder that comes to be a repository says yes to one.
pub(super) fn unnamed(grants: &Grants<'_>, changes: &[Change], look: impl Fn(&str) -> There) -> Vec<Uncovered> {
    let is_named = |change: &Change, verb: CriticalVerb, Deciding { place, why }: &Deciding| {
        let allows = |grant: &Grant| match why {
            Why::Completes => grant.verb == verb,
            Why::Itself | Why::Within => grant.allows_path(verb, &change.path),
        };
        grants.iter().any(|grant| allows(grant) && within(plain(&grant.resource), place))
    };
    let unnamed = for_others(changes, look).filter(|(change, verb, deciding)| !is_named(change, *verb, deciding));
    unnamed.map(|(change, verb, _)| Uncovered::new(grants, verb, change.path.clone())).collect()
}

/// What others execute or go by, at a path or in the folder there, that no line names, where somebody else than planc changes it:
/// the lines are to name it as in [`unnamed`].
pub(super) fn unnamed_in(
    grants: &Grants<'_>,
    verbs: &[CriticalVerb],
    path: &str,
    workspace: &Workspace,
) -> Option<String> {
    let place = |path: &str| decides(path, &|path: &str| there(workspace, path)).map(|deciding| deciding.place);
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
pub fn naming_lines(grants: &Grants<'_>, look: impl Fn(&str) -> There) -> Vec<String> {
    let changes = |verb: CriticalVerb| match verb {
        CriticalVerb::Create | CriticalVerb::Modify | CriticalVerb::Delete => true,
        CriticalVerb::Read | CriticalVerb::Run | CriticalVerb::Contact => false,
    };
    let naming = grants.iter().filter(|grant| changes(grant.verb) && grant.is_resolved() && grant.paths().is_some());
    let naming = naming.filter(|grant| names_for_others(plain(&grant.resource), &look));
    naming.map(|grant| format!("{} {:?}", grant.verb.as_str(), grant.resource)).collect()
}

/// Whether the text of a line names such a place, which no wildcard does.
fn names_for_others(text: &str, look: &impl Fn(&str) -> There) -> bool {
    let place = |path: &str| decides(path, look).map(|deciding| deciding.place);
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
        let branches = [".git/refs/remotes/b/HEAD", ".git/refs/remotes/b/objects", ".git/refs/remotes/b/refs"];
        let look = |path: &str| match path {
            path if there.contains(&path) => There::Folder,
            path if branches.contains(&path) => There::File,
            _ => There::Nothing,
        };
        let at = |path: &str| decides(path, &look).map(|deciding| deciding.place);
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
            (".git/refs/x/.git/refs/a", ".git/refs/x"),
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
            ".git/refs/remotes/b/config",
            ".git/logs/HEAD",
            ".git/info/exclude",
            ".git/worktrees/a/index",
        ] {
            assert_eq!(at(path), None, "{path}");
        }
    }
}
