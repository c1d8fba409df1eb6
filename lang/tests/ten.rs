//! Ten mistakes give ten diagnostics, each at its place, and nothing besides. What stands on a line is announced on the line
//! before it: `//~ P0106`.

#![allow(clippy::disallowed_methods, reason = "the cases are files")]

mod common;

use common::{Checked, check};
use planc_lang::diagnostic::{Colour, Severity, render};

/// The lines, from 1, with the codes that are announced for them.
fn announced(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate();
    let marks = lines.filter_map(|(index, line)| Some((index + 2, line.trim().strip_prefix("//~ ")?)));
    marks.flat_map(|(line, codes)| codes.split(' ').map(move |code| (line, code.to_owned()))).collect()
}

#[test]
fn ten_mistakes_give_ten_diagnostics() {
    let mut wrong = Vec::new();
    insta::glob!("ten/*.pl", |path| {
        let text = std::fs::read_to_string(path).expect("a readable test file");
        let Checked { sources, diagnostics, .. } = check(&text);
        let found: Vec<(usize, String)> = diagnostics
            .iter()
            .map(|found| (sources.line_column(found.primary.span.start).0, found.code.to_string()))
            .collect();
        let expected = announced(&text);
        if found != expected {
            let drawn: String = diagnostics.iter().map(|found| render(found, &sources, Colour::Never)).collect();
            wrong.push(format!("{}: announced {expected:?}\nfound {found:?}\n{drawn}", path.display()));
        }
        let errors = diagnostics.iter().filter(|found| found.severity() == Severity::Error).count();
        assert!(errors >= 10, "{} has ten mistakes", path.display());
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
