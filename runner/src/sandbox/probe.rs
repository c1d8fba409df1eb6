//! Whether this machine can make cells that hold: found out by making one and trying in it what must not be possible.

use super::cell::Cell;
use super::inside::Ended;
use super::limits;
use super::spec::{Inside, Spec};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What is enforced on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enforced {
    /// Why programs cannot be confined here; none: they can.
    pub missing: Option<String>,
    /// Whether the number of processes is limited whoever runs planc.
    pub processes: bool,
    /// Whether programs have a `/proc` of their own; otherwise they have an empty one.
    pub proc: bool,
}

impl Enforced {
    /// Whether programs are confined here.
    pub fn holds(&self) -> bool {
        self.missing.is_none()
    }
}

/// What was found out, by launcher: the machine does not change while planc runs.
static FOUND: Mutex<BTreeMap<PathBuf, Enforced>> = Mutex::new(BTreeMap::new());

/// Finds out what is enforced here. Blocks for some milliseconds the first time.
pub fn probe(launcher: &Path, state: &Path) -> Enforced {
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    found.entry(launcher.to_owned()).or_insert_with(|| try_out(launcher, state)).clone()
}

fn try_out(launcher: &Path, state: &Path) -> Enforced {
    let none = |why: String| Enforced { missing: Some(why), processes: false, proc: false };
    let workspace = std::env::temp_dir().join(format!("planc-trial-{}", uuid::Uuid::new_v4().simple()));
    if let Err(error) = DirBuilder::new().mode(0o700).create(&workspace) {
        return none(format!("there is no place to try it out: {error}"));
    }
    let tried = in_cell(launcher, state, &workspace);
    // A folder that stays in the way of nobody.
    let _ = fs::remove_dir_all(&workspace);
    tried.unwrap_or_else(none)
}

fn in_cell(launcher: &Path, state: &Path, workspace: &Path) -> Result<Enforced, String> {
    let workspace = workspace.canonicalize().map_err(|error| error.to_string())?;
    let own = workspace.metadata().map_err(|error| error.to_string())?;
    let spec = Spec {
        launcher: launcher.to_owned(),
        state: state.to_owned(),
        workspace: workspace.clone(),
        identity: (own.dev(), own.ino()),
        program: "/".into(),
        argv: Vec::new(),
        directory: ".".into(),
        env: Vec::new(),
        home: None,
        scratch: Vec::new(),
        untold: Vec::new(),
        read: Vec::new(),
        hidden: vec![state.to_owned()],
        shut: Vec::new(),
        ports: None,
        limits: limits::within_reach(),
        before: Vec::new(),
    };
    let cell = Cell::trial(spec).map_err(|error| error.to_string())?;
    let mut command = cell.command();
    let output = command.as_std_mut().output().map_err(|error| format!("the launcher cannot be started: {error}"))?;
    let report = cell.report().map_err(|_| format!("the launcher says nothing and ended with {}", output.status))?;
    if let Ended::NoCell(why) | Ended::Unstarted(why) = report.ended {
        return Err(why);
    }
    if let Some(leak) = report.leaks.first() {
        return Err(leak.clone());
    }
    if workspace.join(TRIAL).exists() {
        return Err("what is written in the copy of the workspace arrives in the workspace".into());
    }
    Ok(Enforced { missing: None, processes: report.processes, proc: report.proc })
}

/// The file that is written in the copy of the workspace.
const TRIAL: &str = "trial";

/// Tries in a cell what must not be possible; says what was.
pub(super) fn leaks(inside: &Inside) -> Vec<String> {
    let created = |path: &str| File::options().append(true).create(true).open(path).is_ok();
    let usr = Path::new("/usr");
    let tries: [(&str, bool); 11] = [
        ("the copy of the workspace cannot be written", File::create(inside.workspace.join(TRIAL)).is_err()),
        ("files outside can be written", created("/etc/planc-trial") || created("/usr/planc-trial")),
        ("files outside can be given another mode", {
            usr.metadata().is_ok_and(|found| fs::set_permissions(usr, found.permissions()).is_ok())
        }),
        ("times of files outside can be changed", {
            File::open(usr).is_ok_and(|usr| usr.set_modified(std::time::SystemTime::UNIX_EPOCH).is_ok())
        }),
        ("planc's state can be read", {
            inside.hidden.iter().any(|hidden| fs::read_dir(hidden).is_ok_and(|mut entries| entries.next().is_some()))
        }),
        ("TCP is open", TcpListener::bind("127.0.0.1:0").is_ok()),
        ("UDP is open", UdpSocket::bind("127.0.0.1:0").is_ok()),
        ("local sockets are open", UnixDatagram::unbound().is_ok() || UnixDatagram::pair().is_ok()),
        ("other processes can be seen", std::process::id() != 1 || sees_others()),
        ("namespaces can be made", nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWUSER).is_ok()),
        ("mounts can be changed", {
            rustix::mount::unmount("/proc", rustix::mount::UnmountFlags::DETACH).is_ok()
                || rustix::mount::mount_bind("/usr", "/tmp").is_ok()
        }),
    ];
    tries.into_iter().filter(|(_, leaks)| *leaks).map(|(what, _)| what.to_owned()).collect()
}

/// Whether `/proc` tells of processes besides this one, the first of its cell.
fn sees_others() -> bool {
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
    ids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).any(|id| id != 1)
}
