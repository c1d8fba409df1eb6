//! A name ⟶ an open folder and a last name in it, followed once; a text ⟶ a file there, outside of the state of planc: whole or not at
//! all, and never through a link.
//!
//! Whoever calls planc chooses the name, and may lead it elsewhere at any time. So what is judged is where the open folder lies, and
//! what is read and written is what was opened.

use rustix::fs::{AtFlags, FileType, Mode, OFlags, fchmod, fstat, mkdirat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The mode of a file that was not there, before the mask of the process.
pub const USUAL_MODE: u32 = 0o666;

/// How a folder is opened in which something is looked up.
const PASS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Whether folders that are missing are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Made,
    Left,
}

/// A folder, of which as much is open as is there.
#[derive(Clone, Debug)]
pub struct Folder {
    open: Arc<OwnedFd>,
    /// The folders from there on. None of them is a link.
    within: PathBuf,
    path: PathBuf,
}

impl Folder {
    /// Follows the links that lead to a folder, by an absolute path. What of it is missing is made when something is written there.
    pub fn of(path: &Path) -> io::Result<Folder> {
        for there in path.ancestors() {
            let open = match rustix::fs::open(there, PASS, Mode::empty()) {
                Ok(open) => open,
                // A link to nothing is something.
                Err(Errno::NOENT) if there.symlink_metadata().is_err() => continue,
                Err(errno) => return Err(errno.into()),
            };
            let within = path.strip_prefix(there).unwrap_or(Path::new(""));
            if within.components().any(|part| !matches!(part, Component::Normal(_))) {
                break;
            }
            let real = std::fs::read_link(format!("/proc/self/fd/{}", open.as_raw_fd()))?;
            if !real.is_absolute() {
                break;
            }
            let path = real.iter().chain(within).collect();
            return Ok(Folder { open: Arc::new(open), within: within.to_owned(), path });
        }
        Err(Errno::NOENT.into())
    }

    /// Where it lies, or will.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it or beneath, by names alone: neither it nor a folder on the way is a link.
    pub fn file(&self, path: impl AsRef<Path>) -> Place {
        let path = path.as_ref();
        let folder = path.parent().unwrap_or(Path::new(""));
        let at = |base: &Path| base.iter().chain(folder).collect::<PathBuf>();
        let folder = Folder { open: self.open.clone(), within: at(&self.within), path: at(&self.path) };
        let name = path.file_name().unwrap_or_default().to_owned();
        let path = folder.path.join(&name);
        Place { folder, name, named: path.clone(), path }
    }

    fn opened(&self, missing: Missing) -> io::Result<Arc<OwnedFd>> {
        let mut here = self.open.clone();
        for part in &self.within {
            match if missing == Missing::Made { mkdirat(&here, part, Mode::from_raw_mode(0o777)) } else { Ok(()) } {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(errno.into()),
            }
            here = Arc::new(openat(&here, part, PASS | OFlags::NOFOLLOW, Mode::empty())?);
        }
        Ok(here)
    }
}

/// A file, there or not, in an open folder.
#[derive(Clone, Debug)]
pub struct Place {
    folder: Folder,
    name: OsString,
    path: PathBuf,
    named: PathBuf,
}

/// What was read from a file: which one it is, by device and number, and all that it held.
#[derive(Debug, PartialEq, Eq)]
pub struct Held {
    file: (u64, u64),
    /// What it held.
    pub bytes: Vec<u8>,
}

impl Place {
    /// Follows a name, by an absolute path, and a link that it is.
    pub fn of(path: &Path) -> io::Result<Place> {
        let parts = |path: &Path| path.parent().map(Path::to_owned).zip(path.file_name().map(OsStr::to_owned));
        let at = |path: &Path| {
            let (folder, name) = parts(path).ok_or(Errno::INVAL)?;
            io::Result::Ok(Folder::of(&folder)?.file(name))
        };
        let place = at(path)?;
        match place.kind()? {
            Some(FileType::Symlink) => Ok(Place { named: place.path.clone(), ..at(&place.path.canonicalize()?)? }),
            Some(_) | None => Ok(place),
        }
    }

    /// Where it lies, or will.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the link to it lies, where it was named by one; else where it lies itself.
    pub fn named(&self) -> &Path {
        &self.named
    }

    /// What has its name; none: nothing.
    pub fn kind(&self) -> io::Result<Option<FileType>> {
        let stat = match self.folder.opened(Missing::Left) {
            Ok(folder) => statat(folder, &self.name, AtFlags::SYMLINK_NOFOLLOW).map_err(io::Error::from),
            Err(error) => Err(error),
        };
        match stat {
            Ok(stat) => Ok(Some(FileType::from_raw_mode(stat.st_mode))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a file of no more than so many bytes; none: nothing is there. Never waits, for a pipe and a device are no files.
    pub fn read(&self, most: usize) -> io::Result<Option<Held>> {
        let other = || io::Error::new(ErrorKind::InvalidInput, "it is no regular file");
        match self.kind()? {
            None => return Ok(None),
            Some(FileType::RegularFile) => {}
            Some(_) => return Err(other()),
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = File::from(openat(self.folder.opened(Missing::Left)?, &self.name, flags, Mode::empty())?);
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(other());
        }
        let mut bytes = Vec::new();
        file.take(most as u64 + 1).read_to_end(&mut bytes)?;
        match bytes.len() > most {
            true => Err(io::Error::new(ErrorKind::FileTooLarge, format!("it has more than {most} bytes"))),
            false => Ok(Some(Held { file: (found.dev(), found.ino()), bytes })),
        }
    }

    /// Writes a file that is not there yet. Whatever has its name, a link to nothing as well, is left as it is.
    pub fn create(&self, content: &[u8], mode: u32) -> io::Result<()> {
        let folder = self.folder.opened(Missing::Made)?;
        create(&folder, &self.name, content, mode).map(drop)
    }

    /// Puts a file in the place of the one that was read, or of nothing, and only there: what is another file by now, or holds something
    /// else, is left as it is. The mode of a file is kept. It is written beside, under a name that nobody knows before.
    pub fn rewrite(&self, before: Option<&Held>, content: &[u8]) -> io::Result<()> {
        let folder = self.folder.opened(Missing::Made)?;
        let beside = format!(".{}.tmp", uuid::Uuid::new_v4().simple());
        let file = create(&folder, beside.as_ref(), content, USUAL_MODE)?;
        let put = || {
            if self.read(before.map_or(0, |held| held.bytes.len())).ok().is_none_or(|now| now.as_ref() != before) {
                return Err(io::Error::other("it is another one by now, or holds something else"));
            }
            if before.is_some() {
                let old = statat(&*folder, &self.name, AtFlags::SYMLINK_NOFOLLOW)?;
                fchmod(&file, Mode::from_raw_mode(old.st_mode & 0o777))?;
            }
            // What has the name beside is what was written there.
            let (written, named) = (fstat(&file)?, statat(&*folder, &beside, AtFlags::SYMLINK_NOFOLLOW)?);
            if (written.st_dev, written.st_ino) != (named.st_dev, named.st_ino) {
                return Err(io::Error::other("something else has the name of what was written beside it"));
            }
            Ok(renameat(&*folder, &beside, &*folder, &self.name)?)
        };
        let put = put();
        if put.is_err() {
            let _ = unlinkat(&*folder, &beside, AtFlags::empty());
        }
        put
    }
}

fn create(folder: &OwnedFd, name: &OsStr, content: &[u8], mode: u32) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(openat(folder, name, flags, Mode::from_raw_mode(mode))?);
    let written = file.write_all(content).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a file would be taken for a damaged one.
        let _ = unlinkat(folder, name, AtFlags::empty());
    }
    written.map(|()| file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn no_link_is_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("kept"), "kept").unwrap();
        symlink("kept", at("link")).unwrap();
        symlink("nothing", at("dangling")).unwrap();
        let here = Folder::of(folder.path()).unwrap();
        for name in ["link", "dangling"] {
            assert!(here.file(name).create(b"new", USUAL_MODE).is_err(), "{name}");
            assert!(here.file(name).read(9).is_err() && here.file(name).rewrite(None, b"new").is_err(), "{name}");
        }
        assert!(Place::of(&at("dangling")).is_err() && !at("nothing").exists());
        // A name that is a link is that of what it leads to.
        let led = Place::of(&at("link")).unwrap();
        assert_eq!((led.path(), led.named()), (here.file("kept").path(), here.file("link").path()));
        fs::set_permissions(at("kept"), fs::Permissions::from_mode(0o640)).unwrap();
        let held = led.read(4).unwrap();
        assert!(led.read(3).is_err() && led.rewrite(None, b"other").is_err());
        led.rewrite(held.as_ref(), b"other").unwrap();
        // It is another file now.
        assert!(led.rewrite(held.as_ref(), b"more").is_err());
        assert!(at("link").is_symlink() && fs::read(at("link")).unwrap() == b"other");
        assert_eq!(at("kept").metadata().unwrap().permissions().mode() & 0o777, 0o640);
        // What is written beside is not executed as somebody else.
        fs::set_permissions(at("kept"), fs::Permissions::from_mode(0o4755)).unwrap();
        led.rewrite(led.read(9).unwrap().as_ref(), b"third").unwrap();
        assert_eq!(at("kept").metadata().unwrap().permissions().mode() & 0o7777, 0o755);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_folder_is_what_was_opened_and_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().canonicalize().unwrap().join(name);
        fs::create_dir_all(at("a/b")).unwrap();
        fs::create_dir(at("other")).unwrap();
        let there = Place::of(&at("a/../a/b/x")).unwrap();
        let missing = Place::of(&at("a/new/more/x")).unwrap();
        assert_eq!((there.path(), missing.path()), (&*at("a/b/x"), &*at("a/new/more/x")));
        assert!(Place::of(&at("a/new/../x")).is_err() && Place::of(&at("a/..")).is_err());
        fs::rename(at("a/b"), at("a/c")).unwrap();
        symlink(at("other"), at("a/b")).unwrap();
        there.create(b"new", USUAL_MODE).unwrap();
        assert!(at("a/c/x").exists());
        // What is a link by now is no folder that was missing.
        symlink(at("other"), at("a/new")).unwrap();
        assert!(missing.create(b"new", USUAL_MODE).is_err());
        fs::remove_file(at("a/new")).unwrap();
        missing.create(b"new", USUAL_MODE).unwrap();
        assert!(at("a/new/more/x").exists());
        assert_eq!(fs::read_dir(at("other")).unwrap().count(), 0);
    }
}
