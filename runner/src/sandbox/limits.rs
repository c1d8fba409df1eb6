//! Limits on what one program may use ⟶ limits of the kernel. All have a value that planc or the operator has fixed: who calls planc
//! chooses none of them.

use crate::config::Limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The fewest processes that the kernel can be told.
pub(super) const MIN_PROCESSES: u64 = 301;

/// The stack of a process, which also says how long a command line may be: 8 MiB.
pub const STACK: u64 = 8 << 20;
/// Memory that may be kept from being swapped out.
pub const LOCKED: u64 = 64 << 10;

/// The usual limits, as far as whoever calls planc lets it set them: what else is wanted is said when a program is run.
pub(super) fn within_reach() -> Limits {
    let usual = Limits::default();
    let most =
        |resource, usual: u64, unit: u64| getrlimit(resource).maximum.map_or(usual, |hard| usual.min(hard / unit));
    Limits {
        memory_mb: most(Resource::Data, usual.memory_mb, 1 << 20),
        cpu_s: most(Resource::Cpu, usual.cpu_s, 1),
        processes: most(Resource::Nproc, usual.processes, 1),
        file_mb: most(Resource::Fsize, usual.file_mb, 1 << 20),
        open_files: most(Resource::Nofile, usual.open_files, 1),
    }
}

/// Sets the limits of this process and of all that it starts. An error: a limit is stricter already, so that a program would find
/// another machine than the one it was approved for.
pub(super) fn set(limits: &Limits) -> Result<(), String> {
    let all = [
        ("data", Resource::Data, Some(limits.memory_mb.saturating_mul(1 << 20))),
        ("processor time", Resource::Cpu, Some(limits.cpu_s)),
        ("processes", Resource::Nproc, Some(limits.processes)),
        ("size of a file", Resource::Fsize, Some(limits.file_mb.saturating_mul(1 << 20))),
        ("open files", Resource::Nofile, Some(limits.open_files)),
        ("stack", Resource::Stack, Some(STACK)),
        ("locked memory", Resource::Memlock, Some(LOCKED)),
        ("core file", Resource::Core, Some(0)),
        ("address space", Resource::As, None),
        ("resident memory", Resource::Rss, None),
    ];
    for (name, resource, most) in all {
        let hard = getrlimit(resource).maximum;
        if let Some(hard) = hard.filter(|hard| most.is_none_or(|most| *hard < most)) {
            let wanted = most.map_or("without a limit".to_owned(), |most| format!("with {most}"));
            return Err(format!("planc was started with a limit of {hard} for {name}, and a program runs {wanted}"));
        }
        setrlimit(resource, Rlimit { current: most, maximum: most })
            .map_err(|error| format!("setting the limit for {name}: {error}"))?;
    }
    Ok(())
}
