//! Tokens ⟶ syntax tree.
//!
//! The structure pass has matched the brackets, so that every line of every block is known before any rule runs: a mistake
//! in one line never disturbs another. Lines are parsed by chumsky, with an error type that holds nothing; only a line
//! that fails is parsed again with rich errors, from which [`faults`] makes the diagnostic. It knows nothing of names,
//! types and tools.

mod blocks;
mod braces;
mod catalogues;
mod expr;
mod faults;
mod groups;
mod habits;
mod items;
mod leaf;
mod sections;
mod shortcut;
mod structure;
mod types;
mod walk;
mod wrapped;

pub use faults::{CLAUSES, ITEMS};
pub use structure::{MAX_HEIGHT, MAX_NESTING};

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::lex;
use crate::source::{MAX_SOURCE_BYTES, Sources, Span};
use crate::syntax::File;
use leaf::Written;

/// What whoever has not written a plan is told.
const PLAN_BEGINS: &str = "A plan begins with `plan \"what it does\" {`.";

/// Parses one source. What is wrong with it is reported; the tree holds what could be understood.
pub fn parse(sources: &Sources, index: usize, report: &Diagnostics) -> File {
    let source = sources.get(index);
    let start = Span::new(source.base, source.base);
    if source.text.len() > MAX_SOURCE_BYTES {
        report.push(
            Diagnostic::new(Code::SourceTooLarge, start, format!("`{}` is too large", source.name))
                .label(format!("{} bytes, the limit is {MAX_SOURCE_BYTES}", source.text.len()))
                .help("Let the plan read what is long from a file of its own, with `fs.read`."),
        );
        return File::default();
    }
    let before = report.len();
    let lexed = lex(source, report);
    let mut file = File { items: Vec::new(), comments: lexed.comments };
    let Some(tokens) = structure::structure(source, &lexed.tokens, report) else { return file };
    let written = Written { text: &source.text, base: source.base };
    file.items = blocks::file(written, &tokens, report);
    if file.items.is_empty() && report.len() == before {
        report.push(
            Diagnostic::new(Code::EmptySource, start, format!("`{}` holds no plan", source.name))
                .label("nothing here but white space and comments")
                .help(PLAN_BEGINS),
        );
    }
    file
}
