//! A path beneath an open folder ⟶ an open place, by the kernel's own word: not one link on the way is followed, and what
//! leaves the folder is not reached, whoever exchanges what in that moment.

use rustix::fs::{Dir, Mode, OFlags, ResolveFlags, openat, openat2};
use std::ffi::CString;
use std::fs::{self, Permissions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// How something is opened that is only passed through, looked at or mounted on, and a link not at all.
pub(super) const PLACE: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens a folder by its whole path.
pub(super) fn folder(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(path, PLACE | OFlags::DIRECTORY, Mode::empty())?)
}

/// Opens a place beneath a folder.
pub(super) fn beneath(folder: impl AsFd, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    // Without `NOFOLLOW`, which would open a link at the end instead of refusing it.
    Ok(openat2(folder, path, OFlags::PATH | OFlags::CLOEXEC | flags, Mode::empty(), resolve)?)
}

/// The path by which the very thing is meant that is open.
pub(super) fn path_of(open: &impl AsRawFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd()))
}

/// Sets the mode of something that is open, however it was opened.
pub(super) fn set_mode(open: &OwnedFd, mode: u32) -> io::Result<()> {
    fs::set_permissions(path_of(open), Permissions::from_mode(mode))
}

/// The names in an open folder.
pub(super) fn names(folder: &OwnedFd) -> io::Result<Vec<CString>> {
    let open = openat(folder, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let mut names = Vec::new();
    for entry in Dir::new(open)? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(entry.file_name().to_owned());
        }
    }
    Ok(names)
}
