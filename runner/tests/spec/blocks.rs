//! Markdown ⟶ its fenced blocks, each with its kind, attributes, line and section.

use std::collections::BTreeMap;
use std::ops::Range;

/// A fenced block.
pub struct Block {
    /// The first word behind the fence.
    pub kind: String,
    /// `name="value"` or `name=value` behind it.
    pub attributes: BTreeMap<String, String>,
    /// Everything between the fences.
    pub content: String,
    /// Where the content stands in the chapter.
    pub range: Range<usize>,
    /// The line of the opening fence, from 1.
    pub line: usize,
    /// How many headings stand before it.
    pub section: usize,
}

/// The blocks of a chapter, in order.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(Block, String)> = None;
    let (mut at, mut section) = (0, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let next = at + line.len();
        let content = line.trim_end();
        match open.take() {
            Some((mut block, fence)) if content == fence => {
                block.range.end = at;
                block.content = text[block.range.clone()].to_owned();
                blocks.push(block);
            }
            Some(inside) => open = Some(inside),
            None if content.starts_with("```") => {
                let info = content.trim_start_matches('`');
                let fence = content[..content.len() - info.len()].to_owned();
                let (kind, attributes) = info_of(info);
                let range = next..next;
                open =
                    Some((Block { kind, attributes, content: String::new(), range, line: number + 1, section }, fence));
            }
            None if content.starts_with("## ") => section += 1,
            None => {}
        }
        at = next;
    }
    assert!(open.is_none(), "every fence is closed");
    blocks
}

fn info_of(info: &str) -> (String, BTreeMap<String, String>) {
    let mut words = info.split_whitespace();
    let kind = words.next().unwrap_or_default().to_owned();
    let attribute = |word: &str| {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        (name.to_owned(), value.trim_matches('"').to_owned())
    };
    (kind, words.map(attribute).collect())
}
