//! What a program may see ⟶ the root of its cell, made of mounts: the system to read, a copy of the workspace to change, a
//! home and a place for temporary files of its own. What is not put there is not there.

use super::cell::GIVEN;
use super::spec::{Inside, Put};
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive, mount_change,
    mount_remount, unmount,
};
use std::ffi::CString;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
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
    /// To read, with all that is mounted beneath.
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
    pieces.extend(inside.read.iter().map(|path| (path.clone(), Piece::Read(path.clone()))));
    let mut write = |place: &Path, source: PathBuf| {
        pieces.push((place.to_owned(), Piece::Write(source)));
        writable.push(place.to_owned());
    };
    write(Path::new("/tmp"), dir.join("tmp"));
    if let Some(home) = inside.home.as_deref().filter(|home| !contains(&inside.workspace, home)) {
        write(home, dir.join("home"));
    }
    pieces.push((inside.workspace.clone(), Piece::Copy));
    writable.push(inside.workspace.clone());
    // What lies above is put first.
    pieces.sort_by_key(|(place, _)| place.components().count());
    for (place, piece) in &pieces {
        put(dir, &root, place, piece)?;
    }
    for change in &inside.before {
        change_copy(dir, &under(&root, &inside.workspace), change)?;
    }
    for folder in &inside.scratch {
        let place = under(&root, folder);
        mount_bind(folder, &place).map_err(errno("mounting the scratch folder", folder))?;
        writable.push(folder.clone());
    }
    for hidden in &inside.hidden {
        hide(dir, &under(&root, hidden))?;
    }
    proc(&root)?;
    read_only(&root, &writable)?;
    enter(&root)?;
    Ok(writable)
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

fn put(dir: &Path, root: &Path, place: &Path, piece: &Piece) -> Result<(), String> {
    let to = under(root, place);
    let is_dir = match piece {
        Piece::Read(from) => match from.metadata() {
            Ok(found) => found.is_dir(),
            // What may be read need not be there.
            Err(_) => return Ok(()),
        },
        Piece::Write(_) | Piece::Copy => true,
    };
    prepare(&to, is_dir)?;
    match piece {
        Piece::Read(from) => mount_bind_recursive(from, &to).map_err(errno("mounting", from)),
        Piece::Write(from) => mount_bind(from, &to).map_err(errno("mounting", from)),
        Piece::Copy => copy(dir, place, &to),
    }
}

/// Makes a place to mount on.
fn prepare(place: &Path, is_dir: bool) -> Result<(), String> {
    if place.symlink_metadata().is_ok() {
        return Ok(());
    }
    let folder = if is_dir { Some(place) } else { place.parent() };
    if let Some(folder) = folder {
        fs::create_dir_all(folder).map_err(said("making", folder))?;
    }
    if !is_dir {
        File::create(place).map_err(said("making", place))?;
    }
    Ok(())
}

/// Puts the workspace there, and everything that is changed in it elsewhere.
fn copy(dir: &Path, workspace: &Path, to: &Path) -> Result<(), String> {
    // By names without anything that would have to be escaped.
    mount_bind(workspace, dir.join("lower")).map_err(errno("mounting", workspace))?;
    std::env::set_current_dir(dir).map_err(said("entering", dir))?;
    let options = CString::new("lowerdir=lower,upperdir=upper,workdir=work,userxattr").unwrap_or_default();
    mount("overlay", to, "overlay", MountFlags::NOSUID | MountFlags::NODEV, Some(options.as_c_str()))
        .map_err(errno("mounting a copy of", workspace))
}

/// Changes the copy of the workspace before the program starts.
fn change_copy(dir: &Path, copy: &Path, change: &Put<String>) -> Result<(), String> {
    let (Put::Nothing(path) | Put::File(path, ..) | Put::Directory(path, _) | Put::Link(path, _)) = change;
    let place = copy.join(path);
    let there = place.symlink_metadata().ok();
    let is_dir = there.as_ref().is_some_and(fs::Metadata::is_dir);
    let keep = matches!(change, Put::Directory(..)) && is_dir;
    if there.is_some() && !keep {
        let gone = if is_dir { fs::remove_dir_all(&place) } else { fs::remove_file(&place) };
        gone.map_err(said("removing", &place))?;
    }
    let mode = |mode: u32| fs::set_permissions(&place, Permissions::from_mode(mode));
    match change {
        Put::Nothing(_) => Ok(()),
        Put::File(_, content, bits) => fs::read(dir.join(GIVEN).join(content))
            .and_then(|bytes| fs::write(&place, bytes))
            .and_then(|()| mode(*bits)),
        Put::Directory(_, bits) if keep => mode(*bits),
        Put::Directory(_, bits) => fs::create_dir(&place).and_then(|()| mode(*bits)),
        Put::Link(_, target) => symlink(target, &place),
    }
    .map_err(said("writing", &place))
}

/// Puts nothing in the place of something.
fn hide(dir: &Path, place: &Path) -> Result<(), String> {
    match place.symlink_metadata() {
        Ok(found) if found.is_dir() => mount_bind(dir.join("nothing"), place),
        Ok(found) if !found.is_symlink() => mount_bind(dir.join("empty"), place),
        Ok(_) | Err(_) => Ok(()),
    }
    .map_err(errno("hiding", place))
}

/// The processes of the cell; where the kernel does not allow that, the files of the one outside, which are closed to
/// others by Landlock.
fn proc(root: &Path) -> Result<(), String> {
    let place = root.join("proc");
    fs::create_dir(&place).map_err(said("making", &place))?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount("proc", &place, "proc", flags, None::<&std::ffi::CStr>)
        .or_else(|_| mount_bind_recursive("/proc", &place))
        .map_err(errno("mounting", &place))
}

/// Makes everything beneath the root read-only but what may be written.
fn read_only(root: &Path, writable: &[PathBuf]) -> Result<(), String> {
    let table = Path::new("/proc/self/mountinfo");
    let table = fs::read_to_string(table).map_err(said("reading", table))?;
    let writable: Vec<PathBuf> = writable.iter().map(|path| under(root, path)).collect();
    for line in table.lines() {
        let mut fields = line.split(' ').skip(4);
        let (Some(place), Some(options)) = (fields.next(), fields.next()) else { continue };
        let place = unescaped(place);
        // `/proc` is closed once the number of processes is limited, see `close`.
        if !place.starts_with(root) || writable.contains(&place) || place == root.join("proc") || place == root {
            continue;
        }
        remount(&place, options)?;
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
