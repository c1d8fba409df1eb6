//! The front end over files: trees of valid sources, diagnostics of faulty ones.

#![allow(clippy::disallowed_methods, reason = "the cases are files")]

mod common;

use common::{canonical, without_spans};
use planc_lang::diagnostic::{Colour, Diagnostics, apply_edits, render};
use planc_lang::parser::parse;
use planc_lang::source::Sources;
use planc_lang::syntax::File;

/// Parses one text; gives the tree and the rendered diagnostics.
fn front(name: &str, text: &str) -> (File, String) {
    let mut sources = Sources::default();
    let index = sources.add(name, text);
    let report = Diagnostics::default();
    let file = parse(&sources, index, &report);
    let rendered: Vec<String> =
        report.into_sorted().iter().map(|diagnostic| render(diagnostic, &sources, Colour::Never)).collect();
    (file, rendered.join("\n"))
}

#[test]
fn valid_sources_parse() {
    insta::glob!("syntax/valid/*.pl", |path| {
        let text = std::fs::read_to_string(path).expect("a readable test file");
        let (file, diagnostics) = front("test.pl", &text);
        assert_eq!(diagnostics, "", "{}", path.display());
        insta::assert_json_snapshot!(without_spans(&file));
    });
}

#[test]
fn the_builtin_catalogue_parses() {
    let (file, diagnostics) = front("builtin.pl", planc_lang::builtin::TEXT);
    assert_eq!(diagnostics, "");
    assert!(!file.items.is_empty());
}

/// Faulty texts with their names: mistakes, and habits of other languages.
fn corpus() -> impl Iterator<Item = (&'static str, &'static str)> {
    let files = [include_str!("syntax/mistakes.txt"), include_str!("syntax/habits.txt")];
    let sections = files.into_iter().flat_map(|file| file.split("--- ").skip(1));
    sections.map(|section| section.split_once('\n').expect("a name on the first line"))
}

#[test]
fn mistakes_are_explained() {
    for (name, text) in corpus() {
        let (_, diagnostics) = front("plan.pl", text);
        assert_ne!(diagnostics, "", "{name}");
        insta::assert_snapshot!(format!("mistake {name}").replace(' ', "_"), diagnostics);
    }
}

/// Formats a valid text and checks what must hold of every formatting; gives the result.
fn formatted(name: &str, text: &str) -> String {
    let mut sources = Sources::default();
    let index = sources.add("plan.pl", text);
    let report = Diagnostics::default();
    let file = parse(&sources, index, &report);
    assert!(report.is_empty(), "{name}: {text}\n{:#?}", report.into_sorted());
    let once = planc_lang::format::format(&sources, index, &file);

    let index = sources.add("plan.pl", once.clone());
    let report = Diagnostics::default();
    let again = parse(&sources, index, &report);
    assert!(report.is_empty(), "{name}: {once}\n{:#?}", report.into_sorted());
    assert_eq!(canonical(&file, &sources), canonical(&again, &sources), "{name}: the tree changed:\n{once}");
    let twice = planc_lang::format::format(&sources, index, &again);
    assert_eq!(once, twice, "{name}: formatting twice differs");
    once
}

#[test]
fn layout_is_canonical() {
    insta::glob!("syntax/format/*.pl", |path| {
        let text = std::fs::read_to_string(path).expect("a readable test file");
        insta::assert_snapshot!(formatted(&path.display().to_string(), &text));
    });
    insta::glob!("syntax/valid/*.pl", |path| {
        let text = std::fs::read_to_string(path).expect("a readable test file");
        formatted(&path.display().to_string(), &text);
    });
    formatted("built-in", planc_lang::builtin::TEXT);
}

#[test]
fn every_edit_repairs_its_mistake() {
    let mut failures: Vec<String> = Vec::new();
    for (name, text) in corpus() {
        let mut sources = Sources::default();
        let index = sources.add("plan.pl", text);
        let report = Diagnostics::default();
        parse(&sources, index, &report);
        let found = report.into_sorted();
        for diagnostic in &found {
            let Some(edit) = &diagnostic.edit else { continue };
            let (repaired, applied) = apply_edits(&sources, index, std::slice::from_ref(edit));
            assert_eq!(applied, 1, "{name}: {edit:?}");
            let mut after = Sources::default();
            let index = after.add("plan.pl", repaired.clone());
            let report = Diagnostics::default();
            parse(&after, index, &report);
            if report.len() >= found.len() {
                failures.push(format!("{name}: {edit:?} gives\n{repaired}\n{:#?}", report.into_sorted()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
