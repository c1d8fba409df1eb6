//! Syntax tree and comments ⟶ the source in its canonical layout.
//!
//! Nothing is lost: literals stand exactly as written, every comment survives, and formatting twice gives what formatting
//! once gives. Sections of a plan are put into canonical order; steps and lets keep theirs. A tree with errors must not be
//! formatted. [`lines`] lays out blocks and their comments, [`values`] expressions and types.

mod lines;
mod values;

use crate::source::{Source, Sources, Span};
use crate::syntax::{Comment, File};
use lines::Node;
use std::cell::RefCell;

/// The width that lines are kept within where they can be broken.
pub const WIDTH: usize = 100;

/// The canonical text of a source that has been parsed without errors.
pub fn format(sources: &Sources, index: usize, file: &File) -> String {
    let source = sources.get(index);
    let printer = Printer { source, comments: &file.comments, used: RefCell::new(vec![false; file.comments.len()]) };
    let nodes = file.items.iter().map(Node::Top).collect();
    let whole = Span::new(source.base, source.base + source.text.len() as u32);
    let mut out = String::with_capacity(source.text.len() + source.text.len() / 8);
    printer.lines(&mut out, whole, nodes, 0);
    out
}

struct Printer<'a> {
    source: &'a Source,
    comments: &'a [Comment],
    /// Which comments have been printed.
    used: RefCell<Vec<bool>>,
}

impl<'a> Printer<'a> {
    /// The text as written.
    fn written(&self, span: Span) -> &'a str {
        self.source.slice(span)
    }

    /// Takes the comments that begin in the range and are not yet printed.
    fn take_comments(&self, from: u32, to: u32) -> Vec<&'a Comment> {
        let first = self.comments.partition_point(|comment| comment.span.start < from);
        let mut used = self.used.borrow_mut();
        self.comments
            .iter()
            .enumerate()
            .skip(first)
            .take_while(|(_, comment)| comment.span.start < to)
            .filter(|(at, _)| !std::mem::replace(&mut used[*at], true))
            .map(|(_, comment)| comment)
            .collect()
    }

    /// Takes the comments that stand behind `end` on its line, before `limit`.
    fn take_trailing(&self, end: u32, limit: u32) -> Vec<&'a Comment> {
        let rest = self.written(Span::new(end, limit.max(end)));
        let line = rest.find('\n').unwrap_or(rest.len()) as u32;
        self.take_comments(end, end + line)
    }

    fn has_comments(&self, span: Span) -> bool {
        let first = self.comments.partition_point(|comment| comment.span.start < span.start);
        self.comments.get(first).is_some_and(|comment| comment.span.start < span.end)
    }

    /// Whether an empty line stands before `offset`.
    fn blank_before(&self, offset: u32) -> bool {
        let before = &self.source.text[..(offset - self.source.base) as usize];
        let space = &before[before.trim_end().len()..];
        space.matches('\n').count() > 1
    }
}
