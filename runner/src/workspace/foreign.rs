//! The workspace ⟶ what in it belongs to another account or group than planc's. A cell knows these two alone: its copy cannot take
//! over what belongs to others, so that a program cannot write it there.

use super::{MAX_WALKED, Workspace};
use planc_lang::paths::{check_path, within};
use std::os::unix::fs::MetadataExt;

impl Workspace {
    /// The files and folders beneath the workspace that belong to others, sorted, each with whether it is a folder; nothing of what
    /// such a folder holds. What cannot be looked at is left out. Walks the workspace.
    pub(crate) fn of_others(&self) -> Vec<(String, bool)> {
        let own = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let is_of_others = move |entry: &ignore::DirEntry| {
            let is_kept = entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_dir());
            // The copy of the workspace's own folder is made by planc.
            let is_beneath = entry.depth() > 0;
            let stat = || entry.path().symlink_metadata();
            is_kept && is_beneath && stat().is_ok_and(|stat| (stat.uid(), stat.gid()) != own)
        };
        let mut found: Vec<(String, bool)> = Vec::new();
        for entry in ignore::WalkBuilder::new(self.root()).standard_filters(false).build().take(MAX_WALKED).flatten() {
            let Ok(path) = entry.path().strip_prefix(self.root()) else { continue };
            let path = path.to_string_lossy();
            // Those above come before what they hold.
            let is_held = found.last().is_some_and(|(folder, _)| within(&path, folder));
            if !is_held && is_of_others(&entry) && check_path(&path).is_ok() {
                found.push((path.into_owned(), entry.file_type().is_some_and(|kind| kind.is_dir())));
            }
        }
        found.sort();
        found
    }
}
