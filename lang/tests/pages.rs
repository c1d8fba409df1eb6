//! Each page of the text and syntax codes: its wrong example provokes that code, its right example compiles.

use planc_lang::codes::Code;
use planc_lang::compile::{add_builtin, compile, load_catalogue};
use planc_lang::diagnostic::{Diagnostic, Severity};
use planc_lang::source::Sources;

/// Compiles one plan against the built-in tools.
fn mistakes(text: &str) -> Vec<Diagnostic> {
    let mut sources = Sources::default();
    let builtin = add_builtin(&mut sources);
    let plan = sources.add("plan.pl", text);
    let (catalogue, problems) = load_catalogue(&sources, &[builtin]);
    assert!(problems.is_empty(), "{problems:#?}");
    compile(&sources, plan, &catalogue).diagnostics
}

/// The block of a page whose fence line is `fence`.
fn block<'p>(page: &'p str, fence: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(&format!("```{fence}\n"))?;
    rest.split_once("\n```").map(|(block, _)| block)
}

fn pages() -> impl Iterator<Item = Code> {
    Code::ALL.iter().copied().filter(|code| (*code as u16) < 200)
}

#[test]
fn pages_have_their_form() {
    for code in pages() {
        let heading = format!("# {code}: {}\n", code.title());
        assert!(code.page().starts_with(&heading), "the page of {code} begins with {heading}");
        let shown = block(code.page(), "plan wrong").is_some() && block(code.page(), "plan right").is_some();
        let told = matches!(code, Code::BinarySource | Code::SourceTooLarge) && block(code.page(), "text").is_some();
        assert!(shown || told, "the page of {code} has two examples");
    }
}

#[test]
fn wrong_examples_provoke_their_code_alone() {
    for code in pages() {
        let Some(wrong) = block(code.page(), "plan wrong") else { continue };
        let found: Vec<Code> = mistakes(wrong)
            .iter()
            .filter(|diagnostic| diagnostic.severity() == Severity::Error)
            .map(|diagnostic| diagnostic.code)
            .collect();
        assert_eq!(found, [code], "{:#?}", mistakes(wrong));
    }
}

#[test]
fn right_examples_compile() {
    for code in pages() {
        let Some(right) = block(code.page(), "plan right") else { continue };
        let found = mistakes(right);
        let errors: Vec<_> = found.iter().filter(|found| found.severity() == Severity::Error).collect();
        assert!(errors.is_empty(), "{code}: {errors:#?}");
    }
}
