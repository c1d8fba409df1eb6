//! Where a yes counts: one workspace with one state directory, not a copy of them, nor one that was made anew.

use planc_lang::digest::Digest;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Where the kernel's name of this machine stands.
const MACHINE: &str = "/etc/machine-id";

/// Stands for a workspace and its state directory on this machine. A copy of the state directory, on this machine or on
/// another, is another place: its directory has another number. One that is made anew at the same path is another, too: the number
/// may come back, but not what was drawn when its database was made. What was approved there counts there alone.
pub fn site(workspace: &Path, state: &Path, drawn: &str) -> Digest {
    let machine = std::fs::read_to_string(MACHINE).unwrap_or_default();
    let number = state.metadata().map_or(0, |metadata| metadata.ino());
    Digest::of_json(&("site", workspace.to_string_lossy(), state.to_string_lossy(), number, machine.trim(), drawn))
}
