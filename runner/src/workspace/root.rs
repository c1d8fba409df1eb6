//! The workspace: one open directory ⟶ what is at its paths. Looks only; [`apply`](super::apply) changes.
//!
//! A path is resolved once; from then on no access follows a link.

use super::confined::{Blocked, Confined, identity_of, mode_of};
use super::error::FileError;
use super::guard::{Guard, is_own_name, is_temporary};
use super::listing::{Entry, Info, Kind, Listing, matches_seen};
use super::resolve::{Last, Resolved, Way, World, resolve_in, way_in};
use super::{Change, FileState, Look, MAX_FILE_BYTES, MAX_PATHS, Stamp, program, walk};
use planc_lang::digest::Digest;
use planc_lang::paths::check_path;
use rustix::fs::{AtFlags, Dir, FileType, Stat, statat};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The largest `.gitignore` that counts.
const MAX_RULES_BYTES: u64 = 1 << 20;

/// What is seen at a path on the way to which a link is.
pub(crate) const BEHIND_A_LINK: &str = "behind a link";

/// The directory that plans work in. Nothing outside of it is reached, and nothing that is planc's own.
#[derive(Debug)]
pub struct Workspace {
    path: PathBuf,
    pub(super) confined: Confined,
    pub(super) guard: Guard,
}

impl Workspace {
    /// Opens a directory as a workspace. `protected` are absolute canonical paths that no tool may read or change, with
    /// all they hold; whatever is called `planc.toml` or `.planc` is protected anywhere.
    pub fn open(root: &Path, protected: Vec<PathBuf>) -> Result<Workspace, FileError> {
        let shown = root.display().to_string();
        let path = root.canonicalize().map_err(|error| FileError::io("open the workspace", &shown, error))?;
        let confined = Confined::open(&path).map_err(|error| FileError::io("open the workspace", &shown, error))?;
        let guard = Guard::new(&path, protected);
        Ok(Workspace { path, confined, guard })
    }

    /// The same workspace, in which no tool may read or change what these globs over catalogues match.
    pub fn guarding(mut self, catalogues: &[String]) -> Workspace {
        self.guard = self.guard.with_catalogues(catalogues);
        self
    }

    /// The same workspace, in which no tool may change these files and folders, which are run before anybody approves anything, make
    /// links on these ways, or change these links.
    pub fn guarding_programs(mut self, files: &[PathBuf], ways: &[PathBuf], links: &[PathBuf]) -> Workspace {
        self.guard = self.guard.with_programs(files, ways, links);
        self
    }

    /// The absolute canonical path of the directory.
    pub fn root(&self) -> &Path {
        &self.path
    }

    /// Follows the links of a path. Parts at the end may be absent. A link that leads out of the workspace, a circle of
    /// links, and what is planc's own are errors.
    pub fn resolve(&self, path: &str) -> Result<String, FileError> {
        Ok(self.resolve_with(self, path, Last::Follow)?.path)
    }

    /// Like [`resolve`](Workspace::resolve), but when the path ends in a link, that link itself is meant.
    pub fn resolve_link(&self, path: &str) -> Result<String, FileError> {
        Ok(self.resolve_with(self, path, Last::Keep)?.path)
    }

    /// The paths that a path leads to: followed to its end, as the link that it ends in, and the links on the way; none where
    /// that cannot be told.
    pub(crate) fn leads(&self, path: &str) -> Vec<String> {
        self.leads_in(self, path)
    }

    /// Whether a path is one of the operator's own files, by its place.
    pub(super) fn is_operators(&self, path: &Path) -> bool {
        path.to_str().is_some_and(|path| self.guard.is_operators(path))
    }

    /// Where a path leads that a program is given; what is planc's own on the way ends it.
    pub(crate) fn way(&self, path: &str) -> Way {
        self.way_in(self, path)
    }

    /// The same in another world than that of the files.
    pub(super) fn way_in(&self, world: &impl World, path: &str) -> Way {
        let Way { links, ups, end } = way_in(world, path);
        let is_open = |path: &String| self.guard.check(path).is_ok();
        let open = |stages: Vec<String>| stages.into_iter().take_while(is_open).collect();
        Way { links: open(links), ups: open(ups), end: end.filter(is_open) }
    }

    /// The same in another world than that of the files.
    pub(super) fn leads_in(&self, world: &impl World, path: &str) -> Vec<String> {
        let ways = [Last::Follow, Last::Keep].into_iter().filter_map(|last| self.resolve_with(world, path, last).ok());
        let mut all: Vec<String> = ways.flat_map(|resolved| [vec![resolved.path], resolved.links].concat()).collect();
        all.sort();
        all.dedup();
        all
    }

    pub(super) fn resolve_with(&self, world: &impl World, path: &str, last: Last) -> Result<Resolved, FileError> {
        self.guard.check(path)?;
        let resolved = resolve_in(world, path, last)?;
        self.guard.check(&resolved.path)?;
        for link in &resolved.links {
            self.guard.check(link)?;
        }
        let mut above = resolved.path.as_str();
        loop {
            if let Ok(stat) = self.confined.stat(above) {
                self.guard.check_identity(&resolved.path, &stat)?;
            }
            match above {
                "." => return Ok(resolved),
                _ => above = walk::parent(above),
            }
        }
    }

    /// What kind of thing is at a resolved path.
    pub fn kind(&self, path: &str) -> Result<Kind, FileError> {
        Ok(self.info(path)?.kind)
    }

    /// What is at a resolved path, files with the digest of their content.
    pub fn state(&self, path: &str) -> Result<FileState, FileError> {
        let info = self.info(path)?;
        match info.kind {
            Kind::File => Ok(self.load(path, MAX_FILE_BYTES)?.1),
            _ => state_without_content(path, &info),
        }
    }

    /// The content of the regular file at a resolved path, up to `max` bytes.
    pub fn read(&self, path: &str, max: u64) -> Result<Vec<u8>, FileError> {
        Ok(self.load(path, max)?.0)
    }

    /// The content of a regular file with its state, from one opening.
    pub(super) fn load(&self, path: &str, max: u64) -> Result<(Vec<u8>, FileState), FileError> {
        let (file, stat) = self.open_file(path)?;
        let too_large = || FileError::Limit(format!("`{path}` is larger than {max} bytes"));
        if stat.st_size as u64 > max {
            return Err(too_large());
        }
        let mut bytes = Vec::with_capacity(stat.st_size as usize);
        file.take(max + 1).read_to_end(&mut bytes).map_err(|error| FileError::io("read", path, error))?;
        if bytes.len() as u64 > max {
            return Err(too_large());
        }
        let state = FileState::File { digest: Digest::of(&bytes), bytes: bytes.len() as u64, mode: mode_of(&stat) };
        Ok((bytes, state))
    }

    /// What a directory at a resolved path holds.
    pub fn entries(&self, path: &str) -> Result<Vec<Entry>, FileError> {
        Ok(self.listing(path)?.entries)
    }

    /// The names of all that a directory at a resolved path holds; an error where that includes what no plan can touch.
    pub(crate) fn all_names(&self, path: &str) -> Result<Vec<String>, FileError> {
        let listing = self.listing(path)?;
        match (listing.own.first(), listing.unnameable.first()) {
            (Some(own), _) => Err(FileError::Protected { path: walk::join(path, own) }),
            (None, Some(name)) => Err(FileError::Form(format!("`{path}` holds `{name}`, which no plan can name"))),
            (None, None) => Ok(listing.entries.into_iter().map(|entry| entry.name).collect()),
        }
    }

    /// The regular files that a glob matches, sorted; see `fs.glob`.
    pub fn glob(&self, glob: &str, ignored: bool) -> Result<Vec<String>, FileError> {
        walk::matches(self, glob, ignored)
    }

    /// Looks again at what was looked at, and says what is there as comparable text. Links are not followed: those on the
    /// way to a path were looked at one by one.
    pub fn observe(&self, look: &Look) -> Result<String, FileError> {
        match look {
            Look::At { path } => self.observe_at(path),
            Look::Entries { path } => match self.info(path)?.kind {
                Kind::Directory => Ok(self.listing(path)?.seen()),
                kind => Ok(kind.described().to_owned()),
            },
            Look::Called { path, endings } => self.observe_called(path, *endings),
            Look::Matches { glob, ignored } => Ok(matches_seen(&self.glob(glob, *ignored)?)),
            Look::Program { name } => self.observe_program(name),
            Look::Tool { tool } => Err(FileError::Form(format!("the tool `{tool}` is not in the workspace"))),
            Look::Call { step, .. } => Err(FileError::Form(format!("the call of `{step}` is not in the workspace"))),
        }
    }

    /// Which folder the workspace is, by device and number, whatever is at its path by now.
    pub(crate) fn identity(&self) -> Result<(u64, u64), FileError> {
        let stat = self.confined.stat(".").map_err(|blocked| FileError::io("look at", ".", blocked))?;
        Ok(identity_of(&stat))
    }

    /// Refuses where another folder is at its path by now: what is started in the open starts there, and servers work there.
    pub(crate) fn check_place(&self) -> Result<(), FileError> {
        let error = |error: io::Error| FileError::io("look at", &self.path.display().to_string(), error);
        let there = statat(rustix::fs::CWD, &self.path, AtFlags::empty()).map_err(|errno| error(errno.into()))?;
        match identity_of(&there) == self.identity()? {
            true => Ok(()),
            false => Err(error(io::Error::other("it is another folder by now"))),
        }
    }

    /// The same folder as this process, and one that it starts, finds it, whatever is at its path by now.
    pub(crate) fn handle(&self) -> PathBuf {
        Path::new("/proc/self/fd").join(self.confined.root().as_raw_fd().to_string())
    }

    /// Which file is at a resolved path, and when it was last changed; none: nothing is there.
    pub(crate) fn stamp(&self, path: &str) -> Option<Stamp> {
        let stat = self.confined.stat(path).ok()?;
        Some(Stamp {
            file: identity_of(&stat),
            is_folder: kind_of(&stat) == Kind::Directory,
            changed: (i128::from(stat.st_ctime), i128::from(stat.st_ctime_nsec)),
        })
    }

    /// What is at a resolved path, a file of any size by the digest of what is written to `to`; none: the path is behind a link.
    pub(crate) fn read_to(&self, path: &str, to: &mut dyn io::Write) -> Result<Option<FileState>, FileError> {
        if matches!(self.confined.stat(path), Err(Blocked::Link)) {
            return Ok(None);
        }
        let info = self.info(path)?;
        if info.kind != Kind::File {
            return state_without_content(path, &info).map(Some);
        }
        let (mut file, stat) = self.open_file(path)?;
        let (digest, bytes) = digested(&mut file, to).map_err(|error| FileError::io("read", path, error))?;
        Ok(Some(FileState::File { digest, bytes, mode: mode_of(&stat) }))
    }

    /// The way in the workspace to a program: its stages, also those that lead to one outside, and the file where it lies in the
    /// workspace.
    pub(crate) fn way_to(&self, program: &Path) -> Way {
        let within = |path: &Path| path.strip_prefix(&self.path).ok().and_then(Path::to_str).map(str::to_owned);
        let way = within(program).map(|path| self.way(&path)).unwrap_or_default();
        // Something outside may lead into the workspace.
        let end = way.end.clone().or_else(|| within(&program.canonicalize().ok()?));
        Way { end, ..way }
    }

    /// The absolute path of the executable that `argv[0]` stands for: a bare name is looked up on PATH, `./…` is a path in
    /// the workspace, an absolute path is itself, and so is what leads out of it. `None` where there is none; an error where it is
    /// planc's own.
    pub fn program(&self, name: &str) -> Result<Option<PathBuf>, FileError> {
        let found = match name.strip_prefix("./") {
            Some(path) => Some(self.path.join(match self.resolve(path) {
                Err(FileError::Escapes { .. }) => path.to_owned(),
                resolved => resolved?,
            })),
            None if name.starts_with('/') => Some(PathBuf::from(name)),
            None if name.contains('/') => {
                return Err(FileError::Form(format!(
                    "the program `{}` is neither a name on PATH, nor `./…` in the workspace, nor an absolute path",
                    name.escape_debug()
                )));
            }
            None => program::find_program(name),
        };
        let Some(file) = found.filter(|file| program::is_executable(file)) else { return Ok(None) };
        match file.metadata() {
            Ok(meta) if self.guard.is_own(meta.dev(), meta.ino()) => Err(FileError::Protected { path: name.into() }),
            _ => Ok(Some(file)),
        }
    }

    /// Refuses a change that no tool may make, whatever `critical` says.
    pub(crate) fn check_change(&self, change: &Change) -> Result<(), FileError> {
        self.guard.check_change(change)
    }

    /// Makes a directory and those above it, where they are missing. No link is followed.
    pub fn make_dirs(&self, path: &str) -> Result<(), FileError> {
        self.guard.check(path)?;
        self.confined.make_dirs(path).map_err(|blocked| FileError::io("make the directory", path, blocked))
    }

    /// Refuses to change what a directory holds where the account that planc runs as may not.
    pub(super) fn check_writable(&self, dir: &str) -> Result<(), FileError> {
        use rustix::fs::Access;
        let denied = |blocked: Blocked| FileError::io("write in", dir, blocked);
        let (parent, name) = self.confined.parent(dir).map_err(denied)?;
        rustix::fs::accessat(&parent, name, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
            .map_err(|errno| FileError::io("write in", dir, errno))
    }

    pub(super) fn listing(&self, path: &str) -> Result<Listing, FileError> {
        let dir = match self.confined.directory(path) {
            Ok(dir) => dir,
            Err(Blocked::Missing) => return Err(FileError::missing(path)),
            Err(blocked) => return Err(FileError::io("list", path, blocked)),
        };
        let stat = rustix::fs::fstat(&dir).map_err(|errno| FileError::io("list", path, errno))?;
        self.guard.check_identity(path, &stat)?;
        read_listing(&dir, path, &self.guard)
    }

    fn observe_at(&self, path: &str) -> Result<String, FileError> {
        let state = self.read_to(path, &mut io::sink())?;
        Ok(state.map_or_else(|| BEHIND_A_LINK.to_owned(), |state| state.to_string()))
    }

    fn observe_program(&self, name: &str) -> Result<String, FileError> {
        let Some(file) = self.program(name)? else { return Ok("absent".into()) };
        let shown = file.display().to_string();
        let digest = File::open(&file).and_then(|mut file| digested(&mut file, &mut io::sink()));
        let (digest, _) = digest.map_err(|error| FileError::io("read the program", &shown, error))?;
        Ok(program::seen(&file, &digest))
    }

    pub(crate) fn info(&self, path: &str) -> Result<Info, FileError> {
        self.guard.check(path)?;
        let (parent, name) = match self.confined.parent(path) {
            Ok(parent) => parent,
            Err(Blocked::Missing | Blocked::NotADirectory | Blocked::Link) => return Ok(Info::MISSING),
            Err(blocked) => return Err(FileError::io("look at", path, blocked)),
        };
        let stat = match statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => return Ok(Info::MISSING),
            Err(errno) => return Err(FileError::io("look at", path, errno)),
        };
        self.guard.check_identity(path, &stat)?;
        let kind = kind_of(&stat);
        let target = match kind {
            Kind::Link => rustix::fs::readlinkat(&parent, name, Vec::new()).ok().and_then(|t| t.into_string().ok()),
            _ => None,
        };
        let bytes = if kind == Kind::File { stat.st_size as u64 } else { 0 };
        Ok(Info { kind, bytes, mode: Some(mode_of(&stat)), target })
    }

    /// What the file at a resolved path begins with.
    pub(super) fn beginning(&self, path: &str, max: usize) -> Result<Vec<u8>, FileError> {
        let (file, _) = self.open_file(path)?;
        let mut bytes = Vec::with_capacity(max);
        file.take(max as u64).read_to_end(&mut bytes).map_err(|error| FileError::io("read", path, error))?;
        Ok(bytes)
    }

    fn open_file(&self, path: &str) -> Result<(File, Stat), FileError> {
        self.guard.check(path)?;
        let info = self.info(path)?;
        match info.kind {
            Kind::File => {}
            Kind::Missing => return Err(FileError::missing(path)),
            kind => return Err(FileError::Kind { path: path.into(), found: kind.described(), wanted: "a file" }),
        }
        let (file, stat) = self.confined.file(path).map_err(|blocked| FileError::io("read", path, blocked))?;
        self.guard.check_identity(path, &stat)?;
        Ok((File::from(file), stat))
    }
}

impl World for Workspace {
    fn root(&self) -> &Path {
        &self.path
    }

    fn look(&self, path: &str) -> Result<Info, FileError> {
        self.info(path)
    }

    fn list(&self, path: &str) -> Result<Listing, FileError> {
        self.listing(path)
    }

    fn small_text(&self, path: &str) -> Option<String> {
        let (file, _) = self.open_file(path).ok()?;
        let mut bytes = Vec::new();
        file.take(MAX_RULES_BYTES).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The state of anything but a regular file.
fn state_without_content(path: &str, info: &Info) -> Result<FileState, FileError> {
    Ok(match info.kind {
        Kind::Missing => FileState::Absent,
        Kind::Directory => FileState::Directory { mode: info.mode.unwrap_or_default() },
        Kind::Link => match &info.target {
            Some(target) => FileState::Link { target: target.clone() },
            None => return Err(FileError::Form(format!("the link `{path}` has a target that is not UTF-8"))),
        },
        Kind::File | Kind::Other => FileState::Other,
    })
}

fn kind_of(stat: &Stat) -> Kind {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Link,
        _ => Kind::Other,
    }
}

fn read_listing(dir: &OwnedFd, path: &str, guard: &Guard) -> Result<Listing, FileError> {
    let failed = |errno| FileError::io("list", path, errno);
    let mut listing = Listing::default();
    for entry in Dir::read_from(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let raw = entry.file_name();
        if matches!(raw.to_bytes(), b"." | b"..") {
            continue;
        }
        let name = match raw.to_str() {
            Ok(name) if check_path(&walk::join(path, name)).is_ok() => name.to_owned(),
            Ok(name) => {
                listing.unnameable.push(name.escape_debug().to_string());
                continue;
            }
            Err(_) => {
                listing.unnameable.push(raw.to_bytes().escape_ascii().to_string());
                continue;
            }
        };
        if is_temporary(&name) {
            continue;
        }
        if is_own_name(&name) {
            listing.own.push(name);
            continue;
        }
        let Ok(stat) = statat(dir, raw, AtFlags::SYMLINK_NOFOLLOW) else { continue };
        let kind = kind_of(&stat);
        // Under another name only a directory or a file with several names can be one that is protected.
        if (kind == Kind::Directory || stat.st_nlink > 1) && guard.check_identity(path, &stat).is_err() {
            listing.own.push(name);
            continue;
        }
        if kind == Kind::Directory && guard.check(&walk::join(path, &name)).is_err() {
            listing.own.push(name);
            continue;
        }
        let bytes = if kind == Kind::File { stat.st_size as u64 } else { 0 };
        listing.entries.push(Entry { name, kind, bytes });
        if listing.entries.len() > MAX_PATHS {
            return Err(FileError::Limit(format!("`{path}` holds more than {MAX_PATHS} entries")));
        }
    }
    listing.entries.sort();
    listing.unnameable.sort();
    listing.own.sort();
    Ok(listing)
}

/// The digest and the length of a file of any size, whose content is written to `to`.
pub(crate) fn digested(file: &mut File, to: &mut dyn io::Write) -> io::Result<(Digest, u64)> {
    let mut hashing = Hashing { hasher: Sha256::new(), to };
    let bytes = io::copy(file, &mut hashing)?;
    Ok((Digest(hashing.hasher.finalize().into()), bytes))
}

struct Hashing<'a> {
    hasher: Sha256,
    to: &'a mut dyn io::Write,
}

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
