//! What a simulation has other than the workspace ⟶ the same in the copy of a cell. Nothing here follows a link or leaves the
//! copy: what stands in the workspace may have been exchanged since it was simulated, and then there is no cell.

use super::beneath::{beneath, names, set_mode};
use super::spec::Put;
use planc_lang::paths::check_path;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, mkdirat, openat, statat, symlinkat, unlinkat};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Makes the copy as the simulation shows it. `given` holds the contents.
pub(super) fn put_all(copy: OwnedFd, given: &Path, puts: &[Put<String>]) -> Result<(), String> {
    let copy = Copy { root: copy };
    for put in puts {
        let (Put::Nothing(path) | Put::File(path, ..) | Put::Directory(path, _) | Put::Link(path, _)) = put;
        copy.put(path, put, given).map_err(|error| {
            let why = match error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) {
                true => "a directory on the way was replaced by a link".to_owned(),
                false => error.to_string(),
            };
            format!("making the copy of the workspace as simulated, at `{}`: {why}", path.escape_debug())
        })?;
    }
    Ok(())
}

struct Copy {
    root: OwnedFd,
}

impl Copy {
    fn put(&self, path: &str, put: &Put<String>, given: &Path) -> io::Result<()> {
        check_path(path).map_err(io::Error::other)?;
        let (above, name) = path.rsplit_once('/').unwrap_or((".", path));
        let dir = match self.directory(Path::new(above)) {
            Err(error) if matches!(put, Put::Nothing(_)) && is_missing(&error) => return Ok(()),
            opened => opened?,
        };
        let kind = match statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Some(FileType::from_raw_mode(stat.st_mode)),
            Err(Errno::NOENT) => None,
            Err(error) => return Err(error.into()),
        };
        match (put, kind) {
            (Put::Directory(_, mode), Some(FileType::Directory)) => {
                return set_mode(&self.directory(Path::new(path))?, *mode);
            }
            (_, None) => {}
            (_, Some(FileType::Directory)) => self.remove_tree(path)?,
            (_, Some(_)) => unlinkat(&dir, name, AtFlags::empty())?,
        }
        match put {
            Put::Nothing(_) => Ok(()),
            Put::File(_, content, mode) => {
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let mut file = File::from(openat(&dir, name, flags, Mode::RUSR | Mode::WUSR)?);
                file.write_all(&fs::read(given.join(content))?)?;
                file.set_permissions(Permissions::from_mode(*mode))
            }
            Put::Directory(_, mode) => {
                mkdirat(&dir, name, Mode::RWXU)?;
                set_mode(&self.directory(Path::new(path))?, *mode)
            }
            Put::Link(_, target) => Ok(symlinkat(target.as_str(), &dir, name)?),
        }
    }

    fn directory(&self, path: &Path) -> io::Result<OwnedFd> {
        beneath(&self.root, path, OFlags::DIRECTORY)
    }

    /// Removes a directory with all it holds.
    fn remove_tree(&self, path: &str) -> io::Result<()> {
        let mut pending = vec![PathBuf::from(path)];
        while let Some(place) = pending.last().cloned() {
            let open = self.directory(&place)?;
            let before = pending.len();
            for name in names(&open)? {
                match unlinkat(&open, name.as_c_str(), AtFlags::empty()) {
                    Ok(()) | Err(Errno::NOENT) => {}
                    Err(Errno::ISDIR) => pending.push(place.join(OsStr::from_bytes(name.to_bytes()))),
                    Err(error) => return Err(error.into()),
                }
            }
            if pending.len() == before {
                pending.pop();
                let above = self.directory(place.parent().unwrap_or(Path::new(".")))?;
                unlinkat(&above, place.file_name().unwrap_or_default(), AtFlags::REMOVEDIR)?;
            }
        }
        Ok(())
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
