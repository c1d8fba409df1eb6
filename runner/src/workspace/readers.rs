//! What is made of something else, or made again ⟶ the mode with which nobody may read or write it who could not before: besides
//! the mode, a group and a list of access decide that, and what is new has those that its folder gives it.

use super::attributes;
use super::confined::mode_of;
use super::listing::Kind;
use super::resolve::World;
use super::root::Workspace;
use super::walk::parent;
use super::{Change, FileState};
use rustix::fs::{Mode, OFlags};
use std::os::fd::AsFd;

/// Who may do with something what its mode says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Readers {
    /// The group.
    pub(super) group: u32,
    /// Whether a list of access says more.
    pub(super) has_list: bool,
}

impl Readers {
    /// Of what nothing can be told.
    pub(super) const UNTOLD: Readers = Readers { group: u32::MAX, has_list: true };

    /// Of what is made by this account where no folder decides.
    pub(super) fn own() -> Readers {
        Readers { group: rustix::process::getegid().as_raw(), has_list: false }
    }

    /// The mode of what is made with these, of what has a mode and those.
    pub(super) fn mode(self, of: Readers, mode: u32) -> u32 {
        match of.has_list {
            true => private(mode),
            false if of.group != self.group || self.has_list => shared(mode),
            false => mode,
        }
    }
}

/// For the owner alone: the rest of the mode may be how much of a list counts.
pub(crate) fn private(mode: u32) -> u32 {
    mode & !0o077
}

/// Besides the owner everybody may what both the group and all others may.
pub(crate) fn shared(mode: u32) -> u32 {
    let both = mode >> 3 & mode & 0o7;
    private(mode) | both << 3 | both
}

impl Workspace {
    /// Of a file or a folder at a resolved path.
    pub(super) fn readers(&self, path: &str) -> Readers {
        self.look_at(path, "system.posix_acl_access").map_or(Readers::UNTOLD, |(stat, has_list)| {
            let group = stat.st_gid;
            Readers { group, has_list }
        })
    }

    /// Of what is made in a folder that is there.
    pub(super) fn readers_in(&self, folder: &str) -> Readers {
        self.look_at(folder, "system.posix_acl_default").map_or(Readers::UNTOLD, |(stat, has_list)| {
            let gives = mode_of(&stat) & 0o2000 != 0;
            let group = if gives { stat.st_gid } else { Readers::own().group };
            Readers { group, has_list }
        })
    }

    fn look_at(&self, path: &str, list: &str) -> Option<(rustix::fs::Stat, bool)> {
        let (parent, name) = self.confined.parent(path).ok()?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let open = rustix::fs::openat(&parent, name, flags, Mode::empty()).ok()?;
        let stat = rustix::fs::fstat(&open).ok()?;
        let names = attributes::names(open.as_fd()).ok()?;
        Some((stat, names.iter().any(|name| name == list)))
    }

    /// The same change, of the workspace as it is: what takes it back makes again what it takes away.
    pub(crate) fn remembering(&self, change: Change) -> Change {
        let mode = match (&change.before, &change.after) {
            (FileState::File { .. }, FileState::File { .. })
            | (FileState::Directory { .. }, FileState::Directory { .. })
            | (FileState::Absent | FileState::Link { .. } | FileState::Other, _) => return change,
            (FileState::File { mode, .. } | FileState::Directory { mode }, _) => *mode,
        };
        let is_there = self.look(&change.path).is_ok_and(|info| matches!(info.kind, Kind::File | Kind::Directory));
        if !is_there {
            return change;
        }
        let (of, new) = (self.readers(&change.path), self.readers_in(parent(&change.path)));
        let is_same = of == new && !of.has_list;
        Change { remade: (!is_same).then(|| new.mode(of, mode)), ..change }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gets_a_right_that_was_not_there() {
        let plain = |group| Readers { group, has_list: false };
        let listed = |group| Readers { group, has_list: true };
        for (of, new, mode, made) in [
            (plain(1), plain(1), 0o640, 0o640),
            (plain(1), plain(2), 0o644, 0o644),
            (plain(1), plain(2), 0o755, 0o755),
            (plain(1), plain(2), 0o640, 0o600),
            (plain(1), plain(2), 0o604, 0o600),
            (plain(1), plain(2), 0o664, 0o644),
            (plain(1), listed(1), 0o664, 0o644),
            (listed(1), plain(1), 0o664, 0o600),
            (listed(1), listed(1), 0o644, 0o600),
            (Readers::UNTOLD, plain(1), 0o644, 0o600),
            (plain(1), Readers::UNTOLD, 0o640, 0o600),
            (plain(1), plain(2), 0o2750, 0o2700),
        ] {
            assert_eq!(new.mode(of, mode), made, "{of:?} {new:?} {mode:o}");
        }
    }
}
