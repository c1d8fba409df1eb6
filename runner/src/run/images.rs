//! Recorded changes against what is there: how far a call got before it was cut off. Pure.

use crate::workspace::{Change, FileState};
use std::collections::BTreeMap;

/// How many of a call's changes have been made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The first so many, and nothing else happened to their paths.
    Made(usize),
    /// What is at these paths is none of what was recorded.
    Foreign(Vec<String>),
}

/// How far a list of changes, made in order, has come, judged by what is at their paths. Of several answers the largest:
/// it leaves the least to do, and the result is the same.
pub(crate) fn progress(changes: &[Change], present: &BTreeMap<String, FileState>) -> Progress {
    let fits = |made: &usize| expected(changes, *made).iter().all(|(path, state)| present.get(*path) == Some(*state));
    match (0..=changes.len()).rev().find(fits) {
        Some(made) => Progress::Made(made),
        None => Progress::Foreign(foreign(changes, present)),
    }
}

/// What is at each path when the first `made` changes are made.
fn expected(changes: &[Change], made: usize) -> BTreeMap<&str, &FileState> {
    let mut states = BTreeMap::new();
    for change in changes {
        states.entry(change.path.as_str()).or_insert(&change.before);
    }
    for change in &changes[..made] {
        states.insert(&change.path, &change.after);
    }
    states
}

fn foreign(changes: &[Change], present: &BTreeMap<String, FileState>) -> Vec<String> {
    let known = |path: &str, state: &FileState| {
        changes.iter().any(|change| change.path == path && (change.before == *state || change.after == *state))
    };
    let strange = present.iter().filter(|(path, state)| !known(path, state)).map(|(path, _)| path.clone());
    let strange: Vec<String> = strange.collect();
    match strange.is_empty() {
        // Each path is as it was at some time, but not all at the same.
        true => present.keys().cloned().collect(),
        false => strange,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planc_lang::digest::Digest;

    fn file(text: &str) -> FileState {
        FileState::File { digest: Digest::of(text), bytes: text.len() as u64, mode: 0o644 }
    }

    fn change(path: &str, before: FileState, after: FileState) -> Change {
        Change::new(path, before, after)
    }

    #[test]
    fn every_prefix_is_recognised() {
        let changes = [
            change("a", file("1"), file("2")),
            change("b", FileState::Absent, file("x")),
            change("a", file("2"), file("3")),
        ];
        for made in 0..=changes.len() {
            let present = expected(&changes, made).into_iter().map(|(p, s)| (p.to_owned(), s.clone())).collect();
            assert_eq!(progress(&changes, &present), Progress::Made(made));
        }
    }

    #[test]
    fn a_foreign_content_is_named() {
        let changes = [change("a", file("1"), file("2")), change("b", file("1"), file("2"))];
        let present = BTreeMap::from([("a".to_owned(), file("2")), ("b".to_owned(), file("other"))]);
        assert_eq!(progress(&changes, &present), Progress::Foreign(vec!["b".into()]));
    }

    #[test]
    fn states_of_different_times_are_foreign() {
        let changes = [change("a", file("1"), file("2")), change("b", file("1"), file("2"))];
        let present = BTreeMap::from([("a".to_owned(), file("1")), ("b".to_owned(), file("2"))]);
        assert_eq!(progress(&changes, &present), Progress::Foreign(vec!["a".into(), "b".into()]));
    }
}
