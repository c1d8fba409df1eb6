//! The tokens: names, numbers, strings, white space. They follow the lexer; what a decoder cannot know, such as an integer
//! that is too large, they leave open.

use super::rules::{Builder, Part, any_of, choice, class, many, none_of, optional, seq, some};
use crate::lexer::KEYWORDS;

/// How many `#` a raw string may stand between. The language has no limit; a grammar needs one.
const MAX_HASHES: usize = 3;

const LETTERS: [(char, char); 3] = [('A', 'Z'), ('a', 'z'), ('_', '_')];
const WORD: [(char, char); 4] = [('A', 'Z'), ('a', 'z'), ('_', '_'), ('0', '9')];

/// What a string that is shown in one place differs in from another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// `"…"`
    Line,
    /// `"""…"""`
    Block,
}

impl Builder<'_> {
    /// A name that is no keyword.
    pub fn name(&mut self) -> Part {
        self.token("name", |_| name_except(&KEYWORDS, true))
    }

    /// A name of a field, parameter or method, which may be a keyword.
    pub fn word(&mut self) -> Part {
        self.token("word", |_| seq![class(&LETTERS), many(class(&WORD))])
    }

    pub fn integer(&mut self) -> Part {
        self.token("integer", |_| digits())
    }

    /// A number; the part behind its point is a token of its own, for a point may as well begin a method.
    pub fn number(&mut self) -> Part {
        let exponent = || seq![any_of("eE"), optional(any_of("+-")), some(class(&[('0', '9')]))];
        let integer = self.integer();
        let scaled = self.token("scaled", |_| seq![digits(), exponent()]);
        self.phrase("number", |_| {
            choice(vec![seq![integer.clone(), optional(seq![".", choice(vec![integer, scaled.clone()])])], scaled])
        })
    }

    pub fn duration(&mut self) -> Part {
        self.token("duration", |_| {
            seq![digits(), choice(vec!["ms".into(), "s".into(), "m".into(), "h".into(), "d".into()])]
        })
    }

    /// A string without interpolation, in any of its forms.
    pub fn text(&mut self) -> Part {
        let line = self.token("line-text", |_| seq!["\"", line_body(), many("$"), "\""]);
        let block = self.token("block-text", |_| seq!["\"\"\"", block_body(), block_end()]);
        let raw = self.token("raw-text", |_| raw());
        self.phrase("text", |_| choice(vec![line, block, raw]))
    }

    /// The opening of a string with interpolation, up to its first `${`.
    pub fn opening(&mut self, quotes: Quotes) -> Part {
        self.token(["line-opening", "block-opening"][quotes as usize], |_| match quotes {
            Quotes::Line => seq!["\"", line_body(), some("$"), "{"],
            Quotes::Block => seq!["\"\"\"", block_body(), some(dollars_in_block()), "{"],
        })
    }

    /// From the `}` of one interpolation to the next `${`.
    pub fn between(&mut self, quotes: Quotes) -> Part {
        self.token(["line-between", "block-between"][quotes as usize], |_| match quotes {
            Quotes::Line => seq!["}", line_body(), some("$"), "{"],
            Quotes::Block => seq!["}", block_body(), some(dollars_in_block()), "{"],
        })
    }

    /// From the `}` of the last interpolation to the closing quotes.
    pub fn closing(&mut self, quotes: Quotes) -> Part {
        self.token(["line-closing", "block-closing"][quotes as usize], |_| match quotes {
            Quotes::Line => seq!["}", line_body(), many("$"), "\""],
            Quotes::Block => seq!["}", block_body(), block_end()],
        })
    }

    /// A blank on the line.
    pub fn blank(&mut self) -> Part {
        self.token("blank", |_| some(any_of(" \t\r")))
    }

    /// The end of a line with the indentation of the next.
    fn line_break(&mut self) -> Part {
        let line = self.token("line-end", |_| seq!["\n", many(any_of(" \t\r"))]);
        let comment = self.token("comment", |_| {
            let text = || many(none_of("\n"));
            let rest = choice(vec![seq![none_of("/\n"), text()], seq!["//", text()]]);
            seq!["//", optional(rest), "\n", many(any_of(" \t\r"))]
        });
        choice(vec![line, comment])
    }

    /// White space and comments, or nothing.
    pub fn gap(&mut self) -> Part {
        self.phrase("gap", |b| seq![optional(b.blank()), many(b.line_break())])
    }

    /// White space and comments, not nothing: between words.
    pub fn space(&mut self) -> Part {
        self.phrase("space", |b| choice(vec![seq![b.blank(), many(b.line_break())], some(b.line_break())]))
    }

    /// What ends an item: a line break, with blank lines and comments.
    pub fn newline(&mut self) -> Part {
        self.phrase("newline", |b| seq![optional(b.blank()), some(b.line_break())])
    }

    /// A line of documentation.
    pub fn doc(&mut self) -> Part {
        self.token("doc", |_| {
            let text = seq![none_of("/\n"), many(none_of("\n"))];
            seq!["///", optional(text), "\n", many(any_of(" \t\r"))]
        })
    }

    /// A comment that ends with the text.
    pub fn last_comment(&mut self) -> Part {
        self.token("last-comment", |_| seq!["//", many(none_of("\n"))])
    }
}

fn digits() -> Part {
    seq![class(&[('0', '9')]), many(class(&[('0', '9'), ('_', '_')]))]
}

/// A name that is none of `words`, letter by letter. `at_start`: nothing of it has been read.
fn name_except(words: &[&str], at_start: bool) -> Part {
    let mut firsts: Vec<char> = words.iter().filter_map(|word| word.chars().next()).collect();
    firsts.sort_unstable();
    firsts.dedup();
    let allowed = if at_start { &LETTERS[..] } else { &WORD[..] };
    let mut ways = vec![seq![class(&without(allowed, &firsts)), many(class(&WORD))]];
    for first in firsts {
        let rests: Vec<&str> = words.iter().filter_map(|word| word.strip_prefix(first)).collect();
        ways.push(seq![first.to_string().as_str(), name_except(&rests, false)]);
    }
    let ways = if ways.len() == 1 { ways.remove(0) } else { choice(ways) };
    if at_start || words.contains(&"") { ways } else { optional(ways) }
}

/// The ranges without some of their characters, which are ASCII.
fn without(ranges: &[(char, char)], removed: &[char]) -> Vec<(char, char)> {
    let mut rest = Vec::new();
    for (first, last) in ranges {
        let mut from = *first;
        for gone in removed.iter().filter(|gone| (first..=last).contains(gone)) {
            if from < *gone {
                rest.push((from, (*gone as u8 - 1) as char));
            }
            from = (*gone as u8 + 1) as char;
        }
        if from <= *last {
            rest.push((from, *last));
        }
    }
    rest
}

fn escape() -> Part {
    let hex = || class(&[('0', '9'), ('a', 'f'), ('A', 'F')]);
    // One to six digits.
    let digits = (0..5).fold(hex(), |more, _| seq![hex(), optional(more)]);
    seq!["\\", choice(vec![any_of("ntr\"\\$"), seq!["u{", digits, "}"]])]
}

/// The text of `"…"` up to the `$` before its end.
fn line_body() -> Part {
    let plain = || choice(vec![none_of("\"\\$\n"), escape()]);
    let after_dollar = choice(vec![none_of("\"\\${\n"), escape()]);
    many(choice(vec![plain(), seq![some("$"), after_dollar]]))
}

/// One or two quotes, which close no block.
fn few_quotes() -> Part {
    seq!["\"", optional("\"")]
}

/// `$` in a block, with quotes before it.
fn dollars_in_block() -> Part {
    seq![optional(few_quotes()), some("$")]
}

/// The text of `"""…"""` up to the quotes and `$` before its end.
fn block_body() -> Part {
    let plain = || choice(vec![none_of("\"\\$"), escape()]);
    let after_dollar = choice(vec![none_of("\"\\${"), escape()]);
    many(choice(vec![
        plain(),
        seq![few_quotes(), plain()],
        seq![some(dollars_in_block()), choice(vec![after_dollar, seq![few_quotes(), plain()]])],
    ]))
}

/// The last three of up to five quotes close a block.
fn block_end() -> Part {
    seq![many(dollars_in_block()), "\"\"\"", optional(few_quotes())]
}

fn raw() -> Part {
    let mut forms = vec![
        seq!["r\"", many(none_of("\"\n")), "\""],
        seq![
            "r\"\"\"",
            many(choice(vec![none_of("\""), seq![few_quotes(), none_of("\"")]])),
            "\"\"\"",
            optional(few_quotes())
        ],
    ];
    forms.extend((1..=MAX_HASHES).map(hashed));
    choice(forms)
}

/// `r#"…"#` with this many `#`.
fn hashed(hashes: usize) -> Part {
    let fence = "#".repeat(hashes);
    // Quotes with too few `#` behind them, and perhaps quotes again.
    let few = || choice((1..hashes).map(|count| Part::from("#".repeat(count).as_str())).collect());
    let quotes = || match hashes {
        1 => some("\""),
        _ => seq![some("\""), many(seq![few(), some("\"")])],
    };
    let piece = match hashes {
        1 => seq![quotes(), none_of("\"#")],
        _ => seq![quotes(), optional(few()), none_of("\"#")],
    };
    seq![format!("r{fence}\"").as_str(), many(choice(vec![none_of("\""), piece])), quotes(), fence.as_str()]
}
