//! What edits make of a text: first those that are sure, which never change what was written, then all the others, of which a
//! person or a model decides. Cases are lines of one plan; those that stay as they are have no edit.

#![allow(clippy::disallowed_methods, reason = "the cases are files")]

mod common;

use common::check;
use planc_lang::compile::{add_builtin, load_catalogue};
use planc_lang::diagnostic::{Applicability, Diagnostic, Edit, Severity, apply_edits};
use planc_lang::fix::fix;
use planc_lang::source::Sources;

/// What the lines of all cases stand behind.
const HEAD: &str = r#"plan "p" {
  critical {
    run "echo"
    create "o.txt"
  }
  step s = fs.read(path: "s")
  let t = s.text
  let c = t == "x"
  let n = s.bytes
  let l = [{ n: 1, ok: true, text: "a", tags: ["b"] }]
"#;

/// The lines of a case after all edits that are sure.
fn fixed(text: &str) -> String {
    let mut sources = Sources::default();
    let builtin = add_builtin(&mut sources);
    let (catalogue, _) = load_catalogue(&sources, &[builtin]);
    fix(&sources, "plan.pl", text, &catalogue).text().to_owned()
}

fn body(text: &str) -> &str {
    text.strip_prefix(HEAD)
        .and_then(|text| text.strip_suffix("}\n"))
        .expect("an edit changes the lines of the case only")
}

fn told(diagnostic: &Diagnostic) -> String {
    let edit = match diagnostic.edit.as_ref().map(|edit| edit.applicability) {
        Some(Applicability::Sure) => ", sure",
        Some(Applicability::Maybe) => ", maybe",
        None => "",
    };
    format!("{}: {}{edit}\n", diagnostic.code, diagnostic.message)
}

#[test]
fn edits_say_what_was_written() {
    insta::glob!("fixes/*.txt", |path| {
        let cases = std::fs::read_to_string(path).expect("a readable test file");
        let mut shown = String::new();
        for case in cases.split("--- ").skip(1) {
            let (title, lines) = case.split_once('\n').expect("a title on the first line");
            let text = format!("{HEAD}{lines}}}\n");
            let errors = |list: &[Diagnostic]| list.iter().filter(|d| d.severity() == Severity::Error).count();
            let before = check(&text);
            shown.push_str(&format!("==== {title}\n{lines}"));
            before.diagnostics.iter().for_each(|diagnostic| shown.push_str(&told(diagnostic)));
            let sure = fixed(&text);
            if sure != text {
                shown.push_str(&format!("---- sure\n{}", body(&sure)));
            }
            let after = check(&sure);
            assert!(errors(&after.diagnostics) <= errors(&before.diagnostics), "{title}\n{sure}");
            let rest: Vec<Edit> = after.diagnostics.iter().filter_map(|diagnostic| diagnostic.edit.clone()).collect();
            let (all, _) = apply_edits(&after.sources, after.index, &rest);
            if all != sure {
                shown.push_str(&format!("---- maybe\n{}", body(&all)));
            }
            let left = check(&all).diagnostics;
            if errors(&left) > 0 {
                shown.push_str("---- left\n");
                left.iter().for_each(|diagnostic| shown.push_str(&told(diagnostic)));
            }
            shown.push('\n');
        }
        insta::assert_snapshot!(shown);
    });
}
