//! Marks that stand beside each other ⟶ those that say a thing twice, or contradict each other.

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::syntax::{Mark, Marked};

/// Reports marks that stand twice, and those that contradict each other.
pub(super) fn check(marks: &[Marked], report: &Diagnostics) {
    for (index, marked) in marks.iter().enumerate() {
        let before = &marks[..index];
        let Some(first) = before.iter().find(|first| first.mark == marked.mark || excludes(first.mark, marked.mark))
        else {
            continue;
        };
        let (word, other) = (marked.mark.as_str(), first.mark.as_str());
        let message = match word == other {
            true => format!("`{word}` is said twice"),
            false => format!("`{other}` and `{word}` contradict each other"),
        };
        report.push(
            Diagnostic::new(Code::BadMark, marked.span, message)
                .label("one of the two is enough")
                .related(first.span, "said here"),
        );
    }
}

fn excludes(a: Mark, b: Mark) -> bool {
    let pair = (a.min(b), a.max(b));
    pair == (Mark::Data, Mark::Exact) || pair == (Mark::Trusted, Mark::Stored)
}
