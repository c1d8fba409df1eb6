//! A word that may be a program ⟶ what is known of the one that it stands for: the name of what it leads to, by links or by `PATH`.

use super::Workspace;
use super::program::{find_program, is_executable};
use crate::named::Leads;
use std::io::ErrorKind;
use std::path::Path;

/// How a script begins: the kernel runs what stands there.
const SCRIPT: &[u8] = b"#!";

impl Workspace {
    /// What is known of the program that a word stands for, seen from a directory.
    pub(crate) fn leads_of(&self, directory: &str, word: &str) -> Leads {
        if word.is_empty() || word.starts_with('-') || word.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Leads::Nowhere;
        }
        let is_path = word.contains('/');
        let file = if is_path { Some(self.root().join(directory).join(word)) } else { find_program(word) };
        let Some(file) = file else { return Leads::Nowhere };
        let real = match file.canonicalize() {
            Ok(real) => real,
            // The run may make it by then.
            Err(error) if error.kind() == ErrorKind::NotFound && word.starts_with("./") => return Leads::Doubtful,
            Err(_) => return Leads::Nowhere,
        };
        if is_path && self.is_unknown_program(&real) {
            return Leads::Doubtful;
        }
        let called = |path: &Path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        match (called(&real), called(&file)) {
            (Some(real), given) if given.as_ref() != Some(&real) => Leads::To(real),
            _ => Leads::Nowhere,
        }
    }

    /// Whether a file of the workspace is a program that is no script, so that its name says nothing.
    fn is_unknown_program(&self, real: &Path) -> bool {
        let Some(within) = real.strip_prefix(self.root()).ok().and_then(Path::to_str) else { return false };
        is_executable(real) && self.beginning(within, SCRIPT.len()).is_ok_and(|begins| begins != SCRIPT)
    }
}
