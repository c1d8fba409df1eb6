//! A folder that programs really write ⟶ a file in it that has another name elsewhere, which they would write as well.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The first file beneath some folders that has more names than there are beneath them. An error: what cannot be looked at. Blocks while
/// it walks.
pub(super) fn second_name(folders: &[PathBuf]) -> Result<Option<PathBuf>, String> {
    // One that lies in another is walked with it.
    let is_own = |folder: &&PathBuf| !folders.iter().any(|other| *folder != other && folder.starts_with(other));
    let mut own = folders.iter().filter(is_own);
    let Some(first) = own.next() else { return Ok(None) };
    let mut walk = ignore::WalkBuilder::new(first);
    for folder in own {
        walk.add(folder);
    }
    // By what a file is: how many names it has, and how many were found.
    let mut names: HashMap<(u64, u64), (u64, u64, PathBuf)> = HashMap::new();
    for entry in walk.standard_filters(false).follow_links(false).build() {
        let entry = entry.map_err(|error| error.to_string())?;
        if entry.file_type().is_none_or(|kind| kind.is_dir()) {
            continue;
        }
        let metadata = std::fs::symlink_metadata(entry.path()).map_err(|error| failed(entry.path(), &error))?;
        if metadata.nlink() > 1 {
            let file = (metadata.dev(), metadata.ino());
            names.entry(file).or_insert_with(|| (metadata.nlink(), 0, entry.into_path())).1 += 1;
        }
    }
    let mut elsewhere: Vec<PathBuf> =
        names.into_values().filter(|(all, found, _)| all > found).map(|(_, _, path)| path).collect();
    elsewhere.sort();
    Ok(elsewhere.into_iter().next())
}

fn failed(path: &Path, error: &std::io::Error) -> String {
    format!("cannot look at `{}`: {error}", path.display())
}
