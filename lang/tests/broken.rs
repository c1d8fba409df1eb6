//! Plans as they are written by habit from other languages: repaired by the sure edits alone, or by those and one more that
//! the message proposes (`// one edit more` on the first line).

#![allow(clippy::disallowed_methods, reason = "the cases are files")]

mod common;

use common::check;
use planc_lang::compile::{add_builtin, load_catalogue};
use planc_lang::diagnostic::{Applicability, Colour, Diagnostic, Severity, apply_edits, render};
use planc_lang::fix::{Fixed, fix};
use planc_lang::source::Sources;

/// The text after all sure edits.
fn fixed(text: &str) -> Fixed {
    let mut sources = Sources::default();
    let builtin = add_builtin(&mut sources);
    let (catalogue, _) = load_catalogue(&sources, &[builtin]);
    fix(&sources, "plan.pl", text, &catalogue)
}

fn errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|found| found.severity() == Severity::Error).count()
}

#[test]
fn habits_are_repaired() {
    let (mut count, mut failed) = (0, Vec::new());
    insta::glob!("broken/*.pl", |path| {
        let text = std::fs::read_to_string(path).expect("a readable test file");
        let mut after = fixed(&text);
        assert!(!after.applied.is_empty() && errors(&check(&text).diagnostics) > 0, "{}", path.display());
        if text.starts_with("// one edit more") {
            let proposed = after.diagnostics.iter().find_map(|found| found.edit.clone()).expect("an edit is proposed");
            assert_eq!(proposed.applicability, Applicability::Maybe);
            let (text, _) = apply_edits(&after.sources, after.index, &[proposed]);
            after = fixed(&text);
        }
        if errors(&after.diagnostics) > 0 {
            let drawn: String = after.diagnostics.iter().map(|d| render(d, &after.sources, Colour::Never)).collect();
            failed.push(format!("{}:\n{}\n{drawn}", path.display(), after.text()));
        }
        insta::assert_snapshot!(after.text());
        count += 1;
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(count >= 10, "ten plans of other languages, found {count}");
}

#[test]
fn a_repaired_text_stays_as_it_is() {
    insta::glob!("broken/*.pl", |path| {
        let text = std::fs::read_to_string(path).expect("a readable test file");
        let once = fixed(&text);
        let twice = fixed(once.text());
        assert_eq!((once.text(), twice.applied.len()), (twice.text(), 0), "{}", path.display());
    });
}

#[test]
fn nothing_gets_worse() {
    let corpora = [include_str!("syntax/mistakes.txt"), include_str!("syntax/habits.txt")];
    for section in corpora.iter().flat_map(|corpus| corpus.split("--- ").skip(1)) {
        let (name, text) = section.split_once('\n').expect("a name on the first line");
        let before = check(text).diagnostics;
        let after = fixed(text);
        let syntax = |list: &[Diagnostic]| {
            list.iter().filter(|found| found.code.is_syntax() && found.severity() == Severity::Error).count()
        };
        assert!(syntax(&after.diagnostics) <= syntax(&before), "{name}:\n{}", after.text());
        let sure = after.diagnostics.iter().filter_map(|found| found.edit.as_ref());
        let sure = sure.filter(|edit| edit.applicability == Applicability::Sure).count();
        assert!(sure == 0 || !after.applied.is_empty(), "{name}: sure edits are applied\n{}", after.text());
    }
}
