//! The identity of a plan: what it says counts, how it is written does not.

mod common;

use common::{compiled, digest, plans};
use planc_lang::compiled::identities;
use planc_lang::diagnostic::Diagnostics;
use planc_lang::digest::Digest;
use planc_lang::format::format;
use planc_lang::lexer::{Kind, lex};
use planc_lang::parser::parse;
use planc_lang::source::Sources;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

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
        ("\"Hello ${name}\"", "endorse(\"Hello ${name}\", \"a\")"),
        ("\"Hello ${name}\"", "endorse(\"Hello ${name}\", \"b\")"),
        ("\"Hello ${name}\"", "reveal(\"Hello ${name}\", \"a\")"),
        ("\"old\" | \"new\" = \"old\"\n", "\"old\" | \"new\" secret\n"),
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
        ("\"check\"])\n", "\"check\"]) {\n      reproduce\n    }\n"),
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
        // A secret goes to a file only where it is revealed.
        let changed = match new.contains(" secret") {
            true => changed.replace("\"Hello ${name}\"", "reveal(\"Hello ${name}\", \"a\")"),
            false => changed,
        };
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
        ("limit: int", "data limit: int"),
        ("limit: int", "exact limit: int"),
        ("text: string }", "trusted text: string }"),
        ("-> {", "-> stored {"),
        ("text: string }", "text: string, more?: string }"),
        ("note:${id}", "memo:${id}"),
        ("    idempotent\n", ""),
        ("30s", "31s"),
        ("    timeout 30s\n", ""),
        ("idempotent", "approval ask"),
        ("idempotent", "category analyze"),
        ("idempotent", "limit 10 per minute"),
        ("idempotent", "limit 10 per second"),
        ("idempotent", "limit 9 per minute"),
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

/// The identity of each step by its name.
fn steps(text: &str) -> BTreeMap<String, Digest> {
    let plan = compiled(text, &[TOOLS]).plan;
    plan.steps.iter().map(|step| step.name.to_string()).zip(identities(&plan)).collect()
}

/// The steps that two plans have different, or that only one has.
fn different(a: &BTreeMap<String, Digest>, b: &BTreeMap<String, Digest>) -> BTreeSet<String> {
    a.keys().chain(b.keys()).filter(|name| a.get(*name) != b.get(*name)).cloned().collect()
}

/// A plan with what a step may depend on: results, inputs, `after`, lets of lets, its own result through a `let`.
const CHAIN: &str = r#"plan "A chain" {
  rationale "Some steps depend on others."
  input stage: string = "a"
  input other: string = "b"
  critical {
    create "out/*" "all of it"
    delete "out/*"
    run "sh"
  }
  let greeting = "hello ${stage}"
  let louder = greeting.upper()
  let rows = [item.trim() for item in [line for line in first.text.lines() if line != ""] if item != "x"]
  let good = made.bytes > 0
  let very_good = good and made.path != ""
  step first = fs.read(path: "a")
  step made = fs.write(path: "out/made", text: louder) {
    because "It is wanted."
    expect very_good
  }
  step listed = fs.write(path: "out/listed", text: rows.join(other)) {
    timeout 5s
    undo fs.delete(path: listed.path)
  }
  step alone = fs.stat(path: "b")
  step late = fs.write(path: "out/late", text: "late") {
    after alone
    when good
  }
  step later = fs.write(path: "out/later", text: "${late?.path ?? "none"}") {
    on failure continue
  }
  verify "it is there" {
    step seen = fs.read(path: "out/made")
    seen.text == louder and later != null
  }
}
"#;

#[test]
fn a_step_is_the_same_whatever_it_is_called_and_wherever_it_stands() {
    let before = steps(CHAIN);
    let same = [
        ("nothing", CHAIN.to_owned()),
        ("a reason", CHAIN.replace("It is wanted.", "Why not?")),
        ("the rationale", CHAIN.replace("Some steps", "A few steps")),
        ("a let", CHAIN.replace("greeting", "words")),
        ("a let in its own check", CHAIN.replace("very_good", "fine").replace("good", "ok")),
        ("a let written out", CHAIN.replace("text: louder", "text: greeting.upper()")),
        ("both lets written out", CHAIN.replace("text: louder", "text: \"hello ${stage}\".upper()")),
        ("a let in another place", moved(CHAIN, "  let greeting = \"hello ${stage}\"\n")),
        (
            "a comprehension in a let",
            CHAIN
                .replace("[line for line in first.text.lines() if line != \"\"]", "full")
                .replace("  let good", "  let full = [l for l in first.text.lines() if l != \"\"]\n  let good"),
        ),
        ("variables", CHAIN.replace("item", "it").replace("line ", "l ").replace("[line", "[l")),
        (
            "an independent step moved",
            CHAIN
                .replace("  step alone = fs.stat(path: \"b\")\n", "")
                .replace("  step first", "  step alone = fs.stat(path: \"b\")\n  step first"),
        ),
        ("a step inserted", CHAIN.replace("  step alone", "  step more = fs.stat(path: \"more\")\n  step alone")),
        ("a critical line", CHAIN.replace("    run \"sh\"\n", "")),
    ];
    for (what, text) in same {
        let mut after = steps(&text);
        after.remove("more");
        assert_eq!(before, after, "{what}\n{text}");
    }
    let renamed = steps(&CHAIN.replace("made", "done").replace("out/done", "out/made").replace("alone", "lonely"));
    let values = |steps: &BTreeMap<String, Digest>| steps.values().copied().collect::<BTreeSet<_>>();
    assert_eq!(values(&before), values(&renamed));
    assert_eq!(before["made"], renamed["done"]);
    assert_eq!(before.values().collect::<BTreeSet<_>>().len(), before.len(), "no two steps of it are the same");
}

#[test]
fn a_change_is_one_of_the_step_and_of_all_that_depend_on_it_and_of_nothing_else() {
    let all_of_made: &[&str] = &["made", "late", "later"];
    let changes: [(&str, &str, &[&str]); 20] = [
        ("path: \"a\"", "path: \"c\"", &["first", "listed"]),
        ("hello", "hallo", all_of_made),
        ("greeting.upper()", "greeting.lower()", all_of_made),
        ("= \"a\"\n", "= \"c\"\n", all_of_made),
        ("stage: string", "stage: \"a\" | \"b\"", all_of_made),
        ("= \"b\"\n", "= \"c\"\n", &["listed"]),
        ("item != \"x\"", "item != \"y\"", &["listed"]),
        ("line != \"\"", "line != \"x\"", &["listed"]),
        ("[line for", "[line.trim() for", &["listed"]),
        ("if line != \"\"", "if stage != \"\"", &["listed"]),
        ("5s", "6s", &["listed"]),
        ("listed.path", "\"out/listed\"", &["listed"]),
        ("made.bytes > 0", "made.bytes > 1", all_of_made),
        ("made.path != \"\"", "made.path != \"x\"", all_of_made),
        ("path: \"b\"", "path: \"c\"", &["alone", "late", "later"]),
        ("    after alone\n", "", &["late", "later"]),
        ("after alone", "after alone, first", &["late", "later"]),
        ("when good", "when not good", &["late", "later"]),
        ("\"none\"", "\"nothing\"", &["later"]),
        ("step seen = fs.read(path: \"out/made\")", "step seen = fs.read(path: \"out/later\")", &["seen"]),
    ];
    let before = steps(CHAIN);
    for (old, new, expected) in changes {
        let text = CHAIN.replacen(old, new, 1);
        assert_ne!(text, CHAIN, "{old}");
        let expected: BTreeSet<String> = expected.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(different(&before, &steps(&text)), expected, "{old} ⟶ {new}");
    }
}

/// A plan with every kind of block.
const BLOCKS: &str = r#"plan "Blocks" {
  input names: [string] = ["x"]
  critical {
    create "out/**"
  }
  step base = fs.read(path: "base")
  each copies = name in names {
    let target = "out/${name}"
    step copy = fs.write(path: target, text: base.text)
    step seen = fs.stat(path: target)
    result seen.kind
  }
  step total = fs.write(path: "out/total", text: copies.join(" "))
  together {
    step left = fs.write(path: "out/left", text: "l")
    step right = fs.write(path: "out/right", text: "r")
  }
  when base.text != "" {
    step grouped = fs.write(path: "out/g", text: "g")
  }
  gate "Go on?" show right
  step polled = fs.stat(path: "out/left") {
    poll every 1s for 1m until polled.kind == "file"
  }
}
"#;

#[test]
fn blocks_are_what_their_steps_and_their_lists_are() {
    let changes: [(&str, &str, &[&str]); 16] = [
        ("\"base\"", "\"other\"", &["base", "copy", "total", "grouped"]),
        ("[\"x\"]", "[\"y\"]", &["copy", "seen", "total"]),
        ("in names", "in names.concat([])", &["copy", "seen", "total"]),
        ("out/${name}", "out/a-${name}", &["copy", "seen", "total"]),
        ("text: base.text", "text: base.text.trim()", &["copy", "total"]),
        ("result seen.kind", "result seen.mode", &["total"]),
        ("copies.join(\" \")", "copies.join(\"\")", &["total"]),
        ("text: \"l\"", "text: \"m\"", &["left"]),
        ("base.text != \"\"", "base.text != \"a\"", &["grouped"]),
        ("text: \"g\"", "text: \"h\"", &["grouped"]),
        ("every 1s", "every 2s", &["polled"]),
        ("until polled.kind == \"file\"", "until polled.kind != \"missing\"", &["polled"]),
        ("for 1m", "for 2m", &["polled"]),
        ("each copies = name", "each copies = item", &[]),
        ("let target", "let place", &[]),
        ("  step total", "  step inserted = fs.stat(path: \"more\")\n  step total", &["inserted"]),
    ];
    // What a gate is called follows from its place.
    let steps = |text: &str| -> BTreeMap<String, Digest> {
        let plan = compiled(text, &[]).plan;
        let named = plan.steps.iter().zip(identities(&plan));
        named.filter(|(step, _)| !step.is_gate).map(|(step, digest)| (step.name.to_string(), digest)).collect()
    };
    let before = steps(BLOCKS);
    for (old, new, expected) in changes {
        let text = BLOCKS.replacen(old, new, 1);
        assert_ne!(text, BLOCKS, "{old}");
        let text = match old {
            "each copies = name" => text.replace("${name}", "${item}"),
            "let target" => text.replace("path: target", "path: place"),
            _ => text,
        };
        let expected: BTreeSet<String> = expected.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(different(&before, &steps(&text)), expected, "{old} ⟶ {new}");
    }
    let apart = BLOCKS.replace("  together {\n", "").replace("text: \"r\")\n  }", "text: \"r\")");
    let expected = ["left", "right"].map(str::to_owned).into();
    assert_eq!(different(&before, &steps(&apart)), expected, "that steps may overlap is part of what they are");
}

#[test]
fn a_gate_is_what_it_asks_and_shows() {
    let gate = |text: &str| {
        let plan = compiled(text, &[]).plan;
        let at = plan.steps.iter().position(|step| step.is_gate).expect("a gate");
        identities(&plan)[at]
    };
    assert_eq!(gate(BLOCKS), gate(&BLOCKS.replace("text: \"l\"", "text: \"m\"")));
    assert_ne!(gate(BLOCKS), gate(&BLOCKS.replace("Go on?", "Really?")));
    assert_ne!(gate(BLOCKS), gate(&BLOCKS.replace("show right", "show left")));
    assert_ne!(gate(BLOCKS), gate(&BLOCKS.replace("text: \"r\"", "text: \"s\"")));
}

#[test]
fn a_tool_that_changes_changes_the_steps_that_call_it() {
    let changed = TOOLS.replace("limit: int = 10", "limit: int = 20");
    let of = |tools: &str| {
        let plan = compiled(PLAN, &[tools]).plan;
        let names = plan.steps.iter().map(|step| step.name.to_string());
        names.zip(identities(&plan)).collect::<BTreeMap<_, _>>()
    };
    let expected = ["note", "index", "copy"].map(str::to_owned).into();
    assert_eq!(different(&of(TOOLS), &of(&changed)), expected);
}

#[test]
fn layout_changes_no_identity_of_any_plan() {
    for (name, text, compiled) in plans() {
        let mut sources = Sources::default();
        let index = sources.add("plan.pl", text.as_str());
        let formatted = format(&sources, index, &parse(&sources, index, &Diagnostics::default()));
        let again = common::compiled(&formatted, &[]);
        assert_eq!(identities(&compiled.plan), identities(&again.plan), "{name}");
        assert_eq!(compiled.digest, again.digest, "{name}");
    }
}

/// A text with another layout: blanks, empty lines and comments where lines end outside of literals. `seed` decides which.
fn in_another_layout(text: &str, mut seed: u64) -> String {
    let mut sources = Sources::default();
    let index = sources.add("plan.pl", text);
    let base = sources.get(index).base;
    let lexed = lex(sources.get(index), &Diagnostics::default());
    let commented: BTreeSet<u32> = lexed.comments.iter().map(|comment| comment.span.end).collect();
    let lines = lexed.tokens.iter().filter(|token| token.kind == Kind::Newline).map(|token| token.span().start);
    let mut changed = text.to_owned();
    for end in lines.collect::<Vec<_>>().into_iter().rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (end - base) as usize;
        let added = match (seed >> 60) & 7 {
            0 => "\n\n",
            1 => "\n      // a comment of its own\n\t",
            2 if !commented.contains(&end) => "  // behind",
            3 => "\t ",
            _ => "",
        };
        changed.insert_str(at, added);
    }
    changed
}

#[test]
fn a_plan_in_another_layout_is_the_same_and_is_formatted_to_the_same() {
    let mut different = 0;
    for (at, (name, text, before)) in plans().into_iter().enumerate() {
        for seed in 0..3 {
            let changed = in_another_layout(&text, (at * 3 + seed) as u64);
            let formatted = |text: &str| {
                let mut sources = Sources::default();
                let index = sources.add("plan.pl", text);
                let report = Diagnostics::default();
                let file = parse(&sources, index, &report);
                assert!(!report.has_errors(), "{name}\n{text}\n{:#?}", report.into_sorted());
                (format(&sources, index, &file), file.comments.len())
            };
            let (once, comments) = formatted(&changed);
            let (twice, kept) = formatted(&once);
            assert_eq!(
                (&once, comments),
                (&twice, kept),
                "{name}: formatting twice is formatting once, and loses no comment"
            );
            assert_eq!(digest(&changed, &[]), before.digest.to_string(), "{name}\n{changed}");
            assert_eq!(digest(&once, &[]), before.digest.to_string(), "{name}\n{once}");
            different += usize::from(changed != text);
        }
    }
    assert!(different > 100, "only {different} layouts");
}

/// A plan of random steps: what each says, which earlier ones it uses, and how.
#[derive(Clone, Debug)]
struct Random {
    says: u8,
    uses: Vec<(prop::sample::Index, u8)>,
}

fn random_steps() -> impl Strategy<Value = Vec<Random>> {
    let uses = prop::collection::vec((any::<prop::sample::Index>(), 0..5u8), 0..3);
    prop::collection::vec((0..4u8, uses).prop_map(|(says, uses)| Random { says, uses }), 1..12)
}

/// What a random step uses: the numbers of earlier steps and how.
fn used(steps: &[Random], at: usize) -> Vec<(usize, u8)> {
    if at == 0 {
        return Vec::new();
    }
    steps[at].uses.iter().map(|(index, how)| (index.index(at), *how)).collect()
}

/// The plan of random steps in an order, each called by a prefix and its number.
fn text_of(steps: &[Random], order: &[usize], prefix: &str) -> String {
    let (mut lets, mut body) = (String::new(), String::new());
    for &at in order {
        let (mut text, mut clauses) = (format!("{}", steps[at].says), String::new());
        for (nth, (of, how)) in used(steps, at).into_iter().enumerate() {
            match how {
                0 => text.push_str(&format!(" ${{{prefix}{of}.path}}")),
                1 => {
                    lets.push_str(&format!("  let {prefix}l{at}_{nth} = {prefix}{of}.bytes\n"));
                    text.push_str(&format!(" ${{{prefix}l{at}_{nth}}}"));
                }
                2 => {
                    lets.push_str(&format!("  let {prefix}i{at}_{nth} = {prefix}{of}.path\n"));
                    lets.push_str(&format!("  let {prefix}o{at}_{nth} = [{prefix}i{at}_{nth}, {prefix}i{at}_{nth}]\n"));
                    text.push_str(&format!(" ${{{prefix}o{at}_{nth}.join(\"\")}}"));
                }
                3 => clauses.push_str(&format!("    after {prefix}{of}\n")),
                _ => clauses.push_str(&format!("    expect {prefix}{of}.bytes > {nth}\n")),
            }
        }
        body.push_str(&format!(
            "  step {prefix}{at} = fs.write(path: \"out/{at}\", text: \"{text}\") {{\n    timeout 9s\n{clauses}  }}\n"
        ));
    }
    format!("plan \"Random\" {{\n  critical {{\n    create \"out/*\"\n  }}\n{lets}{body}}}\n")
}

/// The identities of random steps by their number.
fn by_number(steps: &[Random], order: &[usize], prefix: &str) -> Vec<Digest> {
    let plan = compiled(&text_of(steps, order, prefix), &[]).plan;
    let found = identities(&plan);
    (0..steps.len()).map(|at| found[plan.step(&format!("{prefix}{at}")).expect("a step").index()]).collect()
}

/// A permutation in which each step stands behind those it uses.
fn shuffled(steps: &[Random], choices: &[prop::sample::Index]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    while order.len() < steps.len() {
        let is_ready = |at: &usize| !order.contains(at) && used(steps, *at).iter().all(|(of, _)| order.contains(of));
        let ready: Vec<usize> = (0..steps.len()).filter(is_ready).collect();
        order.push(ready[choices[order.len() % choices.len()].index(ready.len())]);
    }
    order
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_and_names_do_not_count(steps in random_steps(), choices in prop::collection::vec(any::<prop::sample::Index>(), 12)) {
        let plain: Vec<usize> = (0..steps.len()).collect();
        prop_assert_eq!(by_number(&steps, &plain, "s"), by_number(&steps, &shuffled(&steps, &choices), "renamed_"));
    }

    #[test]
    fn a_change_goes_to_what_depends_on_it(steps in random_steps(), which in any::<prop::sample::Index>()) {
        let which = which.index(steps.len());
        let mut changed = steps.clone();
        changed[which].says += 10;
        let mut depends = vec![false; steps.len()];
        for at in 0..steps.len() {
            depends[at] = at == which || used(&steps, at).iter().any(|(of, _)| depends[*of]);
        }
        let plain: Vec<usize> = (0..steps.len()).collect();
        let (before, after) = (by_number(&steps, &plain, "s"), by_number(&changed, &plain, "s"));
        let differs: Vec<bool> = before.iter().zip(&after).map(|(a, b)| a != b).collect();
        prop_assert_eq!(differs, depends);
    }
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
