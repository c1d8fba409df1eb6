//! What is different between two plans: every change is named, what is not a change is not, and what follows from a change is
//! told apart from it.

mod common;

use common::{compiled, plans};
use planc_lang::revision::{Change, Entry, Revision, SECTIONS, revision};
use std::collections::BTreeSet;

const PLAN: &str = r#"plan "Copy the notes" {
  rationale "They are wanted."
  input name: string = "a"
  assume "they are there" {
    fs.stat(path: "notes").kind == "directory"
  }
  assume "nobody writes them"
  critical {
    create "out/*" "the copies"
    delete "out/*"
    run "make"
  }
  reuse "notes/index.txt" "lists them"
  let greeting = "Hello ${name}"
  step note = fs.read(path: "notes/a")
  step other = fs.stat(path: "notes")
  step copy = fs.write(path: "out/a", text: "${greeting}: ${note.text}") {
    timeout 10s
    expect copy.bytes > 0
  }
  step last = fs.write(path: "out/last", text: copy.path) {
    after other
  }
  verify "it is sound" {
    step made = process.run(argv: ["make"])
    made.exit_code == 0
  }
  output path = last.path
}
"#;

fn between(before: &str, after: &str) -> Revision {
    revision(&compiled(before, &[]).plan, &compiled(after, &[]).plan)
}

/// Every difference as `section name change`.
fn said(revision: &Revision) -> BTreeSet<String> {
    let word = |change: Change| serde_json::to_value(change).expect("JSON").as_str().unwrap_or_default().to_owned();
    let of = |(name, section): &(&str, fn(&Revision) -> &[Entry])| {
        section(revision)
            .iter()
            .map(|entry| format!("{name} {} {}", entry.name, word(entry.change)))
            .collect::<Vec<_>>()
    };
    let entries = SECTIONS.iter().flat_map(of);
    let reach = revision.reach.added.iter().map(|text| format!("+ {text}"));
    entries.chain(reach).chain(revision.reach.removed.iter().map(|text| format!("- {text}"))).collect()
}

#[test]
fn each_change_is_named_and_nothing_else() {
    let cases: [(&str, &str, &[&str]); 30] = [
        ("Copy the", "Move the", &["texts title changed"]),
        ("They are wanted.", "They are not.", &["texts rationale changed"]),
        (
            "= \"a\"\n",
            "= \"b\"\n",
            &["inputs name changed", "lets greeting affected", "steps copy changed", "steps last affected"],
        ),
        ("they are there", "they are here", &["assumptions \"they are here\" renamed"]),
        ("\"directory\"", "\"file\"", &["assumptions \"they are there\" changed"]),
        ("  assume \"nobody writes them\"\n", "", &["assumptions \"nobody writes them\" removed"]),
        ("the copies", "all of it", &["critical create \"out/*\" changed"]),
        (
            "create \"out/*\"",
            "create \"out/**\"",
            &["critical create \"out/**\" added", "critical create \"out/*\" removed"],
        ),
        ("lists them", "lists all", &["reuse \"notes/index.txt\" changed"]),
        ("notes/index.txt", "notes/list.txt", &["reuse \"notes/list.txt\" added", "reuse \"notes/index.txt\" removed"]),
        ("Hello", "Hallo", &["lets greeting changed", "steps copy changed", "steps last affected"]),
        (
            "path: \"notes/a\"",
            "path: \"notes/b\"",
            &["steps note changed", "steps copy affected", "steps last affected", "+ reads notes/b", "- reads notes/a"],
        ),
        ("out/a", "out/b", &["steps copy changed", "steps last affected", "+ writes out/b", "- writes out/a"]),
        ("    timeout 10s\n", "", &["steps copy changed", "steps last affected"]),
        ("10s", "11s", &["steps copy changed", "steps last affected"]),
        ("bytes > 0", "bytes > 1", &["steps copy changed", "steps last affected"]),
        ("    timeout 10s\n", "    timeout 10s\n    because \"Why not?\"\n", &["steps copy changed"]),
        (
            "    timeout 10s\n",
            "    timeout 10s\n    when other.kind == \"file\"\n    on failure continue\n",
            &["steps copy changed", "steps last changed"],
        ),
        (
            "    timeout 10s\n",
            "    timeout 10s\n    undo fs.delete(path: \"out/a\")\n",
            &["steps copy changed", "steps last affected", "+ deletes out/a", "tools fs.delete added"],
        ),
        ("after other", "after other, note", &["steps last changed"]),
        ("  step other", "  step more = fs.stat(path: \"more\")\n  step other", &["steps more added", "+ reads more"]),
        (
            "  step note = fs.read(path: \"notes/a\")\n  step other = fs.stat(path: \"notes\")\n",
            "  step other = fs.stat(path: \"notes\")\n  step note = fs.read(path: \"notes/a\")\n",
            &["steps other moved"],
        ),
        ("it is sound", "it is good", &["verifications \"it is good\" renamed", "steps made changed"]),
        ("argv: [\"make\"])\n", "argv: [\"make\"]) {\n      reproduce\n    }\n", &["steps made changed"]),
        ("exit_code == 0", "exit_code <= 0", &["verifications \"it is sound\" changed"]),
        ("[\"make\"]", "[\"make\", \"all\"]", &["steps made changed", "+ runs make all", "- runs make"]),
        ("output path", "output where", &["outputs where renamed"]),
        ("= last.path", "= copy.path", &["outputs path changed"]),
        ("  output path = last.path\n", "", &["outputs path removed"]),
        (
            "\"notes\")\n  step copy",
            "\"notes/b\")\n  step copy",
            &["steps other changed", "steps last affected", "+ reads notes/b", "- reads notes"],
        ),
    ];
    let mut wrong = Vec::new();
    for (old, new, expected) in cases {
        let after = PLAN.replacen(old, new, 1);
        assert_ne!(after, PLAN, "{old}");
        // What may be null must be asked for.
        let after = if new.contains("on failure") {
            after.replace("text: copy.path", "text: copy?.path ?? \"\"")
        } else {
            after
        };
        let found = between(PLAN, &after);
        let expected: BTreeSet<String> = expected.iter().map(|text| (*text).to_owned()).collect();
        if said(&found) != expected {
            wrong.push(format!("{old} ⟶ {new}\n{:?}\n{expected:?}", said(&found)));
        }
        assert!(!found.is_same() && !found.is_rewritten());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_same_plan_is_the_same() {
    for (name, _, compiled) in plans() {
        let found = revision(&compiled.plan, &compiled.plan);
        assert!(found.is_same(), "{name}");
        assert_eq!(said(&found), BTreeSet::new(), "{name}");
    }
}

#[test]
fn names_alone_are_names_alone() {
    let after = PLAN
        .replace("copy", "written")
        .replace("written the", "copy the")
        .replace("note ", "source ")
        .replace("note.text", "source.text");
    let after = after.replace("greeting", "words");
    let found = between(PLAN, &after);
    let expected = ["lets words renamed", "steps source renamed", "steps written renamed"];
    assert_eq!(said(&found), expected.map(str::to_owned).into(), "{found:#?}");
    let was = found.steps.iter().map(|entry| entry.was.clone()).collect::<Vec<_>>();
    assert_eq!(was, [Some("note".to_owned()), Some("copy".to_owned())]);
}

#[test]
fn a_let_written_out_is_another_way_of_saying_it() {
    let before = PLAN.replace("output path = last.path", "output path = \"${greeting} ${last.path}\"");
    let after = before.replace("\"${greeting}: ${note.text}\"", "\"${\"Hello ${name}\"}: ${note.text}\"");
    let found = between(&before, &after);
    assert!(found.is_rewritten(), "{found:#?}");
}

#[test]
fn what_is_told_shows_both_sides() {
    let found = between(PLAN, &PLAN.replace("Hello", "Hallo").replace("\"out/last\"", "\"out/end\""));
    insta::assert_json_snapshot!(found, { ".before" => "sha256:…", ".after" => "sha256:…" });
}

#[test]
fn any_two_plans_are_told_apart() {
    let plans = plans();
    for (at, (name, _, before)) in plans.iter().enumerate() {
        let (other, _, after) = &plans[(at * 7 + 3) % plans.len()];
        let (forth, back) = (revision(&before.plan, &after.plan), revision(&after.plan, &before.plan));
        let is_same = before.digest == after.digest;
        assert_eq!(forth.is_same(), is_same, "{name}, {other}");
        assert_eq!(said(&forth).is_empty(), is_same, "{name}, {other}");
        assert_eq!(forth.reach.added, back.reach.removed, "{name}, {other}");
        let count = |revision: &Revision, change| revision.steps.iter().filter(|entry| entry.change == change).count();
        assert_eq!(
            count(&forth, Change::Added) + before.plan.steps.len(),
            count(&forth, Change::Removed) + after.plan.steps.len()
        );
        assert_eq!(count(&forth, Change::Added), count(&back, Change::Removed), "{name}, {other}");
    }
}

#[test]
fn the_schema_describes_every_difference() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/schemas/diff.schema.json");
    let schema = serde_json::from_str(&common::read(&path)).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let plans = plans();
    for (at, (name, _, before)) in plans.iter().enumerate() {
        let (other, _, after) = &plans[(at * 5 + 1) % plans.len()];
        let found = revision(&before.plan, &after.plan);
        let mut form = serde_json::to_value(&found).expect("JSON");
        form["version"] = 1.into();
        form["same"] = found.is_same().into();
        let wrong: Vec<String> =
            validator.iter_errors(&form).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(
            wrong.is_empty(),
            "{name}, {other}: spec/schemas/diff.schema.json says otherwise\n{}",
            wrong.join("\n")
        );
    }
}
