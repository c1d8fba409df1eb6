//! The identity of a plan: what it says counts, how it is written does not.

mod common;

use common::{compiled, digest};
use planc_lang::diagnostic::Diagnostics;
use planc_lang::format::format;
use planc_lang::parser::parse;
use planc_lang::source::Sources;
use proptest::prelude::*;
use std::collections::BTreeMap;

const TOOLS: &str = r#"
/// Notes of a team.
catalogue notes {
  /// A note.
  tool get(id: string, limit: int = 10) -> { id: string, text: string } {
    reads "note:${id}"
    idempotent
    timeout 30s
  }
}
"#;

const PLAN: &str = r#"plan "Move the notes" {
  rationale "They are wanted elsewhere."
  context "Nothing else."
  input name: "old" | "new" = "old"
  assume "the notes are there" {
    fs.stat(path: "notes").kind == "directory"
  }
  assume "nobody writes them"
  critical {
    create "out/*.txt" "the copies"
    run "make check"
    delete "out/a.txt"
  }
  reuse "notes/index.txt" "lists them"
  let greeting = "Hello ${name}"
  step note = notes.get(id: "a", limit: 5)
  step index = fs.read(path: "notes/index.txt") {
    because "It lists them."
    after note
    timeout 10s
    retry 2 every 1s
    on failure continue
  }
  step copy = fs.write(path: "out/a.txt", text: "${greeting}: ${note.text}") {
    when index?.text != null
    expect copy.bytes > 0
    undo fs.delete(path: "out/a.txt")
  }
  step last = fs.list(path: "out")
  verify "the copy is sound" {
    step check = process.run(argv: ["make", "check"])
    check.exit_code == 0
  }
  verify "somebody has read it"
  output names = [entry.name for entry in last.entries if entry.bytes > 0]
}
"#;

#[test]
fn the_way_of_writing_does_not_count() {
    let whole = digest(PLAN, &[TOOLS]);
    let mut sources = Sources::default();
    let index = sources.add("plan.pl", PLAN);
    let formatted = format(&sources, index, &parse(&sources, index, &Diagnostics::default()));
    let variants = [
        ("formatted", formatted),
        ("commented", PLAN.replace('\n', " // a comment\n")),
        ("comments on lines", PLAN.replace('\n', "\n// a comment\n")),
        ("other line ends", PLAN.replace('\n', "\r\n")),
        ("indented", PLAN.replace('\n', "\n\t  ")),
        ("unindented", PLAN.replace("\n  ", "\n").replace("\n  ", "\n")),
        ("arguments swapped", PLAN.replace("id: \"a\", limit: 5", "limit: 5, id: \"a\"")),
        ("sections moved", moved(PLAN, "  rationale \"They are wanted elsewhere.\"\n")),
        ("escapes", PLAN.replace("\"Nothing else.\"", "\"Nothing\\u{20}else.\"")),
        ("raw string", PLAN.replace("\"Nothing else.\"", "r\"Nothing else.\"")),
        ("parentheses", PLAN.replace("copy.bytes > 0", "((copy.bytes) > (0))")),
        ("trailing comma", PLAN.replace("limit: 5)", "limit: 5,)")),
    ];
    for (what, variant) in variants {
        assert_ne!(variant, PLAN, "{what} changes nothing");
        assert_eq!(digest(&variant, &[TOOLS]), whole, "{what}\n{variant}");
    }
}

/// The plan with a line moved to its end.
fn moved(plan: &str, line: &str) -> String {
    let rest = plan.replace(line, "");
    let end = rest.rfind('}').expect("a plan ends with a brace");
    format!("{}{line}}}\n", &rest[..end])
}

#[test]
fn whatever_is_said_counts() {
    let changes = [
        ("Move the notes", "Move notes"),
        ("wanted elsewhere", "wanted here"),
        ("Nothing else.", "Nothing more."),
        ("  context \"Nothing else.\"\n", ""),
        ("\"old\" | \"new\" =", "\"old\" | \"new\" | \"other\" ="),
        ("= \"old\"\n", "= \"new\"\n"),
        (" = \"old\"\n", "\n"),
        ("the notes are there", "the notes are here"),
        ("kind == \"directory\"", "kind == \"file\""),
        ("nobody writes them", "nobody reads them"),
        ("out/*.txt\" \"", "out/*\" \""),
        ("\"the copies\"", "\"the copy\""),
        (" \"the copies\"", ""),
        ("    create \"out", "    modify \"out"),
        ("notes/index.txt\" \"lists", "notes/list.txt\" \"lists"),
        ("lists them\"", "lists all\""),
        ("Hello ${name}", "Hallo ${name}"),
        ("limit: 5", "limit: 6"),
        (", limit: 5", ""),
        ("It lists them.", "It lists all."),
        ("    because \"It lists them.\"\n", ""),
        ("    after note\n", ""),
        ("timeout 10s", "timeout 11s"),
        ("    timeout 10s\n", ""),
        ("retry 2 ", "retry 3 "),
        (" every 1s", " every 2s"),
        (" every 1s", ""),
        ("index?.text != null", "index?.text != \"\""),
        ("    when index?.text != null\n", ""),
        ("copy.bytes > 0", "copy.bytes >= 0"),
        ("copy.bytes > 0", "copy.bytes > 1"),
        ("    undo fs.delete(path: \"out/a.txt\")\n", ""),
        ("on failure continue", "on failure undo"),
        ("the copy is sound", "the copy is good"),
        ("check.exit_code == 0", "check.exit_code != 1"),
        ("somebody has read it", "somebody has seen it"),
        ("output names", "output files"),
        ("entry.bytes > 0]", "entry.bytes > 1]"),
        (" if entry.bytes > 0]", "]"),
        ("[entry.name for", "[entry.path for"),
        ("last.entries", "last.entries.reverse()"),
    ];
    let mut seen = BTreeMap::from([(digest(PLAN, &[TOOLS]), "nothing")]);
    for (old, new) in changes {
        let changed = PLAN.replacen(old, new, 1);
        // Only `continue` gives the step a value that may be null.
        let changed =
            if old.contains("on failure") { changed.replace("index?.text", "index.text.find(\"x\")") } else { changed };
        assert_ne!(changed, PLAN, "{old}");
        if let Some(same) = seen.insert(digest(&changed, &[TOOLS]), old) {
            panic!("to change `{old}` into `{new}` gives the same digest as to change `{same}`");
        }
    }
}

#[test]
fn the_definitions_of_the_tools_count() {
    let changes = [
        ("A note.", "One note."),
        ("limit: int = 10", "limit: int = 20"),
        ("limit: int", "limit: float"),
        ("text: string }", "text: string, more?: string }"),
        ("note:${id}", "memo:${id}"),
        ("    idempotent\n", ""),
        ("30s", "31s"),
        ("    timeout 30s\n", ""),
        ("idempotent", "approval ask"),
        ("idempotent", "category analyze"),
    ];
    let mut seen = BTreeMap::from([(digest(PLAN, &[TOOLS]), "nothing")]);
    for (old, new) in changes {
        let changed = TOOLS.replacen(old, new, 1);
        assert_ne!(changed, TOOLS, "{old}");
        if let Some(same) = seen.insert(digest(PLAN, &[&changed]), old) {
            panic!("to change `{old}` into `{new}` gives the same digest as to change `{same}`");
        }
    }
    // A tool that the plan does not use is no part of it.
    let more = TOOLS.trim_end().trim_end_matches('}').to_owned() + "  tool other() {\n    pure\n  }\n}\n";
    assert_eq!(digest(PLAN, &[&more]), digest(PLAN, &[TOOLS]));
}

#[test]
fn the_canonical_form_is_the_same_each_time() {
    assert_eq!(compiled(PLAN, &[TOOLS]).to_json(), compiled(PLAN, &[TOOLS]).to_json());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn white_space_does_not_count(blanks in prop::collection::vec(0..6usize, PLAN.lines().count()), comments in prop::collection::vec(any::<bool>(), PLAN.lines().count())) {
        let mut mangled = String::new();
        for ((line, blanks), comment) in PLAN.lines().zip(blanks).zip(comments) {
            mangled.push_str(&" ".repeat(blanks));
            mangled.push_str(&line.trim_start().replace(", ", &format!(",{}", " ".repeat(blanks))).replace(" = ", &format!(" {}= ", " ".repeat(blanks))));
            mangled.push_str(if comment { " // said\n\n" } else { "\n" });
        }
        prop_assert_eq!(digest(&mangled, &[TOOLS]), digest(PLAN, &[TOOLS]));
    }
}
