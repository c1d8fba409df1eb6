//! Limits on what one program may use ⟶ limits of the kernel.

use crate::config::Limits;
use rustix::process::{Resource, Rlimit, setrlimit};

/// The fewest processes that the kernel can be told.
pub(super) const MIN_PROCESSES: u64 = 301;

/// Sets the limits of this process and of all that it starts. A limit that is stricter already stays.
pub(super) fn set(limits: &Limits) -> std::io::Result<()> {
    let all = [
        (Resource::Data, limits.memory_mb.saturating_mul(1 << 20)),
        (Resource::Cpu, limits.cpu_s),
        (Resource::Nproc, limits.processes),
        (Resource::Fsize, limits.file_mb.saturating_mul(1 << 20)),
        (Resource::Nofile, limits.open_files),
        (Resource::Core, 0),
    ];
    for (resource, most) in all {
        let before = rustix::process::getrlimit(resource);
        let most = before.maximum.map_or(most, |maximum| maximum.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}
