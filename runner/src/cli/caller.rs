//! What whoever calls planc chose for it besides its variables ⟶ fixed values, for planc and all that it starts: signals and limits.

use crate::sandbox::STACK;
use nix::sys::signal::SigSet;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

/// The files that may be open, unless a program asks for more.
const OPEN_FILES: u64 = 4096;
/// Limits that are raised as far as the caller could have; not how large a file may grow, which is said of those of planc, too.
const RAISED: [Resource; 6] =
    [Resource::As, Resource::Cpu, Resource::Data, Resource::Memlock, Resource::Nproc, Resource::Rss];
/// Signals of which it stays as the caller has it whether they are ignored: those of terminals, which no program is given, and the one
/// that every Rust program ignores and lets none of its own ignore.
const LEFT: [Signal; 4] = [Signal::PIPE, Signal::TSTP, Signal::TTIN, Signal::TTOU];

/// Lets go of what the caller chose. What cannot be set stays.
pub(super) fn let_go() {
    // Before there is any other thread.
    let _ = SigSet::empty().thread_set_mask();
    handle_ignored();
    for resource in RAISED {
        set(resource, None);
    }
    set(Resource::Stack, Some(STACK));
    set(Resource::Nofile, Some(OPEN_FILES));
    set(Resource::Core, Some(0));
}

/// What a program would begin with ignored is handled here, by nothing, and then it begins with the system's own. So is that a file may
/// grow no further: that is an error of the write like any other, and must not end planc.
fn handle_ignored() {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
    let _inside = runtime.enter();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0);
    for number in 1..=64 {
        let is_ignored = ignored & 1 << (number - 1) != 0 && !LEFT.iter().any(|left| left.as_raw() == number);
        if is_ignored || number == Signal::XFSZ.as_raw() {
            // What handles a signal stays when the runtime is gone. Where nothing does, it is as the caller has it, which loses nothing
            // that was recorded.
            let _ = signal(SignalKind::from_raw(number));
        }
    }
}

/// Sets what counts of a limit, within what the caller could have set; none: to that.
fn set(resource: Resource, value: Option<u64>) {
    let Rlimit { maximum, .. } = getrlimit(resource);
    let current = value.map_or(maximum, |value| Some(maximum.map_or(value, |maximum| maximum.min(value))));
    let _ = setrlimit(resource, Rlimit { current, maximum });
}
