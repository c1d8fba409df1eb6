//! The index of git around a workspace ⟶ whether version control holds what stands at a path.
//!
//! Reads the index alone: no program is run, no configuration is looked at, since either could be the work of a plan. What
//! git would convert on its way in (line ends, filters) counts as not held, and so does a repository with longer names of
//! objects: that says too little, never too much.

use gix_discover::path::from_gitdir_file;
use gix_index::entry::{Mode, Stage};
use gix_index::hash::Kind as Hash;
use gix_index::{File, decode};
use gix_object::bstr::BStr;
use gix_object::{Kind, compute_hash};
use std::path::{Path, PathBuf};

/// The largest index that is read, in bytes.
pub const MAX_INDEX_BYTES: u64 = 256 << 20;

/// What is opened of the folder of a repository: the `HEAD` also among the references, where a folder is called so.
const OPENED: [&str; 7] =
    ["HEAD", "commondir", "gitdir", "refs/HEAD", "refs/tags/HEAD", "refs/heads/HEAD", "refs/remotes/HEAD"];

/// What version control holds of a workspace.
pub struct Versioned {
    index: File,
    /// The path of the workspace in its work tree, with a `/` behind it; empty where it is the work tree.
    prefix: String,
}

impl Versioned {
    /// The work tree that a workspace lies in; none: it lies in none, or its index cannot be read.
    pub fn around(workspace: &Path) -> Option<Versioned> {
        let (git_dir, work_tree) = work_tree_around(workspace)?;
        let work_tree = work_tree.canonicalize().ok()?;
        let inside = workspace.strip_prefix(&work_tree).ok()?.to_str()?;
        let prefix = if inside.is_empty() { String::new() } else { format!("{inside}/") };
        let path = git_dir.join("index");
        let found = path.metadata().ok()?;
        if !found.is_file() || found.len() > MAX_INDEX_BYTES {
            return None;
        }
        let index = File::at(path, Hash::Sha1, false, decode::Options::default()).ok()?;
        Some(Versioned { index, prefix })
    }

    /// Whether these bytes are what version control holds for a path of the workspace.
    pub fn holds(&self, path: &str, content: &[u8]) -> bool {
        let path = format!("{}{path}", self.prefix);
        let Some(entry) = self.index.entry_by_path_and_stage(BStr::new(path.as_bytes()), Stage::Unconflicted) else {
            return false;
        };
        let is_content = matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE | Mode::SYMLINK);
        is_content && compute_hash(entry.id.kind(), Kind::Blob, content).is_ok_and(|id| id == entry.id)
    }
}

/// Whether a folder lies in the work tree of a repository, also of one that holds nothing yet.
pub fn is_in_work_tree(folder: &Path) -> bool {
    work_tree_around(folder).is_some()
}

/// The folder of git of the repository around, and its work tree.
fn work_tree_around(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    if folder.ancestors().any(would_wait) {
        return None;
    }
    let (repository, _) = gix_discover::upwards(folder).ok()?;
    let (git_dir, work_tree) = repository.into_repository_and_work_tree_directories();
    Some((git_dir, work_tree?))
}

/// Whether something is neither file nor folder that is opened to find out whether a folder is, or has, a repository: whoever opens a pipe
/// waits.
fn would_wait(folder: &Path) -> bool {
    let git = folder.join(".git");
    let led = git.is_file().then(|| from_gitdir_file(&git).ok()).flatten();
    let opened = [Some(folder.to_owned()), Some(git), led].into_iter().flatten();
    let mut opened = opened.flat_map(|git_dir| OPENED.map(|name| git_dir.join(name)));
    opened.any(|path| path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn git(folder: &Path, arguments: &[&str]) {
        let done = Command::new("git").current_dir(folder).args(arguments).output().expect("git is installed");
        assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    #[test]
    fn only_what_was_added_is_held_byte_by_byte() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("inner");
        std::fs::create_dir(&workspace).unwrap();
        let workspace = workspace.canonicalize().unwrap();
        assert!(Versioned::around(&workspace).is_none(), "there is no work tree yet");
        assert!(!is_in_work_tree(&workspace));
        git(folder.path(), &["init", "-q"]);
        assert!(Versioned::around(&workspace).is_none(), "nothing was ever added");
        assert!(is_in_work_tree(&workspace));
        std::fs::write(workspace.join("a.txt"), "one\n").unwrap();
        std::fs::write(workspace.join("b.txt"), "two\n").unwrap();
        std::os::unix::fs::symlink("a.txt", workspace.join("link")).unwrap();
        git(folder.path(), &["add", "inner/a.txt", "inner/link"]);
        let versioned = Versioned::around(&workspace).unwrap();
        assert!(versioned.holds("a.txt", b"one\n"));
        assert!(!versioned.holds("a.txt", b"one, changed since\n"));
        assert!(!versioned.holds("b.txt", b"two\n"), "never added");
        assert!(versioned.holds("link", b"a.txt"));
        for name in ["index", "HEAD", "commondir"] {
            let (path, kept) = (folder.path().join(".git").join(name), folder.path().join("kept"));
            let had = std::fs::rename(&path, &kept).is_ok();
            rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).unwrap();
            assert!(Versioned::around(&workspace).is_none(), "nobody waits for {name}");
            std::fs::remove_file(&path).unwrap();
            if had {
                std::fs::rename(&kept, &path).unwrap();
            }
        }
        assert!(Versioned::around(&workspace).is_some());
        std::fs::write(folder.path().join(".git/index"), "no index").unwrap();
        assert!(Versioned::around(&workspace).is_none(), "an index that cannot be read holds nothing");
    }
}
