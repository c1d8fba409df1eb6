//! The environment of planc ⟶ the variables that what it starts gets.
//!
//! Whoever calls planc chooses its environment, and nobody has said yes to that. What runs in the open is told where the home
//! of the account is by the system, and finds programs only where neither a plan nor an agent writes; a variable that
//! the operator lists in `pass_env` is passed on as it is.

use super::places::{account, account_home, is_of_system, lies_in};
use super::{CONFIG_NAME, STATE_NAME};
use crate::environment::{self, LOCALE};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The variable with the home of the account.
pub const HOME: &str = "HOME";
/// The variable with the folders in which programs are found.
pub const PATH: &str = "PATH";

/// Variables with the name of the account.
const ACCOUNT: [&str; 2] = ["USER", "LOGNAME"];

/// The variable with the time zone.
const ZONE: &str = "TZ";

/// Variables with folders that programs of the account keep things in.
const FOLDERS: [&str; 3] = ["TMPDIR", "CARGO_HOME", "RUSTUP_HOME"];

/// How many entries of a folder of `PATH` are looked at for a program.
pub const MAX_LOOKED_AT: usize = 10_000;

/// Where programs are found when no folder of `PATH` counts: without one a shell would look in the folder that it runs in.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Variables with their values.
pub type Variables = Vec<(OsString, OsString)>;

/// What a program in a cell gets. Of `PATH` what a yes is bound to: whatever comes to lie in another folder, it does not find.
pub fn confined(pass_env: &[String], workspace: &Path) -> Variables {
    let mut variables = usual(pass_env);
    let given = environment::variables().filter(|(name, _)| FOLDERS.iter().any(|known| name == *known));
    variables.extend(given.filter(|(name, _)| !is_listed(pass_env, name)));
    with_path(variables, cell_path(workspace))
}

/// What runs in the open gets.
pub fn in_the_open(pass_env: &[String], workspace: &Path) -> Variables {
    let mut variables = usual(pass_env);
    for name in FOLDERS {
        let folder = std::env::var_os(name).filter(|folder| counts(Path::new(folder), workspace));
        variables.extend(folder.filter(|_| !is_listed(pass_env, &name.into())).map(|folder| (name.into(), folder)));
    }
    with_path(variables, open_path(pass_env, workspace))
}

fn with_path(mut variables: Variables, path: OsString) -> Variables {
    variables.retain(|(name, _)| name != PATH);
    variables.push((PATH.into(), path));
    variables
}

/// The folders of `PATH` that are fit, each once.
fn path(is_fit: impl Fn(&Path) -> bool) -> OsString {
    let given = std::env::var_os(PATH).unwrap_or_default();
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in std::env::split_paths(&given).filter(|folder| is_fit(folder)) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    let joined = std::env::join_paths(folders).unwrap_or_default();
    if joined.is_empty() { USUAL_PATH.into() } else { joined }
}

/// The folders of `PATH` in which is looked for what runs in the open: those that [count](counts); all outside of the workspace,
/// where the operator lists the variable.
pub fn open_path(pass_env: &[String], workspace: &Path) -> OsString {
    let is_listed = is_listed(pass_env, &PATH.into());
    let is_named = |folder: &Path| is_listed && holds_programs(folder);
    path(|folder| {
        folder.is_absolute() && !lies_in(folder, workspace) && (counts(folder, workspace) || is_named(folder))
    })
}

/// The executable that a command names: one with `/` relative to where it runs, else the first in the folders of `PATH` in which is
/// looked for what runs in the open, see [`open_path`], that does not lead into the workspace, where a plan could have put it.
pub fn program(command: &str, cwd: &Path, workspace: &Path, pass_env: &[String]) -> Option<PathBuf> {
    if command.contains('/') {
        return Some(cwd.join(command)).filter(|path| is_executable(path));
    }
    let is_outside = |path: &PathBuf| is_executable(path) && !lies_in(path, workspace);
    std::env::split_paths(&open_path(pass_env, workspace)).map(|dir| dir.join(command)).find(is_outside)
}

/// What a name may mean for a program that runs in the open and looks for it: the first executable in the folders of `PATH`, see
/// [`open_path`], and those before it that lead into the workspace, which planc itself passes over.
pub(super) fn found_by_name(name: &str, workspace: &Path, pass_env: &[String]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in std::env::split_paths(&open_path(pass_env, workspace)) {
        let path = folder.join(name);
        if is_executable(&path) {
            let is_last = !lies_in(&path, workspace);
            found.push(path);
            if is_last {
                break;
            }
        }
    }
    found
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// The folders of `PATH` for programs in cells: those that [count](counts), and others outside of the workspace in which programs lie. They
/// are what they were when this was first asked, so that what is bound is what each cell gets.
fn cell_path(workspace: &Path) -> OsString {
    static KNOWN: Mutex<BTreeMap<PathBuf, OsString>> = Mutex::new(BTreeMap::new());
    let is_fit = |folder: &Path| {
        let is_outside = || folder.is_absolute() && !folder.starts_with(workspace) && !lies_in(folder, workspace);
        is_outside() && (counts(folder, workspace) || holds_programs(folder))
    };
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(workspace.to_owned()).or_insert_with(|| path(is_fit)).clone()
}

/// What of a `PATH` that is given to programs an approval is bound to: its folders that do not [count](counts). Of the others it is the
/// account, or the system, that says what is there, and terminals of one person differ in which they name.
pub fn deciding_path(path: &OsStr, workspace: &Path) -> OsString {
    let decides = |folder: &PathBuf| !counts(folder, workspace);
    std::env::join_paths(std::env::split_paths(path).filter(decides)).unwrap_or_default()
}

/// Whether a variable names a folder that [counts](counts): whoever names it decides nothing.
pub fn names_what_counts(name: &OsStr, value: &OsStr, workspace: &Path) -> bool {
    FOLDERS.iter().any(|known| name == *known) && counts(Path::new(value), workspace)
}

/// Whether a program lies right in a folder, or so much that nobody looks.
pub(super) fn holds_programs(folder: &Path) -> bool {
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_found = entries.by_ref().take(MAX_LOOKED_AT).any(|entry| is_executable(&entry.path()));
    is_found || entries.next().is_some()
}

/// Whether nothing is in a folder that a plan, or who merely calls planc, could have put there: it belongs to the system, or is
/// hidden in the home of the account, where whoever may write has the account anyway. So it is where it leads, if it is a link.
fn counts(folder: &Path, workspace: &Path) -> bool {
    let is_plain = folder.is_absolute() && !folder.components().any(|part| part == std::path::Component::ParentDir);
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let homes = account_home().map(|home| [home.canonicalize().ok(), Some(home)]);
    let homes: Vec<PathBuf> = homes.into_iter().flatten().flatten().filter(|home| home != Path::new("/")).collect();
    let is_kept = |path: &Path| {
        let is_hidden = |home: &PathBuf| {
            let first = path.strip_prefix(home).ok().and_then(|rest| rest.components().next());
            first.is_some_and(|first| first.as_os_str().as_encoded_bytes().starts_with(b"."))
        };
        is_of_system(path) || homes.iter().any(is_hidden)
    };
    // Plans of another workspace write there.
    let above =
        real.ancestors().take_while(|above| above.parent().is_some() && !homes.iter().any(|home| home == above));
    let is_of_plans = || above.into_iter().any(|above| above.join(CONFIG_NAME).symlink_metadata().is_ok());
    // What programs make in their cells lies in the state of a workspace.
    let is_of_state = || real.ancestors().any(|above| above.join(STATE_NAME).symlink_metadata().is_ok());
    is_plain && is_kept(folder) && is_kept(&real) && !lies_in(&real, workspace) && !is_of_plans() && !is_of_state()
}

/// What is the same for all.
fn usual(pass_env: &[String]) -> Variables {
    let mut variables: Variables = environment::variables()
        .filter(|(name, value)| {
            let is_spoken = LOCALE.iter().any(|known| name == *known) && is_name(value.as_encoded_bytes());
            is_listed(pass_env, name) || is_spoken || name == ZONE
        })
        .collect();
    if let Some(account) = account() {
        let names = ACCOUNT.map(|name| (OsString::from(name), account.name.clone().into()));
        let home = (OsString::from(HOME), account.dir.clone().into_os_string());
        variables.extend(names.into_iter().chain([home]).filter(|(name, _)| !is_listed(pass_env, name)));
    }
    variables
}

/// Whether a variable that programs get may decide what they do: the operator lists it, or it names folders. Of the others the system
/// says who the account is, and the rest says how a program speaks.
pub fn decides(pass_env: &[String], name: &str) -> bool {
    pass_env.iter().any(|listed| listed == name) || name == PATH || FOLDERS.contains(&name)
}

/// Whether the operator lets a variable be passed on as it is.
pub fn is_listed(pass_env: &[String], name: &OsString) -> bool {
    pass_env.iter().any(|listed| name == listed.as_str())
}

/// Whether a value is the name of a locale, and leads to no file.
fn is_name(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.@-".contains(byte))
}
