//! Where a yes counts: one workspace with one state directory, not a copy of them.

use planc_lang::digest::Digest;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Where the kernel's name of this machine stands.
const MACHINE: &str = "/etc/machine-id";

/// Stands for a workspace and its state directory on this machine. A copy of the state directory, on this machine or on
/// another, is another place: its directory has another number. What was approved there counts there alone.
pub fn site(workspace: &Path, state: &Path) -> Digest {
    let machine = std::fs::read_to_string(MACHINE).unwrap_or_default();
    let number = state.metadata().map_or(0, |metadata| metadata.ino());
    Digest::of_json(&("site", workspace.to_string_lossy(), state.to_string_lossy(), number, machine.trim()))
}
