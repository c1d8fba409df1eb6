//! The language card: everything in it is true, and it keeps to its budget.

// The crate is pure; its tests read the texts of the card from files.
#![allow(clippy::disallowed_methods)]

mod common;

use common::{blocks, check};
use planc_lang::catalogue::Catalogue;
use planc_lang::codes::Severity;
use planc_lang::compile::{add_builtin, compile, load_catalogue};
use planc_lang::diagnostic::{Colour, render};
use planc_lang::eval::{Env, NoCalls, eval};
use planc_lang::parser::{CLAUSES, ITEMS};
use planc_lang::source::Sources;
use planc_lang::teach::{Card, teach, tokens};

/// What items and expressions of the card may use.
const NAMES: &str = r#"  input flag: bool = true
  critical {
    read "**"
    create "**"
    modify "**"
    delete "**"
    run "cargo"
    run "git"
    run "sh"
  }
  step file = fs.read(path: "notes.md")
  step maybe = process.run(argv: ["git", "status"]) {
    when flag
  }
  let names = ["a", "b"]
"#;

/// The pages of the card.
fn pages() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("teach");
    let mut pages: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the folder of pages")
        .map(|entry| {
            let path = entry.expect("an entry of the folder").path();
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a readable page"))
        })
        .collect();
    pages.sort();
    pages
}

fn catalogue(texts: &[&str]) -> Catalogue {
    let mut sources = Sources::default();
    let mut indices = vec![add_builtin(&mut sources)];
    indices.extend(texts.iter().map(|text| sources.add("catalogue.pl", *text)));
    load_catalogue(&sources, &indices).0
}

fn full() -> Card {
    teach(&catalogue(&[]), None).expect("without a budget everything fits")
}

/// The errors in a text, drawn.
fn errors(text: &str) -> String {
    let checked = check(text);
    let errors = checked.diagnostics.iter().filter(|found| found.severity() == Severity::Error);
    errors.map(|found| render(found, &checked.sources, Colour::Never)).collect()
}

/// A plan around items, or around an expression.
fn plan_of(code: &str) -> String {
    let begins = |word: &str| code.trim_start().starts_with(&format!("{word} "));
    match ITEMS.iter().any(|word| begins(word)) || code.trim_start().starts_with("//") {
        true if begins("rationale") => format!("plan \"card\" {{\n{code}\n{NAMES}}}\n"),
        true => format!("plan \"card\" {{\n{NAMES}{code}\n}}\n"),
        false => format!("plan \"card\" {{\n{NAMES}  {code}\n}}\n"),
    }
}

#[test]
fn no_page_holds_two_versions_of_itself() {
    let marks = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
    for (name, text) in pages() {
        let left = text.lines().find(|line| marks.iter().any(|mark| line.starts_with(mark)));
        assert_eq!(left, None, "what a merge left in {name}");
    }
}

#[test]
fn every_block_is_executed() {
    let mut wrong = Vec::new();
    for (name, page) in pages() {
        for (kind, text) in blocks(&page) {
            match kind {
                "plan" => {
                    let found = check(text);
                    let all = found.diagnostics.iter().map(|one| render(one, &found.sources, Colour::Never));
                    wrong.extend(all.map(|one| format!("{name}: {one}")));
                }
                "items" => {
                    let found = errors(&plan_of(text));
                    wrong.extend((!found.is_empty()).then(|| format!("{name}: {found}")));
                }
                "expr" => wrong.extend(text.lines().filter_map(value_is_wrong).map(|why| format!("{name}: {why}"))),
                other => wrong.push(format!("{name}: no block of the card is called `{other}`")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Why a line `expression // ⟶ value` does not hold.
fn value_is_wrong(line: &str) -> Option<String> {
    let Some((expression, value)) = line.split_once("// ⟶") else { return Some(format!("no value: {line}")) };
    let mut sources = Sources::default();
    let builtin = add_builtin(&mut sources);
    let (catalogue, _) = load_catalogue(&sources, &[builtin]);
    let text = plan_of(&format!("output it = {}", expression.trim()));
    let index = sources.add("expression.pl", text.as_str());
    let compilation = compile(&sources, index, &catalogue);
    let Some(compiled) = compilation.compiled else { return Some(errors(&text)) };
    let found = eval(&compiled.plan.outputs[0].value, &mut Env::of_text(&compiled.plan), &mut NoCalls);
    let found = found.map_or_else(|failure| format!("fails: {}", failure.message), |value| value.to_string());
    (found != value.trim()).then(|| format!("{} is {found}, not {value}", expression.trim()))
}

/// The pairs of `mistakes.md`: lines "- `wrong` ⟶ `right`".
fn pairs(page: &str) -> Vec<(&str, &str)> {
    let pairs = page.lines().filter_map(|line| line.strip_prefix("- `")?.strip_suffix('`')?.split_once("` ⟶ `"));
    pairs.collect()
}

#[test]
fn what_is_called_wrong_is_wrong_and_what_is_called_right_is_right() {
    let (_, page) = pages().into_iter().find(|(name, _)| name == "mistakes.md").expect("the page of mistakes");
    assert!(pairs(&page).len() > 20, "the page has pairs");
    let mut mistaken = Vec::new();
    for (wrong, right) in pairs(&page) {
        if errors(&plan_of(wrong)).is_empty() {
            mistaken.push(format!("`{wrong}` is no mistake"));
        }
        let found = errors(&plan_of(right));
        if !found.is_empty() {
            mistaken.push(format!("`{right}` is a mistake\n{found}"));
        }
    }
    assert!(mistaken.is_empty(), "{}", mistaken.join("\n"));
}

#[test]
fn every_item_and_clause_is_told() {
    let text = full().to_markdown();
    for word in ITEMS.iter().chain(&CLAUSES) {
        let told = [format!("`{word} "), format!("`{word}`")].iter().any(|written| text.contains(written));
        assert!(told, "the card tells of `{word}`");
    }
    assert!(!text.contains("{{"), "every table is filled in");
}

#[test]
fn no_budget_is_passed_and_details_go_first() {
    let catalogue = catalogue(&[include_str!("grammar/catalogue.pl")]);
    let whole = teach(&catalogue, None).expect("without a budget everything fits");
    assert!(whole.left_out.is_empty(), "{:?}", whole.left_out);
    let least = teach(&catalogue, Some(0)).expect_err("nothing fits into no tokens").least;
    assert!(teach(&catalogue, Some(least - 1)).is_err());
    let mut sections = 0;
    for budget in (least..whole.tokens + 500).step_by(100) {
        let card = teach(&catalogue, Some(budget)).expect("the least fits");
        let text = card.to_markdown();
        assert!(card.tokens <= budget && tokens(&text) == card.tokens, "{} tokens of {budget}", tokens(&text));
        assert!(
            card.left_out.iter().all(|title| text.contains(&title.replace('`', ""))),
            "the card says what it lacks"
        );
        sections = sections.max(card.sections.len());
        assert!(text.contains("fs"), "tools are always named");
    }
    assert_eq!(sections, whole.sections.len());
    let small = teach(&catalogue, Some(least)).expect("the least fits").to_markdown();
    assert!(small.contains("# Form") && !small.contains("# Whole plans"), "{small}");
}

#[test]
fn the_least_card_is_as_reviewed() {
    let catalogue = catalogue(&[]);
    let least = teach(&catalogue, Some(0)).expect_err("nothing fits into no tokens").least;
    assert!(least < 2500, "the least card takes {least} tokens");
}
