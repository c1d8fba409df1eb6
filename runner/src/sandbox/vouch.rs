//! What a cell is made of ⟶ vouched for by the planc that made it, to the launcher that it starts: so that whoever may only
//! call planc, and write files, gets no cell of their own making.
//!
//! planc listens at a name that only it could choose: it stands for the folder of the cell and for every byte that the launcher
//! is told. The kernel says whose socket answers there, and that must be the parent of the launcher. A shell has no such
//! socket, whatever it executes next in its own place. Nothing is sent.

use planc_lang::digest::Digest;
use rustix::net::sockopt::socket_peercred;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::Path;

/// What stands for one cell.
pub(super) fn name(dir: &Path, told: &[u8]) -> String {
    let of = [dir.as_os_str().as_bytes(), &[0], told].concat();
    format!("planc-cell-{}", Digest::of(&of).hex())
}

/// That this process vouches for a cell, until it is dropped.
#[derive(Debug)]
pub(super) struct Vouch {
    _listener: UnixListener,
}

impl Vouch {
    /// Vouches for the cell of a folder whose launcher is told this.
    pub(super) fn give(dir: &Path, told: &[u8]) -> io::Result<Vouch> {
        let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(name(dir, told))?)?;
        Ok(Vouch { _listener: listener })
    }
}

/// Whether the process that started this one vouches for what it was told.
pub(super) fn by_parent(dir: &Path, told: &[u8]) -> bool {
    let owner = SocketAddr::from_abstract_name(name(dir, told))
        .and_then(|name| UnixStream::connect_addr(&name))
        .and_then(|stream| Ok(socket_peercred(&stream)?.pid));
    owner.is_ok_and(|owner| rustix::process::getppid() == Some(owner))
}

/// Whether this is the first process of a namespace that its parent has made, and the parent this very executable. Nobody makes one
/// without running another program.
pub(super) fn as_first() -> bool {
    // As the namespace of planc sees it, whose `/proc` is still there.
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return false };
    let line = |key: &str| status.lines().find_map(|line| line.strip_prefix(key));
    let is_nested = line("NSpid:").is_some_and(|ids| ids.split_whitespace().count() > 1);
    let executable = |of: &str| std::fs::metadata(format!("/proc/{of}/exe")).map(|file| (file.dev(), file.ino())).ok();
    let own = executable("self");
    let parent = line("PPid:").and_then(|pid| executable(pid.trim()));
    std::process::id() == 1 && is_nested && own.is_some() && own == parent
}
