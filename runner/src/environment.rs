//! The environment that planc is called with ⟶ what its own process reads of it.
//!
//! Whoever calls planc chooses it, and what planc is made of reads more than planc does: the C library where a host is looked for, and
//! what a name means, others where their files lie. So planc begins again with those variables alone that it reads
//! itself. All others are put aside, under names that nobody reads, for the configuration may name them.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What stands before the name of a variable that is put aside.
const ASIDE: &str = "PLANC_ASIDE_";

/// What names of variables begin with that the loader has read before planc begins.
const LOADER: &str = "LD_";

/// Variables whose values say how a program speaks, and are names.
pub const LOCALE: [&str; 14] = [
    "LANG",
    "LC_ADDRESS",
    "LC_ALL",
    "LC_COLLATE",
    "LC_CTYPE",
    "LC_IDENTIFICATION",
    "LC_MEASUREMENT",
    "LC_MESSAGES",
    "LC_MONETARY",
    "LC_NAME",
    "LC_NUMERIC",
    "LC_PAPER",
    "LC_TELEPHONE",
    "LC_TIME",
];

/// What planc reads itself besides: where things are, how a terminal shows them, and which authorities its own connections trust.
const READ: [&str; 24] = [
    "CARGO_HOME",
    "CI",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "COLUMNS",
    "GEMINI_PLANS_DIR",
    "HOME",
    "LINES",
    "LOGNAME",
    "NO_COLOR",
    "PATH",
    // By which what a run has left is found.
    "PLANC_RUN",
    "RUSTUP_HOME",
    "RUST_BACKTRACE",
    "SSH_AUTH_SOCK",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
];

/// Begins again, as the same process, where there is a variable that planc does not read. Comes back where there is none, or with why
/// it could not.
pub fn begin(args: &[OsString]) -> io::Result<()> {
    if std::env::vars_os().all(|(name, _)| stays(&name)) {
        return Ok(());
    }
    let [name, rest @ ..] = args else { return Ok(()) };
    let variables = std::env::vars_os().map(|(name, value)| match stays(&name) {
        true => (name, value),
        false => (aside(&name), value),
    });
    Err(Command::new(std::env::current_exe()?).arg0(name).args(rest).env_clear().envs(variables).exec())
}

/// The value of a variable, put aside or not.
pub fn variable(name: impl AsRef<OsStr>) -> Option<OsString> {
    let name = name.as_ref();
    let put_aside = || std::env::var_os(aside(name));
    if is_read(name) { std::env::var_os(name) } else { put_aside().or_else(|| std::env::var_os(name)) }
}

/// All variables with their values, under their own names.
pub fn variables() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().map(|(name, value)| match own(&name) {
        Some(own) => (own, value),
        None => (name, value),
    })
}

fn aside(name: &OsStr) -> OsString {
    let mut aside = OsString::from(ASIDE);
    aside.push(name);
    aside
}

/// The name of a variable that is put aside. One that planc reads never is.
fn own(name: &OsStr) -> Option<OsString> {
    let own = OsStr::from_bytes(name.as_bytes().strip_prefix(ASIDE.as_bytes())?);
    (!own.is_empty() && !is_read(own)).then(|| own.to_owned())
}

/// Whether a variable is left where it is.
fn stays(name: &OsStr) -> bool {
    is_read(name) || own(name).is_some()
}

fn is_read(name: &OsStr) -> bool {
    READ.iter().chain(&LOCALE).any(|read| name == *read) || name.as_encoded_bytes().starts_with(LOADER.as_bytes())
}
