//! planc started as a launcher ⟶ a cell around itself ⟶ the program in it ⟶ a report.
//!
//! Two processes: the outer one makes the namespaces and waits; the inner one, the first process of the cell, makes the mounts,
//! gives up all that it may, starts the program, buries whatever ends in the cell, and takes everything with it when it
//! ends. The outer one also watches the planc that it works for: when that is no more, however it went, the cell ends.
//! Neither has an environment or an argument from a plan.

use super::inside::{self, Ended, REPORT, Report};
use super::spec::{Inside, LAUNCH};
use super::{cell, filter, kernel, limits, probe, root, vouch};
use nix::sched::{CloneFlags, unshare};
use nix::sys::personality::{self, Persona};
use nix::sys::signal::{SigSet, Signal};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, WaitOptions, getppid, pidfd_open};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

/// The hidden command of the inner process.
const INNER: &str = "__in-cell";
/// This very executable, whatever it is called.
const SELF: &str = "/proc/self/exe";
/// Which rights a file that a program makes does not get.
const UMASK: u32 = 0o022;
/// Why there is no cell where nobody waits for it.
const GONE: &str = "the planc that it works for is no more";

/// Whether this process was started as a launcher by the planc that made the cell, and then what it ends with. A program that
/// carries out plans through this library calls it before all else. To anybody else these are no commands.
pub fn launched(args: &[OsString]) -> Option<ExitCode> {
    let [_, command, dir, given @ ..] = args else { return None };
    let (command, dir) = (command.to_str()?, PathBuf::from(dir));
    let outcome = match (command, given) {
        (LAUNCH, []) => {
            let told = inside::told(&dir).ok().filter(|told| vouch::by_parent(&dir, told))?;
            close_inherited();
            outer(&dir, &told)
        }
        (INNER, [name]) if vouch::as_first() => {
            let told = inside::told(&dir).ok().filter(|told| name.to_str() == Some(&vouch::name(&dir, told)))?;
            close_inherited();
            inner(&dir, &told)
        }
        _ => return None,
    };
    if let Err(why) = outcome {
        // A report that is there already says more.
        let _ = report(&dir, &Report::of(Ended::NoCell(why)));
        return Some(ExitCode::FAILURE);
    }
    Some(ExitCode::SUCCESS)
}

/// Closes what planc was started with besides input and output: a program shall have nothing that it was not given.
fn close_inherited() {
    let open: Vec<i32> = fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    for descriptor in open.into_iter().filter(|descriptor| *descriptor > 2) {
        // The one that the list was read through is closed already.
        let _ = nix::unistd::close(descriptor);
    }
}

fn report(dir: &Path, report: &Report) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).open(dir.join(REPORT))?;
    file.write_all(&serde_json::to_vec(report)?)
}

fn said(doing: &'static str) -> impl Fn(io::Error) -> String {
    move |error| format!("{doing}: {error}")
}

fn outer(dir: &Path, told: &[u8]) -> Result<(), String> {
    let planc = parent(dir).map_err(said("watching planc"))?;
    // Asking to end is for the program; when it has, this ends too.
    let asked: SigSet = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT].into_iter().collect();
    asked.thread_block().map_err(|error| format!("blocking signals: {error}"))?;
    // No controlling terminal: nobody can be typed for.
    rustix::process::setsid().map_err(|error| format!("beginning a session: {error}"))?;
    let network = hear(told)?.ports.is_some();
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let mut spaces = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    if !network {
        spaces |= CloneFlags::CLONE_NEWNET;
    }
    unshare(spaces).map_err(|error| format!("making namespaces: {error}"))?;
    fs::write("/proc/self/setgroups", "deny").map_err(said("fixing the groups"))?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1")).map_err(said("keeping the account"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1")).map_err(said("keeping the group"))?;
    hand_on_capabilities()?;
    let mut inner = Command::new(SELF);
    // What the allocator keeps in reserve would count against the limit of memory.
    inner.arg(INNER).arg(dir).arg(vouch::name(dir, told)).env_clear().env("MIMALLOC_ARENA_RESERVE", "16384");
    let mut inner = inner.spawn().map_err(said("starting the first process of the cell"))?;
    let first = first(&planc, &inner).map_err(said("watching the first process of the cell"));
    if first != Ok(First::Cell) {
        // All that is in the cell ends with its first process.
        let _ = inner.kill();
    }
    let status = inner.wait().map_err(said("waiting for the first process of the cell"))?;
    match first? {
        First::Cell if status.success() => Ok(()),
        First::Cell => Err(format!("the first process of the cell ended with {status}")),
        // The folder stays: what is mounted there leads into the workspace. The next cell, or `gc`, clears it from outside.
        First::Planc => Err(GONE.into()),
    }
}

/// Which of both ended first.
#[derive(PartialEq, Eq)]
enum First {
    Cell,
    Planc,
}

/// The planc that this works for, which the folder of the cell names.
fn parent(dir: &Path) -> io::Result<OwnedFd> {
    let named = dir.file_name().and_then(OsStr::to_str).and_then(cell::owner);
    let open = |pid: Pid| pidfd_open(pid, PidfdFlags::empty());
    let watched = getppid().filter(|pid| named == Some(*pid)).map(open).transpose()?;
    // Where it ended before it could be watched, another process is the parent by now.
    watched.filter(|_| getppid() == named).ok_or_else(|| io::Error::other(GONE))
}

/// Waits until the first of both has ended.
fn first(planc: &OwnedFd, inner: &Child) -> io::Result<First> {
    let inner = pidfd_open(Pid::from_child(inner), PidfdFlags::empty())?;
    let mut both = [PollFd::new(&inner, PollFlags::IN), PollFd::new(planc, PollFlags::IN)];
    while let Err(error) = poll(&mut both, None) {
        if error != Errno::INTR {
            return Err(error.into());
        }
    }
    Ok(if both[0].revents().is_empty() { First::Planc } else { First::Cell })
}

/// What the cell is made of.
fn hear(told: &[u8]) -> Result<Inside, String> {
    serde_json::from_slice(told).map_err(|error| format!("reading what the cell is made of: {error}"))
}

fn inner(dir: &Path, told: &[u8]) -> Result<(), String> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .map_err(|error| format!("following the launcher: {error}"))?;
    let mut inside = hear(told)?;
    inside::forget(dir).map_err(said("removing what the cell is made of"))?;
    let mut answer =
        File::options().write(true).create_new(true).open(dir.join(REPORT)).map_err(said("opening the report"))?;
    let report = live(dir, &mut inside).unwrap_or_else(|why| Report::of(Ended::NoCell(why)));
    let told = serde_json::to_vec(&report).map_err(|error| error.to_string())?;
    answer.write_all(&told).map_err(said("writing the report"))
}

/// The life of the cell.
fn live(dir: &Path, inside: &mut Inside) -> Result<Report, String> {
    let writable = root::make(dir, inside)?;
    let processes = root::limit_processes(inside.limits.processes);
    root::close()?;
    limits::set(&inside.limits)?;
    drop_capabilities()?;
    let devices: Vec<PathBuf> = root::DEVICES.iter().map(|name| Path::new("/dev").join(name)).collect();
    let ports = inside.ports.clone().unwrap_or_default();
    kernel::apply(&kernel::Rules { write: &writable, devices: &devices, ports: &ports })?;
    filter::apply(inside.ports.is_some())?;
    // What this process holds is nobody else's, though the program runs as the same account.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .map_err(|error| format!("closing the first process of the cell: {error}"))?;
    let report = match inside.trial {
        true => Report { leaks: probe::leaks(inside), ..Report::of(Ended::Exit(0)) },
        false => run(inside)?,
    };
    Ok(Report { processes, proc: root::has_proc(), ..report })
}

/// Lets the first process of the cell have the rights that this one has in its namespaces: an account that is not root would lose them
/// when it starts something.
fn hand_on_capabilities() -> Result<(), String> {
    use rustix::thread::{CapabilitySets, capabilities, configure_capability_in_ambient_set, set_capabilities};
    let said = |error: Errno| format!("keeping rights in the cell: {error}");
    let own = capabilities(None).map_err(said)?;
    set_capabilities(None, CapabilitySets { inheritable: own.permitted, ..own }).map_err(said)?;
    for capability in own.permitted.iter() {
        configure_capability_in_ambient_set(capability, true).map_err(said)?;
    }
    Ok(())
}

/// Nothing may be done that an account without rights may not do.
fn drop_capabilities() -> Result<(), String> {
    use rustix::thread::{CapabilitySet, CapabilitySets, remove_capability_from_bounding_set, set_capabilities};
    let said = |error: Errno| format!("giving up rights: {error}");
    for capability in CapabilitySet::all().iter() {
        match remove_capability_from_bounding_set(capability) {
            // One that this kernel does not know.
            Ok(()) | Err(Errno::INVAL) => {}
            Err(error) => return Err(said(error)),
        }
    }
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none }).map_err(said)
}

fn run(inside: &Inside) -> Result<Report, String> {
    let mut command = Command::new(&inside.program);
    // What is made has the same mode whoever starts planc, and is written by its account alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(UMASK));
    // What is asked to end shall hear it.
    SigSet::empty().thread_set_mask().map_err(|error| format!("letting signals through: {error}"))?;
    personality::set(Persona::empty()).map_err(|error| format!("setting the personality: {error}"))?;
    let name: &OsStr = inside.argv.first().map_or(inside.program.as_os_str(), OsStr::new);
    command
        .arg0(name)
        .args(inside.argv.iter().skip(1))
        .env_clear()
        .envs(inside.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&inside.directory)
        .stdin(Stdio::inherit());
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ok(Report::of(Ended::Unstarted(error.to_string()))),
    };
    let program = Pid::from_raw(child.id() as i32);
    // What the program reads and writes must end when it does.
    let nothing = || File::open("/dev/null").map_err(said("letting go of the output"));
    rustix::stdio::dup2_stdin(&nothing()?).map_err(|error| error.to_string())?;
    rustix::stdio::dup2_stdout(&nothing()?).map_err(|error| error.to_string())?;
    rustix::stdio::dup2_stderr(&nothing()?).map_err(|error| error.to_string())?;
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if Some(pid) == program => {
                let ended = match (status.exit_status(), status.terminating_signal()) {
                    (Some(code), _) => Ended::Exit(code),
                    (None, Some(signal)) => Ended::Signal(signal),
                    (None, None) => continue,
                };
                return Ok(Report { left: others(), ..Report::of(ended) });
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(format!("waiting for the program: {error}")),
        }
    }
}

/// The names of all that still runs in the cell, sorted.
fn others() -> Vec<String> {
    match root::has_proc() {
        true => names(),
        false if is_alone() => Vec::new(),
        false => vec![UNNAMED.to_owned()],
    }
}

/// What stands for the names of processes where there is no `/proc`.
const UNNAMED: &str = "what it is nobody can see without `/proc`";

/// Whether nothing else runs in the cell.
fn is_alone() -> bool {
    // What has ended already is no process that was left.
    while let Ok(Some(_)) = rustix::process::wait(WaitOptions::NOHANG) {}
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(-1), None) == Err(nix::errno::Errno::ESRCH)
}

fn names() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name != "1" && name.parse::<u32>().is_ok()))
        .filter_map(|entry| {
            let stat = fs::read(entry.path().join("stat")).ok()?;
            let stat = String::from_utf8_lossy(&stat).into_owned();
            let (start, rest) = stat.rsplit_once(')')?;
            // Its first thread may have ended before the others.
            let threads = fs::read_dir(entry.path().join("task")).map_or(0, Iterator::count);
            let is_dead = rest.trim_start().starts_with(['Z', 'X']) && threads <= 1;
            (!is_dead).then(|| start.split_once('(').map_or(String::new(), |(_, name)| name.to_owned()))
        })
        .collect();
    names.sort();
    names
}
