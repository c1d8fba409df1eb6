//! What the checker says: a corpus of mistakes with everything that is reported, word for word.

// The crate is pure; its tests read their corpus from files.
#![allow(clippy::disallowed_methods)]

mod common;

use common::{Checked, check};
use planc_lang::codes::Code;
use planc_lang::diagnostic::{Colour, apply_edits, render};
use std::collections::BTreeSet;
use std::path::Path;

/// The cases of a corpus file: titles and sources. Each begins with a line `// ==== title`.
fn cases(path: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(path).expect("a readable test file");
    let cases = text.split("// ==== ").skip(1);
    cases
        .filter_map(|case| case.split_once('\n'))
        .map(|(title, source)| (title.to_owned(), source.to_owned()))
        .collect()
}

fn corpus() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of the corpus")
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pl"))
        .collect();
    files.sort();
    files.iter().flat_map(|path| cases(path)).collect()
}

#[test]
fn mistakes_are_explained() {
    insta::glob!("check/*.pl", |path| {
        let mut shown = String::new();
        for (title, source) in cases(path) {
            let Checked { sources, diagnostics, .. } = check(&source);
            shown.push_str(&format!("==== {title}\n\n"));
            for diagnostic in &diagnostics {
                shown.push_str(&render(diagnostic, &sources, Colour::Never));
                shown.push('\n');
            }
        }
        insta::assert_snapshot!(shown);
    });
}

/// Applies each edit by itself and wants the mistake to be gone.
fn edits_repair(title: &str, source: &str) {
    let Checked { sources, diagnostics, index } = check(source);
    for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.edit.is_some()) {
        let count = |list: &[planc_lang::diagnostic::Diagnostic]| {
            list.iter().filter(|other| (other.code, &other.message) == (diagnostic.code, &diagnostic.message)).count()
        };
        let (text, applied) = apply_edits(&sources, index, diagnostic.edit.as_slice());
        assert_eq!(applied, 1, "{title}: {diagnostic:#?}");
        let after = check(&text).diagnostics;
        let shown = render(diagnostic, &sources, Colour::Never);
        assert!(count(&after) < count(&diagnostics), "{title}: the edit does not help\n{shown}\n{text}\n{after:#?}");
        let syntax = |list: &[planc_lang::diagnostic::Diagnostic]| {
            list.iter().filter(|diagnostic| (diagnostic.code as u16) < 200).count()
        };
        assert!(syntax(&after) <= syntax(&diagnostics), "{title}: the edit breaks the text\n{shown}\n{text}");
    }
}

#[test]
fn every_edit_removes_its_mistake() {
    for (title, source) in corpus() {
        edits_repair(&title, &source);
    }
    for code in Code::ALL {
        for (_, block) in common::blocks(code.page()) {
            edits_repair(code.name(), block);
        }
    }
}

#[test]
fn all_edits_together_leave_a_text_that_parses() {
    for (title, source) in corpus() {
        let Checked { sources, diagnostics, index } = check(&source);
        let edits: Vec<_> = diagnostics.iter().filter_map(|diagnostic| diagnostic.edit.clone()).collect();
        let (text, applied) = apply_edits(&sources, index, &edits);
        assert!(edits.is_empty() || applied > 0, "{title}");
        let after = check(&text).diagnostics;
        assert!(after.len() <= diagnostics.len(), "{title}\n{text}\n{after:#?}");
    }
}

/// A parameter is no resource by itself: what it names has to be of some kind.
#[test]
fn an_effect_on_a_name_of_no_kind_is_covered_by_nothing() {
    let catalogue = "catalogue users {\n  tool add(user: string) -> {} {\n    writes user\n  }\n}\n";
    let plan = "plan \"p\" {\n  critical {\n    create \"ann\"\n    create \"user:ann\"\n  }\n  step a = users.add(user: \"ann\")\n}\n";
    let found = common::compilation(plan, &[catalogue]).diagnostics;
    let uncovered = found.iter().find(|found| found.code == Code::NotCovered).expect("nothing covers it");
    assert_eq!(uncovered.code.to_string(), "P0401");
    assert_eq!(uncovered.message, "`critical` does not let this plan create `ann`");
    let help = "`users.add` acts on a name of no kind, which no line can name: its catalogue has to say what it is, as in \
                `writes \"user:${name}\"`";
    assert_eq!(uncovered.help, [help]);
    assert_eq!(uncovered.edit, None);
    // With the kind in the catalogue the line covers it.
    let catalogue = catalogue.replace("writes user", "writes \"user:${user}\"");
    let found = common::compilation(plan, &[&catalogue]).diagnostics;
    assert!(found.iter().all(|found| found.code != Code::NotCovered), "{found:#?}");
    // A misspelt parameter is told in the catalogue itself.
    let misspelt = catalogue.replace("${user}", "${usr}");
    assert_eq!(check(&misspelt).diagnostics.len(), 1);
}

#[test]
fn every_code_of_the_checker_is_provoked() {
    let mut provoked: BTreeSet<Code> = BTreeSet::new();
    for (_, source) in corpus() {
        provoked.extend(check(&source).diagnostics.iter().map(|diagnostic| diagnostic.code));
    }
    let silent: Vec<&Code> =
        Code::ALL.iter().filter(|code| **code as u16 >= 200 && !provoked.contains(*code)).collect();
    assert!(silent.is_empty(), "nothing in the corpus provokes {silent:?}");
}

#[test]
fn a_file_of_types_alone_holds_no_plan() {
    let codes = |source: &str| check(source).diagnostics.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>();
    assert_eq!(codes("type Limit = 3 | 5\n"), [Code::EmptySource]);
    // What could not be read may have been the plan.
    assert!(!codes("type Limit = 3 | 5\nplan {\n}\n").contains(&Code::EmptySource));
}
