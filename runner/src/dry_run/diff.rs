//! A change of one path and the contents before and after ⟶ its unified diff.

use crate::report::ChangeReport;
use crate::workspace::{Change, FileState};
use planc_lang::digest::Digest;
use similar::{Algorithm, ChangeTag, TextDiff};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Texts longer than this are not compared line by line, in bytes.
pub const MAX_DIFF_BYTES: usize = 4 << 20;

/// How long the search for the shortest diff may take before a longer one will do.
const DIFF_PATIENCE: Duration = Duration::from_secs(2);

/// The change with its diff, where both sides are text.
pub fn change_report(change: &Change, contents: &BTreeMap<Digest, Arc<[u8]>>) -> ChangeReport {
    let mut report = ChangeReport {
        path: change.path.clone(),
        before: change.before.clone(),
        after: change.after.clone(),
        diff: None,
        added: 0,
        removed: 0,
        earlier: None,
    };
    let (Some(before), Some(after)) = (text(&change.before, contents), text(&change.after, contents)) else {
        return report;
    };
    if before == after || before.len() + after.len() > MAX_DIFF_BYTES {
        return report;
    }
    let (old, new) = (lines(before), lines(after));
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).timeout(DIFF_PATIENCE).diff_slices(&old, &new);
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Insert => report.added += 1,
            ChangeTag::Delete => report.removed += 1,
            ChangeTag::Equal => {}
        }
    }
    let name = |side: &str, state: &FileState| match state {
        FileState::Absent => "/dev/null".to_owned(),
        // A path cannot bring lines of its own.
        _ if change.path.contains(char::is_control) => format!("{side}/{:?}", change.path),
        _ => format!("{side}/{}", change.path),
    };
    let mut text = format!("--- {}\n+++ {}\n", name("a", &change.before), name("b", &change.after));
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        text.push_str(&format!("{}\n", hunk.header()));
        for change in hunk.iter_changes() {
            text.push_str(&format!("{}{}", change.tag(), change.value()));
            if !change.value().ends_with('\n') {
                text.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    report.diff = Some(text);
    report
}

/// Lines with their ends. Nothing but a line feed ends one: what else some take for an end would let the next line of a diff
/// begin in the middle of this one.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Whether a diff shows all that a change puts into a file, if it leaves one.
pub(super) fn is_drawn(change: &Change, contents: &BTreeMap<Digest, Arc<[u8]>>) -> bool {
    if !matches!(change.after, FileState::File { .. }) {
        return true;
    }
    match (text(&change.before, contents), text(&change.after, contents)) {
        (Some(before), Some(after)) => before.len() + after.len() <= MAX_DIFF_BYTES,
        (None, _) | (_, None) => false,
    }
}

/// The text of one side; empty where nothing is there, none where it is no text.
fn text<'c>(state: &FileState, contents: &'c BTreeMap<Digest, Arc<[u8]>>) -> Option<&'c str> {
    match state {
        FileState::Absent => Some(""),
        FileState::File { digest, .. } => {
            let text = std::str::from_utf8(contents.get(digest)?).ok()?;
            (!text.contains('\0')).then_some(text)
        }
        FileState::Directory { .. } | FileState::Link { .. } | FileState::Other => None,
    }
}
