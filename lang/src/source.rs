//! Named source texts ⟶ positions that name both the file and the place in it.
//!
//! All sources of one compilation share one space of byte offsets: each begins where the one before it ended. A [`Span`]
//! is therefore eight bytes and needs no file beside it. This file knows nothing of tokens or of diagnostics.

use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// The largest source text that is read, in bytes.
pub const MAX_SOURCE_BYTES: usize = 32 * 1024 * 1024;

/// A half-open range of bytes in the space shared by all [`Sources`] of a compilation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset just past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    pub fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span just before this one.
    pub fn before(self) -> Span {
        Span { start: self.start, end: self.start }
    }

    /// The empty span just behind this one.
    pub fn after(self) -> Span {
        Span { start: self.end, end: self.end }
    }
}

/// One named text.
#[derive(Clone, Debug)]
pub struct Source {
    /// What diagnostics call it: a path as the user gave it, `<stdin>`, or `<built-in catalogue>`.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
    /// Offset of its first byte in the shared space.
    pub base: u32,
}

impl Source {
    /// The text at `span`, which lies in this source.
    pub fn slice(&self, span: Span) -> &str {
        &self.text[self.range(span)]
    }

    /// `span` as a range of bytes in this text.
    pub fn range(&self, span: Span) -> Range<usize> {
        (span.start - self.base) as usize..(span.end - self.base) as usize
    }
}

/// All texts of one compilation.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
    /// Of each text, where its lines begin.
    lines: Vec<Arc<[u32]>>,
}

impl Sources {
    /// Adds a text and returns its index.
    ///
    /// # Panics
    ///
    /// If all texts together pass 4 GiB; callers keep each within [`MAX_SOURCE_BYTES`].
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> usize {
        let text = text.into();
        // One byte lies between two sources, so that the end of one is not the start of the next.
        let base = self.files.last().map_or(0, |last| last.base + last.text.len() as u32 + 1);
        assert!((base as usize) + text.len() < u32::MAX as usize, "the sources of one compilation pass 4 GiB");
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        self.lines.push(std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1)).collect());
        self.files.push(Source { name: name.into(), text, base });
        self.files.len() - 1
    }

    /// The text with this index.
    pub fn get(&self, index: usize) -> &Source {
        &self.files[index]
    }

    /// All texts, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.files.iter()
    }

    /// The source that `span` lies in.
    pub fn of(&self, span: Span) -> &Source {
        &self.files[self.index_of(span.start)]
    }

    fn index_of(&self, offset: u32) -> usize {
        self.files.partition_point(|file| file.base <= offset).saturating_sub(1)
    }

    /// The text at `span`.
    pub fn slice(&self, span: Span) -> &str {
        self.of(span).slice(span)
    }

    /// Line and column of an offset, both from 1; the column counts characters.
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let index = self.index_of(offset);
        let source = &self.files[index];
        let end = source.text.floor_char_boundary((offset - source.base) as usize);
        let line = self.lines[index].partition_point(|start| *start as usize <= end);
        // The first line begins with the text.
        let start = self.lines[index][line - 1] as usize;
        (line, source.text[start..end].chars().count() + 1)
    }
}
