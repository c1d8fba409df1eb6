//! Each page: its wrong example provokes that code and no other error, its right example compiles without a word.

mod common;

use common::{blocks, check};
use planc_lang::codes::{Code, Group};
use planc_lang::diagnostic::Severity;

/// The block of a page whose fence says `plan` or `catalogue` and then this word.
fn block<'p>(page: &'p str, word: &str) -> Option<&'p str> {
    blocks(page)
        .find(|(fence, _)| matches!(fence.split_once(' '), Some(("plan" | "catalogue", w)) if w == word))
        .map(|b| b.1)
}

/// What no text in a block can be: these pages tell about files.
fn is_told(code: Code) -> bool {
    matches!(code, Code::BinarySource | Code::SourceTooLarge)
}

#[test]
fn pages_have_their_form() {
    for code in Code::ALL {
        let heading = format!("# {code}: {}\n", code.title());
        assert!(code.page().starts_with(&heading), "the page of {code} begins with {heading}");
        let shown = block(code.page(), "wrong").is_some() && block(code.page(), "right").is_some();
        let told = is_told(*code) && blocks(code.page()).any(|(fence, _)| fence == "text");
        assert!(shown || told, "the page of {code} has two examples");
    }
}

#[test]
fn every_code_has_its_group() {
    let grouped: Vec<Code> = Group::ALL.into_iter().flat_map(Group::codes).collect();
    assert_eq!(grouped, Code::ALL);
    assert!(Group::ALL.iter().all(|group| group.codes().all(|code| code.group() == *group)));
}

#[test]
fn every_page_is_that_of_a_code() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pages");
    for entry in std::fs::read_dir(folder).expect("the folder of pages") {
        let name = entry.expect("an entry of the folder").file_name().into_string().expect("a name in Unicode");
        let known = Code::ALL.iter().any(|code| name == format!("{}.md", code.name()));
        assert!(known, "`pages/{name}` belongs to no code");
    }
}

#[test]
fn wrong_examples_provoke_their_code_alone() {
    for code in Code::ALL {
        let Some(wrong) = block(code.page(), "wrong") else { continue };
        let diagnostics = check(wrong).diagnostics;
        let found: Vec<Code> = diagnostics
            .iter()
            .filter(|found| found.severity() == Severity::Error || code.severity() == Severity::Warning)
            .map(|found| found.code)
            .collect();
        assert_eq!(found, [*code], "{diagnostics:#?}");
    }
}

#[test]
fn right_examples_compile_without_a_word() {
    for code in Code::ALL {
        let Some(right) = block(code.page(), "right") else { continue };
        let found = check(right).diagnostics;
        assert!(found.is_empty(), "{code}: {found:#?}");
    }
}
