//! What a program may see ⟶ the root of its cell, made of mounts: the system to read, a copy of the workspace to change, a
//! home and a place for temporary files of its own. What is not put there is not there.

use super::beneath::{beneath, folder, path_of};
use super::cell::GIVEN;
use super::puts::put_all;
use super::spec::Inside;
use rustix::fs::{Mode, OFlags, mkdirat, openat};
use rustix::io::Errno;
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive, mount_change,
    mount_remount, unmount,
};
use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

/// The devices of a cell.
pub(super) const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
/// The folders of the system, which may be read.
const SYSTEM: [&str; 10] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix"];
/// The most that may be kept in `/dev/shm`.
const SHARED: &str = "mode=1777,size=256m";

fn said(doing: &str, path: &Path) -> impl FnOnce(io::Error) -> String {
    let text = format!("{doing} `{}`", path.display());
    move |error| format!("{text}: {error}")
}

fn errno(doing: &str, path: &Path) -> impl FnOnce(rustix::io::Errno) -> String {
    let text = format!("{doing} `{}`", path.display());
    move |error| format!("{text}: {error}")
}

/// Something that is put at a place of the new root.
enum Piece {
    /// To read, with all that is mounted beneath: a path without links.
    Read(PathBuf),
    /// To write.
    Write(PathBuf),
    /// The copy of the workspace.
    Copy,
}

/// Makes the root, and goes there. Gives the folders in it that may be written.
pub(super) fn make(dir: &Path, inside: &Inside) -> Result<Vec<PathBuf>, String> {
    mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
        .map_err(errno("keeping mounts apart at", Path::new("/")))?;
    let root = dir.join("root");
    let small = CString::new("mode=755,size=16m").unwrap_or_default();
    mount("tmpfs", &root, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, Some(small.as_c_str()))
        .map_err(errno("mounting", &root))?;
    let mut writable = vec![PathBuf::from("/dev/shm")];
    devices(&root)?;
    let mut pieces = system(&root)?;
    // The workspace is shown by its copy, whatever leads into it.
    let elsewhere = inside.read.iter().filter(|shown| !contains(&inside.workspace, &shown.place));
    pieces.extend(elsewhere.map(|shown| (shown.place.clone(), Piece::Read(shown.real.clone()))));
    pieces.push(("/tmp".into(), Piece::Write(dir.join("tmp"))));
    let home = inside.home.as_deref().filter(|home| may_be_home(home) && !contains(&inside.workspace, home));
    pieces.extend(home.map(|home| (home.to_owned(), Piece::Write(dir.join("home")))));
    pieces.push((inside.workspace.clone(), Piece::Copy));
    // What lies above is put first.
    pieces.sort_by_key(|(place, _)| place.components().count());
    let new = folder(&root).map_err(said("opening", &root))?;
    for (place, piece) in &pieces {
        let is_put = put(dir, &new, place, piece, inside)?;
        if is_put && !matches!(piece, Piece::Read(_)) {
            writable.push(place.clone());
        }
        if matches!(piece, Piece::Copy) {
            // Before anything else lies in it.
            let copy = beneath(&new, relative(place), OFlags::DIRECTORY).map_err(said("opening the copy of", place))?;
            put_all(copy, &dir.join(GIVEN), &inside.before)?;
        }
    }
    for folder in &inside.scratch {
        scratch(dir, &new, &inside.workspace, folder)?;
        writable.push(folder.clone());
    }
    for hidden in &inside.hidden {
        hide(dir, &new, hidden)?;
        // What a link leads to is not there either.
        if let Some(real) = hidden.canonicalize().ok().filter(|real| real != hidden) {
            hide(dir, &new, &real)?;
        }
    }
    for place in &inside.shut {
        shut(&new, place)?;
    }
    proc(&root)?;
    read_only(&root, &writable)?;
    enter(&root)?;
    Ok(writable)
}

/// Whether a place can be a home of its own in a cell: not what the system lies in, nor what the cell has there itself.
fn may_be_home(home: &Path) -> bool {
    let own = ["/dev", "/proc", "/sys", "/tmp"];
    home.is_absolute() && !SYSTEM.iter().chain(&own).any(|taken| Path::new(taken).starts_with(home))
}

/// Whether a place is a folder or lies in it.
fn contains(folder: &Path, place: &Path) -> bool {
    place.starts_with(folder)
}

fn under(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

fn devices(root: &Path) -> Result<(), String> {
    let dev = root.join("dev");
    let made = |path: &Path| fs::create_dir(path).map_err(said("making", path));
    made(&dev)?;
    for name in DEVICES {
        let (from, to) = (Path::new("/dev").join(name), dev.join(name));
        File::create(&to).map_err(said("making", &to))?;
        mount_bind(&from, &to).map_err(errno("mounting", &from))?;
    }
    for (name, target) in [("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")] {
        let link = dev.join(name);
        symlink(format!("/proc/self/{target}"), &link).map_err(said("making", &link))?;
    }
    let shared = dev.join("shm");
    made(&shared)?;
    let options = CString::new(SHARED).unwrap_or_default();
    mount("tmpfs", &shared, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, Some(options.as_c_str()))
        .map_err(errno("mounting", &shared))
}

/// The folders of the system; links among them are made again.
fn system(root: &Path) -> Result<Vec<(PathBuf, Piece)>, String> {
    let mut pieces = Vec::new();
    for name in SYSTEM {
        let path = Path::new(name);
        let Ok(kind) = path.symlink_metadata() else { continue };
        if kind.is_symlink() {
            let target = fs::read_link(path).map_err(said("following", path))?;
            symlink(target, under(root, path)).map_err(said("making", path))?;
        } else if kind.is_dir() {
            pieces.push((path.to_owned(), Piece::Read(path.to_owned())));
        }
    }
    // How many processors and how much memory there are; and where names are looked up.
    for path in [Path::new("/sys"), Path::new("/etc/resolv.conf")] {
        match path.canonicalize() {
            Ok(real) if real.starts_with("/etc") => {}
            Ok(real) => pieces.push((real.clone(), Piece::Read(real))),
            Err(_) => {}
        }
    }
    Ok(pieces)
}

/// Puts a piece in its place. Gives whether it is there: what may be read need not exist, or has become a link since it was looked
/// at; and a place that would have to be made in what may only be read, or behind a link, is none.
fn put(dir: &Path, root: &OwnedFd, place: &Path, piece: &Piece, inside: &Inside) -> Result<bool, String> {
    let source = match piece {
        Piece::Read(from) => {
            match folder(Path::new("/")).and_then(|all| beneath(&all, relative(from), OFlags::empty())) {
                Ok(open) => Some(open),
                Err(_) => return Ok(false),
            }
        }
        Piece::Write(_) | Piece::Copy => None,
    };
    let is_dir = match &source {
        Some(open) => path_of(open).metadata().map_err(said("looking at", place))?.is_dir(),
        None => true,
    };
    let to = match (prepare(root, relative(place), is_dir), piece) {
        (Ok(to), _) => to,
        (Err(error), Piece::Read(_) | Piece::Write(_)) if is_no_place(&error) => return Ok(false),
        (Err(error), _) => return Err(said("making", place)(error)),
    };
    let target = path_of(&to);
    match (piece, &source) {
        (Piece::Read(from), open) => {
            let from = open.as_ref().map_or_else(|| from.clone(), path_of);
            mount_bind_recursive(&from, &target).map_err(errno("mounting what is shown at", place))?;
            // At once: nothing is ever made in it, by nobody.
            let mounted = beneath(root, relative(place), OFlags::empty()).map_err(said("opening", place))?;
            let mounted = fs::read_link(path_of(&mounted)).map_err(said("finding", place))?;
            close_beneath(&mounted, |_| false)?;
        }
        (Piece::Write(from), _) => mount_bind(from, &target).map_err(errno("mounting", from))?,
        (Piece::Copy, _) => copy(dir, inside, &target)?,
    }
    Ok(true)
}

fn relative(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

fn is_no_place(error: &io::Error) -> bool {
    let none = [Errno::ROFS, Errno::LOOP, Errno::NOENT, Errno::NOTDIR, Errno::XDEV];
    none.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Opens a place to mount on; what is missing is made. Nothing is followed on the way.
fn prepare(root: &OwnedFd, place: &Path, is_dir: bool) -> io::Result<OwnedFd> {
    match beneath(root, place, OFlags::empty()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return opened,
    }
    let mut at = beneath(root, Path::new(""), OFlags::DIRECTORY)?;
    let mut parts = place.components().peekable();
    while let Some(part) = parts.next() {
        let part = Path::new(part.as_os_str());
        let made = match parts.peek().is_some() || is_dir {
            true => mkdirat(&at, part, Mode::from_raw_mode(0o755)),
            false => {
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                openat(&at, part, flags, Mode::from_raw_mode(0o644)).map(drop)
            }
        };
        match made {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        at = beneath(&at, part, OFlags::empty())?;
    }
    Ok(at)
}

/// Puts the workspace there, and everything that is changed in it elsewhere.
fn copy(dir: &Path, inside: &Inside, to: &Path) -> Result<(), String> {
    let workspace = &inside.workspace;
    let open = folder(workspace).map_err(said("opening", workspace))?;
    let found = path_of(&open).metadata().map_err(said("looking at", workspace))?;
    if (found.dev(), found.ino()) != inside.identity {
        return Err(format!("`{}` is another folder by now", workspace.display()));
    }
    // By names without anything that would have to be escaped.
    mount_bind(path_of(&open), dir.join("lower")).map_err(errno("mounting", workspace))?;
    std::env::set_current_dir(dir).map_err(said("entering", dir))?;
    let options = CString::new("lowerdir=lower,upperdir=upper,workdir=work,userxattr").unwrap_or_default();
    mount("overlay", to, "overlay", MountFlags::NOSUID | MountFlags::NODEV, Some(options.as_c_str()))
        .map_err(errno("mounting a copy of", workspace))
}

/// Puts the very folder of the workspace in the place of its copy.
fn scratch(dir: &Path, root: &OwnedFd, workspace: &Path, path: &Path) -> Result<(), String> {
    let linked = |error: io::Error| match error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) {
        true => format!("the scratch folder `{}` is a link, or lies behind one", path.display()),
        false => said("opening the scratch folder", path)(error),
    };
    let own = path.strip_prefix(workspace).unwrap_or(path);
    let from = folder(&dir.join("lower")).and_then(|open| beneath(open, own, OFlags::DIRECTORY)).map_err(linked)?;
    let to = beneath(root, relative(path), OFlags::DIRECTORY).map_err(linked)?;
    mount_bind(path_of(&from), path_of(&to)).map_err(errno("mounting the scratch folder", path))
}

/// Puts nothing in the place of something.
fn hide(dir: &Path, root: &OwnedFd, place: &Path) -> Result<(), String> {
    let open = match beneath(root, relative(place), OFlags::empty()) {
        Err(error) if is_no_place(&error) => return Ok(()),
        opened => opened.map_err(said("hiding", place))?,
    };
    let found = fs::metadata(path_of(&open)).map_err(said("hiding", place))?;
    let nothing = dir.join(if found.is_dir() { "nothing" } else { "empty" });
    mount_bind(nothing, path_of(&open)).map_err(errno("hiding", place))
}

/// Makes a mount of its own of a file, which is read-only as all are that are not named.
fn shut(root: &OwnedFd, place: &Path) -> Result<(), String> {
    match beneath(root, relative(place), OFlags::empty()) {
        Err(error) if is_no_place(&error) => Ok(()),
        Err(error) => Err(said("closing", place)(error)),
        Ok(open) => mount_bind(path_of(&open), path_of(&open)).map_err(errno("closing", place)),
    }
}

/// The processes of the cell; where the kernel does not allow that, because parts of the one outside are masked, nothing: that one tells
/// of all processes of the machine.
fn proc(root: &Path) -> Result<(), String> {
    let place = root.join("proc");
    fs::create_dir(&place).map_err(said("making", &place))?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount("proc", &place, "proc", flags, None::<&std::ffi::CStr>)
        .or_else(|_| mount("tmpfs", &place, "tmpfs", flags, Some(c"mode=555,size=4k")))
        .map_err(errno("mounting", &place))
}

/// Whether the cell that this process is in has its own `/proc`; otherwise it has an empty one.
pub(super) fn has_proc() -> bool {
    Path::new("/proc/self").exists()
}

/// Makes everything beneath the root read-only but what may be written.
fn read_only(root: &Path, writable: &[PathBuf]) -> Result<(), String> {
    let writable: Vec<PathBuf> = writable.iter().map(|path| under(root, path)).collect();
    // `/proc` is closed once the number of processes is limited, see `close`.
    close_beneath(root, |place| {
        place == root || place == root.join("proc") || writable.iter().any(|path| path == place)
    })
}

/// Makes what is mounted at a place and beneath it read-only, but for what stays open.
fn close_beneath(top: &Path, stays_open: impl Fn(&Path) -> bool) -> Result<(), String> {
    let table = Path::new("/proc/self/mountinfo");
    let table = fs::read_to_string(table).map_err(said("reading", table))?;
    for line in table.lines() {
        let mut fields = line.split(' ').skip(4);
        let (Some(place), Some(options)) = (fields.next(), fields.next()) else { continue };
        let place = unescaped(place);
        if place.starts_with(top) && !stays_open(&place) {
            remount(&place, options)?;
        }
    }
    Ok(())
}

fn remount(place: &Path, options: &str) -> Result<(), String> {
    let mut flags = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID;
    for option in options.split(',') {
        // What the mount outside had cannot be taken away.
        flags |= match option {
            "nodev" => MountFlags::NODEV,
            "noexec" => MountFlags::NOEXEC,
            "noatime" => MountFlags::NOATIME,
            "nodiratime" => MountFlags::NODIRATIME,
            "relatime" => MountFlags::RELATIME,
            _ => MountFlags::empty(),
        };
    }
    mount_remount(place, flags, c"").map_err(errno("closing", place))
}

/// A path of the table of mounts, see proc_pid_mountinfo(5): blanks and backslashes stand there as octal numbers.
fn unescaped(path: &str) -> PathBuf {
    let bytes = path.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let octal = bytes.get(at + 1..at + 4).and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()).filter(|_| bytes[at] == b'\\') {
            Some(byte) => {
                plain.push(byte);
                at += 4;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    std::ffi::OsString::from_vec(plain).into()
}

/// Makes the new root the root, and lets the old one go.
fn enter(root: &Path) -> Result<(), String> {
    std::env::set_current_dir(root).map_err(said("entering", root))?;
    rustix::process::pivot_root(".", ".").map_err(errno("turning the root to", root))?;
    unmount(".", UnmountFlags::DETACH).map_err(errno("letting go of", Path::new("/")))?;
    std::env::set_current_dir("/").map_err(said("entering", Path::new("/")))
}

/// Limits the number of processes of the cell, also for the root account, which other limits do not concern. Only where that
/// number is the cell's own: from Linux 6.14 on.
pub(super) fn limit_processes(most: u64) -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let limit = most.max(super::limits::MIN_PROCESSES).to_string();
    version >= (6, 14) && fs::write("/proc/sys/kernel/pid_max", limit).is_ok()
}

/// Closes what had to stay open until now.
pub(super) fn close() -> Result<(), String> {
    remount(Path::new("/proc"), "nodev,noexec,relatime")?;
    remount(Path::new("/"), "nodev,relatime")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_the_table_of_mounts_is_read_whole() {
        assert_eq!(unescaped("/a\\040b/c"), PathBuf::from("/a b/c"));
        assert_eq!(unescaped("/a\\134040"), PathBuf::from("/a\\040"));
        assert_eq!(unescaped("/a\\"), PathBuf::from("/a\\"));
    }
}
