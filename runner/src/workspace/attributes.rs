//! A file that is replaced ⟶ what decides who may read it besides its mode: group, owner where that may be given, list of access. Also
//! what programs note beside it (`user.*`), and the label that the machine goes by (`security.selinux`).
//!
//! Capabilities of a file are rights, as setuid is, and are not kept.

use rustix::fs::{Gid, Uid};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// The list of access, where a system has one beside the mode.
const ACL: &str = "system.posix_acl_access";
/// The label of SELinux.
const LABEL: &str = "security.selinux";
/// What programs note.
const NOTES: &str = "user.";
/// The largest attribute that Linux knows, and the longest list of names.
const MAX_BYTES: usize = 65_536;

/// Gives a new file what the old one has; the mode is set afterwards. An error: who may read it could not be kept.
pub(super) fn keep(old: BorrowedFd<'_>, new: BorrowedFd<'_>) -> io::Result<()> {
    keep_owner(old, new)?;
    let names = names(old)?;
    let given: Vec<String> = self::names(new)?;
    if !names.iter().any(|name| name == ACL) && given.iter().any(|name| name == ACL) {
        // Its folder gives new files one, which this file does not have.
        rustix::fs::fremovexattr(new, ACL)?;
    }
    for name in names {
        let is_access = name == ACL;
        if !is_access && name != LABEL && !name.starts_with(NOTES) {
            continue;
        }
        let kept = get(old, &name).and_then(|value| {
            let kept = rustix::fs::fsetxattr(new, &name, &value, rustix::fs::XattrFlags::empty());
            Ok(kept?)
        });
        match kept {
            // The new file has the label that the machine gives it.
            Err(_) if name == LABEL => {}
            Err(error) => return Err(cannot(&format!("its attribute `{name}`"), &error)),
            Ok(()) => {}
        }
    }
    Ok(())
}

fn keep_owner(old: BorrowedFd<'_>, new: BorrowedFd<'_>) -> io::Result<()> {
    let (was, is) = (rustix::fs::fstat(old)?, rustix::fs::fstat(new)?);
    if was.st_gid != is.st_gid {
        let given = rustix::fs::fchown(new, None, Some(Gid::from_raw(was.st_gid)));
        given.map_err(|error| cannot(&format!("its group, number {}", was.st_gid), &error.into()))?;
    }
    if was.st_uid != is.st_uid {
        match rustix::fs::fchown(new, Some(Uid::from_raw(was.st_uid)), None) {
            // Only root gives files away: it is the file of this account then, which may do with it what it may here anyway.
            Ok(()) | Err(Errno::PERM) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn cannot(what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what} cannot be kept ({error}), and others could read it, or no longer"))
}

/// The names of its attributes; a file system may have none.
pub(super) fn names(file: BorrowedFd<'_>) -> io::Result<Vec<String>> {
    let mut list = Vec::with_capacity(MAX_BYTES);
    match rustix::fs::flistxattr(file, rustix::buffer::spare_capacity(&mut list)) {
        Ok(_) => {}
        Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    }
    let names = list.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
}

fn get(file: BorrowedFd<'_>, name: &str) -> io::Result<Vec<u8>> {
    let mut value = Vec::with_capacity(MAX_BYTES);
    rustix::fs::fgetxattr(file.as_fd(), name, rustix::buffer::spare_capacity(&mut value))?;
    Ok(value)
}
