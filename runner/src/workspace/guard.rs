//! Which paths are planc's own and out of reach of every tool: by name, by place, and by identity, so that neither links
//! nor hard links nor another spelling on a file system that ignores case lead to them.

use super::TEMPORARY_PREFIX;
use super::confined::identity_of;
use super::error::FileError;
use super::{Change, FileState};
use crate::config::{CONFIG_NAME, STATE_NAME};
use globset::GlobMatcher;
use planc_lang::cover::PROTECTED_NAMES;
use planc_lang::paths::{compile_glob, literal_prefix, path_meets_glob, within};
use rustix::fs::Stat;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The extension of catalogues, and that of the record of what a server said which lies beside one.
const CATALOGUE_SUFFIX: &str = ".pl";
const RECORD_SUFFIX: &str = ".mcp.json";

/// What a folder holds that is a workspace of its own, or the state of one.
const OF_OTHERS: [&str; 2] = [CONFIG_NAME, STATE_NAME];

/// What no tool may read or change.
#[derive(Debug)]
pub(super) struct Guard {
    root: PathBuf,
    protected: Vec<PathBuf>,
    inside: Vec<String>,
    /// What they match is the operator's, also what is not there yet.
    globs: Vec<GlobMatcher>,
    /// The ways that no link may be made on: to what is protected, to the folders that such globs begin in, and to the files beneath.
    folders: Vec<String>,
    /// What may be read and not changed, with all it holds.
    programs: Vec<String>,
    /// The links that lead to any of this.
    links: Vec<String>,
}

impl Guard {
    /// Guards absolute canonical paths, each with all it holds.
    pub(super) fn new(root: &Path, protected: Vec<PathBuf>) -> Guard {
        let inside: Vec<String> = protected
            .iter()
            .filter_map(|path| path.strip_prefix(root).ok()?.to_str())
            .map(|path| if path.is_empty() { ".".to_owned() } else { path.to_owned() })
            .collect();
        // The report is no file yet: whoever made a link of its folder would choose where it is written.
        let folders = inside.iter().map(|path| path.to_lowercase()).collect();
        let (globs, programs, links) = (Vec::new(), Vec::new(), Vec::new());
        Guard { root: root.to_owned(), protected, inside, globs, folders, programs, links }
    }

    /// Guards also what globs over catalogues match, and the records of servers that lie beside them.
    pub(super) fn with_catalogues(mut self, globs: &[String]) -> Guard {
        let globs: Vec<String> = globs.iter().map(|glob| glob.to_lowercase()).collect();
        self.folders.extend(globs.iter().map(|glob| literal_prefix(glob).to_owned()));
        // One that is not valid has been refused with the configuration.
        self.globs = globs.iter().filter_map(|glob| compile_glob(glob).ok()).collect();
        self
    }

    /// Guards against changes also what is run in the workspace before anybody approves anything, there or not: files, and folders
    /// with all they hold, each as it is named and as links lead to it, and the way there; further ways, and links.
    pub(super) fn with_programs(mut self, parts: &[PathBuf], ways: &[PathBuf], links: &[PathBuf]) -> Guard {
        let within = |paths: &[PathBuf]| -> Vec<String> {
            let paths = paths.iter().filter_map(|path| path.strip_prefix(&self.root).ok()?.to_str());
            paths.filter(|path| !path.is_empty()).map(str::to_lowercase).collect()
        };
        let (parts, ways, links) = (within(parts), within(ways), within(links));
        self.folders.extend(parts.iter().chain(&ways).cloned());
        self.programs.extend(parts);
        self.links.extend(links);
        self
    }

    /// The folder above a path, or at it, that is a workspace of its own or holds the state of one. Behind a link nothing is looked
    /// for: where it leads is checked by its own path.
    fn other_workspace<'p>(&self, path: &'p str) -> Option<&'p str> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let folders = ends.map(|end| &path[..end]).filter(|folder| !matches!(*folder, "" | "."));
        let is_folder = |folder: &Path| folder.symlink_metadata().is_ok_and(|stat| stat.is_dir());
        let mut folders = folders.take_while(|folder| is_folder(&self.root.join(folder)));
        let identity = |folder: &Path| folder.symlink_metadata().map(|found| (found.dev(), found.ino())).ok();
        let root = identity(&self.root);
        folders.find(|folder| {
            let folder = self.root.join(folder);
            // A way out and in again leads to this one.
            identity(&folder) != root && OF_OTHERS.iter().any(|name| folder.join(name).symlink_metadata().is_ok())
        })
    }

    /// Whether a path is the configuration of the workspace, or one of its catalogues, by its place.
    pub(super) fn is_operators(&self, path: &str) -> bool {
        is_own_name(path) && !is_temporary(path) || self.is_catalogue(path)
    }

    fn is_catalogue(&self, path: &str) -> bool {
        if self.globs.is_empty() {
            return false;
        }
        let path = path.to_lowercase();
        let beside = path.strip_suffix(RECORD_SUFFIX).map(|stem| format!("{stem}{CATALOGUE_SUFFIX}"));
        self.globs.iter().any(|glob| glob.is_match(&path) || beside.as_ref().is_some_and(|file| glob.is_match(file)))
    }

    /// Refuses a change of a protected path, and one that makes the way to catalogues a link or another one.
    pub(super) fn check_change(&self, change: &Change) -> Result<(), FileError> {
        self.check(&change.path)?;
        let is_link = |state: &FileState| matches!(state, FileState::Link { .. });
        self.check_wired(&change.path)?;
        let path = change.path.to_lowercase();
        let leads_there = || self.folders.iter().any(|folder| within(folder, &path));
        match (is_link(&change.before) || is_link(&change.after)) && leads_there() {
            true => Err(FileError::Protected { path: change.path.clone() }),
            false => Ok(()),
        }
    }

    /// What lies beneath a path, or may come to lie there, and that no tool may read, or change, by its place. In a folder that is
    /// there whatever a glob over catalogues may match counts.
    pub(super) fn beneath(&self, path: &str, is_there: bool, changes: bool) -> Option<String> {
        let lower = path.to_lowercase();
        let own = PROTECTED_NAMES.into_iter().chain(self.inside.iter().map(String::as_str));
        let wired = self.programs.iter().chain(&self.links).filter(|_| changes).map(String::as_str);
        let is_within = |own: &&str| within(&own.to_lowercase(), &lower);
        let meets = |glob: &&str| match is_there {
            true => path_meets_glob(&lower, glob),
            false => within(literal_prefix(glob), &lower),
        };
        let globs = || self.globs.iter().map(|glob| glob.glob().glob());
        own.chain(wired).find(is_within).or_else(|| globs().find(meets)).map(str::to_owned)
    }

    /// Refuses a change of what runs before anybody approves anything, and of a link that leads to what planc goes by.
    pub(super) fn check_wired(&self, path: &str) -> Result<(), FileError> {
        let lower = path.to_lowercase();
        if self.links.contains(&lower) {
            return Err(FileError::Protected { path: path.into() });
        }
        match self.programs.iter().any(|own| within(&lower, own)) {
            true => Err(FileError::Wired { path: path.into() }),
            false => Ok(()),
        }
    }

    /// Refuses a path by its names and its place.
    pub(super) fn check(&self, path: &str) -> Result<(), FileError> {
        let own = path.split('/').any(is_own_name) || self.inside.iter().any(|own| within_any_case(path, own));
        let own = own || self.is_catalogue(path);
        match self.other_workspace(path) {
            _ if own => Err(FileError::Protected { path: path.into() }),
            Some(folder) => Err(FileError::OtherWorkspace { path: path.into(), folder: folder.into() }),
            None => Ok(()),
        }
    }

    /// Refuses what was reached at a path when it is a protected file or directory under another name. Identities are
    /// looked up anew each time: an editor may have replaced a file since.
    pub(super) fn check_identity(&self, path: &str, stat: &Stat) -> Result<(), FileError> {
        let (device, inode) = identity_of(stat);
        match self.is_own(device, inode) {
            true => Err(FileError::Protected { path: path.into() }),
            false => Ok(()),
        }
    }

    /// Whether a device and inode number are those of something protected.
    pub(super) fn is_own(&self, device: u64, inode: u64) -> bool {
        self.protected
            .iter()
            .filter_map(|path| path.symlink_metadata().ok())
            .any(|own| own.dev() == device && own.ino() == inode)
    }
}

/// Whether a file name is planc's own.
pub(super) fn is_own_name(name: &str) -> bool {
    PROTECTED_NAMES.iter().any(|own| name.eq_ignore_ascii_case(own)) || is_temporary(name)
}

/// Whether a file name is one that planc gives to what it is about to put in place.
pub fn is_own_temporary(name: &str) -> bool {
    let drawn = name.strip_prefix(TEMPORARY_PREFIX);
    drawn.is_some_and(|drawn| drawn.len() == 32 && drawn.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether a file name is that of a temporary file of planc.
pub(super) fn is_temporary(name: &str) -> bool {
    name.get(..TEMPORARY_PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(TEMPORARY_PREFIX))
}

fn within_any_case(path: &str, own: &str) -> bool {
    within(&path.to_lowercase(), &own.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, before: FileState, after: FileState) -> Change {
        Change::new(path, before, after)
    }

    #[test]
    fn the_way_to_catalogues_does_not_become_a_link() {
        let globs = ["Team/catalogues/*.pl".to_owned(), "own.pl".to_owned()];
        let guard = Guard::new(Path::new("/w"), Vec::new()).with_catalogues(&globs);
        let link = || FileState::Link { target: "other".into() };
        let folder = || FileState::Directory { mode: 0o755 };
        for path in ["team", "team/catalogues", "TEAM", "own.pl"] {
            assert!(guard.check_change(&change(path, FileState::Absent, link())).is_err(), "{path}");
            assert!(guard.check_change(&change(path, link(), FileState::Absent)).is_err(), "{path}");
        }
        for path in ["team", "team/catalogues", "team/catalogues/notes.txt"] {
            assert!(guard.check_change(&change(path, FileState::Absent, folder())).is_ok(), "{path}");
        }
        assert!(guard.check_change(&change("teams", FileState::Absent, link())).is_ok());
        for path in ["team/catalogues/new.pl", "team/catalogues/new.mcp.json", "own.mcp.json"] {
            assert!(guard.check(path).is_err(), "{path}");
        }
        assert!(guard.check("team/plan.pl").is_ok());
    }
}
