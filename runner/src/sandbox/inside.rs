//! What the launcher is told about a cell, and what it tells when the program has ended: plain data, as JSON in the folder
//! of the cell. The program sees neither.

use super::spec::Inside;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// What the launcher is told; removed before the program starts.
const TOLD: &str = "cell.json";
/// What it tells.
pub(super) const REPORT: &str = "report.json";
/// The largest of either.
const MAX_BYTES: u64 = 64 << 20;

/// What became of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It ended by itself.
    Exit(i32),
    /// A signal ended it.
    Signal(i32),
    /// It could not be started.
    Unstarted(String),
    /// There is no cell: nothing was started.
    NoCell(String),
}

/// What the launcher tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What became of the program.
    pub ended: Ended,
    /// The names of processes that it left, which were ended with the cell, sorted.
    pub left: Vec<String>,
    /// What could be done in the cell that must not be possible, where that was tried.
    pub leaks: Vec<String>,
    /// Whether the number of processes is limited for whoever runs planc.
    pub processes: bool,
    /// Whether the cell has a `/proc` of its own; otherwise it has an empty one.
    pub proc: bool,
}

impl Report {
    pub(super) fn of(ended: Ended) -> Report {
        Report { ended, left: Vec::new(), leaks: Vec::new(), processes: false, proc: false }
    }
}

/// Writes down what the launcher is told; gives it.
pub(super) fn tell(dir: &Path, inside: &Inside) -> io::Result<Vec<u8>> {
    let mut file = File::options().write(true).create_new(true).open(dir.join(TOLD))?;
    let told = serde_json::to_vec(inside)?;
    file.write_all(&told)?;
    Ok(told)
}

/// What was told, as it was written down.
pub(super) fn told(dir: &Path) -> io::Result<Vec<u8>> {
    read(&dir.join(TOLD))
}

/// Removes what was told: the program sees nothing of it.
pub(super) fn forget(dir: &Path) -> io::Result<()> {
    std::fs::remove_file(dir.join(TOLD))
}

pub(super) fn report_of(dir: &Path) -> io::Result<Report> {
    Ok(serde_json::from_slice(&read(&dir.join(REPORT))?)?)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
