//! Process groups and what is left of them: asking, waiting, killing; and finding by its environment what a run started.
//!
//! Processes are found through `/proc`; where there is none, groups are signalled without looking, and nothing is named.

use super::{GRACE, RUN_VARIABLE};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};
use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

/// How often it is looked whether a process has gone.
const POLL: Duration = Duration::from_millis(20);

/// The process group that a program leads. What still runs in it is killed when this is dropped.
#[derive(Debug)]
pub(in crate::tool) struct Group {
    id: Option<Pid>,
}

/// A process as `/proc` shows it.
#[derive(Debug)]
struct Process {
    pid: u32,
    name: String,
    state: char,
    parent: u32,
    group: i32,
}

impl Group {
    /// The group of a child that was started as the leader of its own.
    pub(in crate::tool) fn led_by(child: &tokio::process::Child) -> Group {
        Group { id: child.id().and_then(|id| Pid::from_raw(id as i32)) }
    }

    /// Ends all of the group: asks, waits, kills.
    pub(in crate::tool) async fn end(&self) {
        let Some(id) = self.id else { return };
        let deadline = Instant::now() + GRACE;
        let _ = kill_process_group(id, Signal::TERM);
        while self.is_alive() && Instant::now() < deadline {
            tokio::time::sleep(POLL).await;
        }
        let _ = kill_process_group(id, Signal::KILL);
    }

    /// Ends what is left after the leader has ended; gives the names of what was still running, sorted.
    pub(super) async fn end_rest(&self) -> Vec<String> {
        let mut names: Vec<String> = self.members().into_iter().map(|process| process.name).collect();
        if !names.is_empty() {
            self.end().await;
        }
        names.sort();
        names
    }

    fn is_alive(&self) -> bool {
        match cfg!(target_os = "linux") {
            true => !self.members().is_empty(),
            false => self.id.is_some_and(|id| test_kill_process_group(id).is_ok()),
        }
    }

    /// The processes of the group that have not ended; the dead that nobody has buried do not count.
    fn members(&self) -> Vec<Process> {
        match self.id {
            Some(id) if test_kill_process_group(id) != Err(Errno::SRCH) => processes()
                .filter(|process| process.group == id.as_raw_pid() && !matches!(process.state, 'Z' | 'X'))
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.members().is_empty()
            && let Some(id) = self.id
        {
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

/// The process ids of what a run started and what still runs: found by the variable `PLANC_RUN` in the environment, also
/// of processes that left their group. This process and those that it descends from are none of them: a program of the run
/// may have started it. Only processes of the same account can be looked at. Sorted.
pub fn survivors(run: &str) -> Vec<u32> {
    let wanted = format!("{RUN_VARIABLE}={run}");
    let all: Vec<Process> = processes().collect();
    let own = lineage(std::process::id(), &all);
    let belongs = |process: &&Process| {
        !own.contains(&process.pid)
            && !matches!(process.state, 'Z' | 'X')
            && fs::read(format!("/proc/{}/environ", process.pid))
                .is_ok_and(|environ| environ.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes()))
    };
    let mut pids: Vec<u32> = all.iter().filter(belongs).map(|process| process.pid).collect();
    pids.sort_unstable();
    pids
}

/// A process and its ancestors.
fn lineage(pid: u32, all: &[Process]) -> BTreeSet<u32> {
    let mut line = BTreeSet::new();
    let mut next = Some(pid);
    // What is seen twice ends it: the processes were not looked at all at once.
    while let Some(pid) = next.filter(|pid| line.insert(*pid)) {
        next = all.iter().find(|process| process.pid == pid).map(|process| process.parent);
    }
    line
}

/// Ends what a run started and what still runs: asks, waits up to [`GRACE`], kills. Gives the process ids of what there
/// was. Blocks.
pub fn kill_survivors(run: &str) -> Vec<u32> {
    let found = survivors(run);
    signal_all(&found, Signal::TERM);
    let deadline = Instant::now() + GRACE;
    let mut left = survivors(run);
    while !left.is_empty() && Instant::now() < deadline {
        std::thread::sleep(POLL);
        left = survivors(run);
    }
    signal_all(&left, Signal::KILL);
    found
}

fn signal_all(pids: &[u32], signal: Signal) {
    for pid in pids.iter().filter_map(|pid| Pid::from_raw(*pid as i32)) {
        // It may have ended since it was found.
        let _ = kill_process(pid, signal);
    }
}

/// A signal as people know it.
pub(super) fn signal_name(signal: i32) -> String {
    let named = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::TERM, "SIGTERM"),
        (Signal::XCPU, "SIGXCPU"),
        (Signal::XFSZ, "SIGXFSZ"),
        (Signal::SYS, "SIGSYS"),
    ];
    let found = named.iter().find(|(known, _)| known.as_raw() == signal);
    found.map_or_else(|| format!("signal {signal}"), |(_, name)| (*name).to_owned())
}

fn processes() -> impl Iterator<Item = Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        parse_stat(pid, &String::from_utf8_lossy(&stat))
    })
}

/// The line of `/proc/<pid>/stat`, see proc(5): the name in parentheses may itself have parentheses and blanks.
fn parse_stat(pid: u32, line: &str) -> Option<Process> {
    let (start, rest) = line.rsplit_once(')')?;
    let (_, name) = start.split_once('(')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    Some(Process { pid, name: name.to_owned(), state, parent, group })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_is_read_whole() {
        let process = parse_stat(7, "7 (a) b (c) S 1 42 42 0 -1").expect("a line as proc(5) has it");
        assert_eq!((process.name.as_str(), process.state, process.group), ("a) b (c", 'S', 42));
    }

    #[test]
    fn a_line_of_ancestors_ends_at_the_first_and_in_a_circle() {
        let process = |pid, parent| Process { pid, name: String::new(), state: 'S', parent, group: 1 };
        let line = |pid, all: &[Process]| lineage(pid, all).into_iter().collect::<Vec<_>>();
        assert_eq!(line(7, &[process(1, 0), process(3, 1), process(7, 3), process(8, 3)]), [0, 1, 3, 7]);
        assert_eq!(line(7, &[process(3, 7), process(7, 3)]), [3, 7]);
    }
}
