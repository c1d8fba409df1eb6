//! A throwaway copy of a workspace, with an empty home and an empty temporary folder ⟶ pictures of all three, and what is
//! different between two of them.

use super::Difference;
use planc_lang::digest::Digest;
use planc_lang::value::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// How many files, folders and links a workspace may have that is copied.
pub const MAX_COPIED_ENTRIES: usize = 50_000;
/// How many bytes its files may have.
pub const MAX_COPIED_BYTES: u64 = 1 << 30;

/// The copy; gone with this value.
pub(super) struct Scratch {
    workspace: PathBuf,
    folder: tempfile::TempDir,
}

/// What there is, by path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture(BTreeMap<String, Seen>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Folder { mode: u32 },
    File { mode: u32, content: Digest },
    Link { target: PathBuf },
    Other,
}

impl Scratch {
    /// Copies a workspace: its files, folders and links, as they are. Other things, such as sockets, are left out, and so are links
    /// that would lead out of the copy.
    pub(super) fn of(workspace: &Path) -> Result<Scratch, String> {
        let folder = tempfile::Builder::new().prefix("planc-observe-").tempdir().map_err(|error| error.to_string())?;
        let scratch = Scratch { workspace: workspace.to_owned(), folder };
        for new in [scratch.root(), scratch.home(), scratch.temporary()] {
            fs::create_dir(&new).map_err(|error| error.to_string())?;
        }
        let (mut entries, mut bytes) = (0, 0);
        for entry in walk(workspace) {
            let entry = entry.map_err(|error| error.to_string())?;
            let Ok(within) = entry.path().strip_prefix(workspace) else { continue };
            if within.as_os_str().is_empty() {
                continue;
            }
            entries += 1;
            let metadata = entry.metadata().map_err(|error| error.to_string())?;
            bytes += if metadata.is_file() { metadata.len() } else { 0 };
            if entries > MAX_COPIED_ENTRIES || bytes > MAX_COPIED_BYTES {
                return Err(format!("it has more than {MAX_COPIED_ENTRIES} entries or {MAX_COPIED_BYTES} bytes"));
            }
            if metadata.is_symlink() && !stays(entry.path(), workspace) {
                continue;
            }
            copy(entry.path(), &scratch.root().join(within), &metadata)
                .map_err(|error| format!("`{}`: {error}", within.display()))?;
        }
        Ok(scratch)
    }

    /// The copy of the workspace.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// What the server takes for its home.
    pub(super) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// What the server takes for the folder of temporary files.
    pub(super) fn temporary(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// A text with the copy where it names the workspace.
    pub(super) fn moved(&self, text: &str) -> String {
        replaced(text, &self.workspace.to_string_lossy(), &self.root().to_string_lossy())
    }

    /// A value with the copy in all texts that name the workspace.
    pub(super) fn moved_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::string(self.moved(text)),
            Value::List(items) => Value::list(items.iter().map(|item| self.moved_value(item)).collect::<Vec<_>>()),
            Value::Record(record) => {
                Value::record(record.iter().map(|(name, item)| (name.clone(), self.moved_value(item))))
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Formed(_) | Value::Unknown(_) => {
                value.clone()
            }
        }
    }

    /// What a server says of the copy, as if it were the workspace.
    pub(super) fn shown(&self, text: &str) -> String {
        replaced(text, &self.root().to_string_lossy(), &self.workspace.to_string_lossy())
    }

    /// What there is now.
    pub(super) fn picture(&self) -> Result<Picture, String> {
        let mut seen = BTreeMap::new();
        for (folder, prefix) in [(self.root(), ""), (self.home(), "~/"), (self.temporary(), "$TMPDIR/")] {
            for entry in walk(&folder) {
                // What goes away while it is looked at is not there.
                let Ok(entry) = entry else { continue };
                let Ok(within) = entry.path().strip_prefix(&folder) else { continue };
                if within.as_os_str().is_empty() {
                    continue;
                }
                if seen.len() > MAX_COPIED_ENTRIES * 2 {
                    return Err(format!("the server made more than {MAX_COPIED_ENTRIES} files"));
                }
                let Ok(metadata) = entry.path().symlink_metadata() else { continue };
                seen.insert(format!("{prefix}{}", within.display()), look(entry.path(), &metadata)?);
            }
        }
        Ok(Picture(seen))
    }
}

impl Picture {
    /// What is different in a later one, by path.
    pub(super) fn differences(&self, later: &Picture) -> Vec<Difference> {
        let mut paths: Vec<&String> = self.0.keys().chain(later.0.keys()).collect();
        paths.sort();
        paths.dedup();
        let different = paths.into_iter().filter_map(|path| {
            let what = match (self.0.get(path), later.0.get(path)) {
                (None, Some(_)) => "created",
                (Some(_), None) => "deleted",
                (before, after) if before != after => "changed",
                _ => return None,
            };
            Some(Difference { what, path: path.clone() })
        });
        different.collect()
    }
}

/// Everything in a folder, hidden and ignored things included; links are not followed.
fn walk(folder: &Path) -> ignore::Walk {
    ignore::WalkBuilder::new(folder).standard_filters(false).follow_links(false).build()
}

/// Whether a link leads to what is in the workspace, and by a way that does so in a copy as well.
fn stays(link: &Path, workspace: &Path) -> bool {
    let leads_within = |to: PathBuf| workspace.canonicalize().is_ok_and(|workspace| to.starts_with(workspace));
    let is_relative = fs::read_link(link).is_ok_and(|to| to.is_relative() && !climbs(link, &to, workspace));
    is_relative && link.canonicalize().is_ok_and(leads_within)
}

/// Whether the `..` of a link go up further than the workspace.
fn climbs(link: &Path, to: &Path, workspace: &Path) -> bool {
    let depth = link.strip_prefix(workspace).map_or(0, |link| link.components().count() - 1);
    to.components().filter(|part| *part == std::path::Component::ParentDir).count() > depth
}

fn copy(from: &Path, to: &Path, metadata: &fs::Metadata) -> std::io::Result<()> {
    if metadata.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    if metadata.is_dir() {
        fs::create_dir(to)?;
        // Its owner must be able to copy into it.
        return fs::set_permissions(to, fs::Permissions::from_mode(metadata.permissions().mode() | 0o700));
    }
    if metadata.is_file() {
        fs::copy(from, to)?;
    }
    Ok(())
}

fn look(path: &Path, metadata: &fs::Metadata) -> Result<Seen, String> {
    let failed = |error: std::io::Error| format!("`{}`: {error}", path.display());
    let mode = metadata.permissions().mode();
    Ok(if metadata.is_symlink() {
        Seen::Link { target: fs::read_link(path).map_err(failed)? }
    } else if metadata.is_dir() {
        Seen::Folder { mode }
    } else if metadata.is_file() && metadata.len() <= MAX_COPIED_BYTES {
        Seen::File { mode, content: Digest::of(fs::read(path).map_err(failed)?) }
    } else {
        Seen::Other
    })
}

/// A text with one path in place of another, where it stands whole: `/a/b` is not in `/a/bc`.
fn replaced(text: &str, old: &str, new: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(old) {
        let behind = &rest[at + old.len()..];
        out.push_str(&rest[..at]);
        let is_whole = !behind.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        out.push_str(if is_whole { new } else { old });
        rest = behind;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_paths_are_replaced() {
        assert_eq!(replaced("/a/b /a/bc /a/b/c x=/a/b", "/a/b", "/z"), "/z /a/bc /z/c x=/z");
    }

    #[test]
    fn a_picture_sees_what_was_made_changed_and_deleted() {
        let workspace = tempfile::tempdir().unwrap();
        for name in ["same", "changed", "gone"] {
            fs::write(workspace.path().join(name), name).unwrap();
        }
        std::os::unix::fs::symlink("same", workspace.path().join("link")).unwrap();
        let scratch = Scratch::of(workspace.path()).unwrap();
        let before = scratch.picture().unwrap();
        fs::write(scratch.root().join("changed"), "differently").unwrap();
        fs::remove_file(scratch.root().join("gone")).unwrap();
        fs::write(scratch.home().join(".cache"), "").unwrap();
        let after = scratch.picture().unwrap();
        let seen: Vec<String> = before
            .differences(&after)
            .iter()
            .map(|difference| format!("{} {}", difference.what, difference.path))
            .collect();
        assert_eq!(seen, ["changed changed", "deleted gone", "created ~/.cache"]);
        assert!(before.differences(&before).is_empty());
        assert_eq!(fs::read_to_string(workspace.path().join("changed")).unwrap(), "changed");
    }
}
