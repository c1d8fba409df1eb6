//! A folder that a program could write ⟶ no folder, whatever the program made of it: trees of any depth, folders without
//! rights, links. No step follows a link, and none takes more of the stack or more open files for what lies deeper.

use super::beneath::{PLACE, folder, names, set_mode};
use rustix::fs::{AtFlags, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::Errno;
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

/// How many folders are open at the same time, one in the other. What lies deeper moves up to the top.
const OPEN: usize = 64;

/// A folder that is being emptied.
struct Level {
    open: OwnedFd,
    name: CString,
    /// What it still holds.
    holds: Vec<CString>,
}

/// Removes a folder with all it holds. What cannot be removed stays, and the folder with it.
pub(super) fn clear(dir: &Path) -> io::Result<()> {
    let top = folder(dir)?;
    open_up(&top);
    let mark = uuid::Uuid::new_v4().simple().to_string();
    let mut moved = 0u64;
    let mut levels: Vec<Level> = Vec::new();
    let mut pending = names(&top)?;
    loop {
        let place = levels.last_mut().map_or(&mut pending, |level| &mut level.holds);
        let Some(name) = place.pop() else {
            // Nothing is left in it.
            let Some(done) = levels.pop() else { break };
            let above = levels.last().map_or(&top, |level| &level.open);
            let _ = unlinkat(above, done.name.as_c_str(), AtFlags::REMOVEDIR);
            continue;
        };
        let at = levels.last().map_or(&top, |level| &level.open);
        if unlinkat(at, name.as_c_str(), AtFlags::empty()) != Err(Errno::ISDIR)
            || unlinkat(at, name.as_c_str(), AtFlags::REMOVEDIR).is_ok()
        {
            continue;
        }
        let Ok(open) = opened(at, &name) else { continue };
        if levels.len() < OPEN {
            let holds = names(&open)?;
            levels.push(Level { open, name, holds });
            continue;
        }
        moved += 1;
        let new = format!("{mark}-{moved}");
        if renameat(at, name.as_c_str(), &top, new.as_str()).is_ok() {
            pending.extend(CString::new(new));
        }
    }
    std::fs::remove_dir(dir)
}

/// Opens a folder and gives its owner back what may have been taken from him.
fn opened(dir: &OwnedFd, name: &CStr) -> io::Result<OwnedFd> {
    let open = openat(dir, name, PLACE | OFlags::DIRECTORY, Mode::empty())?;
    open_up(&open);
    Ok(open)
}

fn open_up(open: &OwnedFd) {
    // Where that is refused, so is what comes after it.
    let _ = set_mode(open, 0o700);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_tree_of_any_kind_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let (tree, other) = (dir.path().join("tree"), dir.path().join("other"));
        fs::create_dir_all(tree.join("a/b/c/d")).unwrap();
        fs::create_dir(&other).unwrap();
        fs::write(other.join("kept"), "kept").unwrap();
        fs::set_permissions(&other, Permissions::from_mode(0o555)).unwrap();
        fs::write(tree.join("a/b/file"), "x").unwrap();
        for place in [tree.join("link"), tree.join("a/b/link"), tree.join("a/b/c/d/link")] {
            symlink(&other, place).unwrap();
        }
        for closed in ["a/b/c/d", "a/b/c", "a/b", "a"] {
            fs::set_permissions(tree.join(closed), Permissions::from_mode(0o000)).unwrap();
        }
        clear(&tree).unwrap();
        assert!(!tree.exists());
        assert_eq!(fs::read_to_string(other.join("kept")).unwrap(), "kept");
        assert_eq!(other.metadata().unwrap().permissions().mode() & 0o777, 0o555);
    }

    #[test]
    fn no_tree_is_too_deep_and_no_folder_too_full() {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir(&tree).unwrap();
        let mut at = folder(&tree).unwrap();
        for _ in 0..12_000 {
            rustix::fs::mkdirat(&at, "d", Mode::RWXU).unwrap();
            at = openat(&at, "d", PLACE, Mode::empty()).unwrap();
        }
        for count in 0..500 {
            fs::write(tree.join(format!("file {count}")), "").unwrap();
        }
        clear(&tree).unwrap();
        assert!(!tree.exists());
    }

    #[test]
    fn a_link_in_the_place_of_the_folder_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("other/kept")).unwrap();
        symlink(dir.path().join("other"), dir.path().join("link")).unwrap();
        assert!(clear(&dir.path().join("link")).is_err());
        assert!(dir.path().join("other/kept").exists());
    }
}
