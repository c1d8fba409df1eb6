//! The canonical form: what its published schema says, over everything that compiles.

mod common;

use common::{compiled, plans, read};
use planc_lang::compiled::{bytes, digest};
use planc_lang::digest::Digest;
use planc_lang::plan::Call;
use planc_lang::syntax::EXTRACT_TYPE;
use planc_lang::value::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A plan with as much of the form in it as possible, so that no part of the schema goes unused.
const RICH: &str = r#"plan "Everything" {
  rationale "Each form once."
  context "And why."
  input stage: "old" | 3 | true = "old"
  input rows: [{ name: string, size?: int? }]
  input whatever: any
  input token: string secret
  input tree: Tree
  input bounds: Bounds
  type Tree = { name: string, parts: [Tree], ... }
  type Bounds = {
    level: int(min: 1, max: 3),
    share: float(min: 0, max: 1),
    code: string(pattern: r"^[a-z]+$", min: 1, max: 9),
    sizes: map<[int](min: 1, max: 2)>,
  }
  input due: date? = "2026-05-01"
  assume "it is there" {
    fs.stat(path: "a", ).kind == "file"
  }
  assume "somebody looked"
  critical {
    create "out/*" "the copies"
    run "sh"
    modify "note:**"
    create "mark:*"
    delete [first?.text ?? "none"] "what the first names"
  }
  reuse "lib" "it exists"
  reuse fs.glob
  reuse notes.anything
  reuse notes.seen
  let numbers = [1, 1.5, -2, 9007199254740993, 1e21]
  let last = numbers[numbers.length() - 1]
  let record = { z: 1, a: "b", none: null }
  step first = fs.read(path: "a") {
    because "It is read."
    timeout 5s
    retry 2 every 1s
    on failure continue
  }
  step again = fs.read(path: "b") {
    after first
    when first?.text?.trim() != null and not late and not (stage == "old")
  }
  step copy = fs.write(path: "out/x", text: "${first?.text ?? "nothing"}: ${last}") {
    expect copy.bytes >= 0
    undo notes.drop(id: copy.path)
    on failure undo
  }
  step made = process.run(argv: ["sh", "-c", "true"]) {
    reproduce
  }
  step names = process.run(argv: ["sh", "-c", if whatever == record then "a" else "b"].concat([
    name.trim() for name in [row.name for row in rows if row.name in ["x"] by row.size ?? 0 desc, row.name] if name != "${row_count}"
  ]))
  let which = endorse(names.stdout, "somebody looks at it")
  step note = notes.drop(id: which)
  step login = notes.login(with: { user: "me", token: token })
  step mark = notes.mark(id: "a")
  step gone = fs.delete(path: "b")
  let late = due != null and due - 3d < "2026-06-01"
  let row_count = rows.length() * 2
  each drops = row in rows {
    let id = "${row.name}-${row_count}"
    step dropped = notes.drop(id: id)
    result dropped
  }
  gate "Go on?" show drops
  step waited = fs.stat(path: "out/y") {
    poll every 1s for 1m until waited.kind == "file"
  }
  verify "it is done" {
    step seen = fs.read(path: "out/x")
    let text = seen.text
    text.length() > 0 or whatever == null
  }
  verify "somebody has looked"
  output all = { size: -row_count, first: rows[0] }
  output typed = [tree.parts, bounds.level, whatever as Tree]
}
"#;

/// Tools with what the built-in ones do not have.
const TOOLS: &str = r#"
/// Notes.
catalogue notes {
  /// Drop one.
  tool drop(id: string, kind: "old" | 3 | true = "old") -> any {
    writes "note:${id}" when not (kind in ["old", 3]) or id == "a" and id != "b"
    idempotent
    independent
    approval ask
    timeout 3s
    category execute
    named "drop-note"
    named id "Note-Id"
    limit 10 per hour
    simulate notes.seen(id: id, kind: "old")
    pinned "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
  }
  /// What there is.
  tool seen(id: string, kind: string, page?: string) -> { ids: [string], next?: string } {
    reads "note:${id}"
    limit 2 per second
    paged page from result.next, at most 3
  }
  /// Mark one.
  tool mark(id: string) -> { at: { id: int } } {
    creates "mark:${result.at.id}"
  }
  /// Open the door.
  tool login(with: { user: string, secret token: string }) -> { trusted at: string, note: string } {
    writes "note:door"
  }
  /// Anything.
  tool anything() -> null
}
"#;

fn schema() -> serde_json::Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/schemas/plan.schema.json");
    serde_json::from_str(&read(&path)).expect("the schema is JSON")
}

#[test]
fn the_schema_describes_every_plan() {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
    let mut plans = plans();
    plans.push(("rich".to_owned(), RICH.to_owned(), compiled(RICH, &[TOOLS])));
    assert!(plans.len() > 60, "only {} plans", plans.len());
    for (name, _, compiled) in &plans {
        let form = serde_json::from_slice(&bytes(&compiled.plan)).expect("the form is JSON");
        let wrong: Vec<String> =
            validator.iter_errors(&form).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(
            wrong.is_empty(),
            "{name} is not as spec/schemas/plan.schema.json says; a new part of the form must be described there, and a \
             changed meaning is a new COMPILED_FORMAT\n{}",
            wrong.join("\n")
        );
    }
}

#[test]
fn the_schema_refuses_what_is_not_in_it() {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
    let form: serde_json::Value = serde_json::from_slice(&bytes(&compiled(RICH, &[TOOLS]).plan)).expect("JSON");
    assert!(validator.is_valid(&form));
    // One more member in any object but those with free names, or one less that is required.
    type Change = fn(&mut serde_json::Value);
    let changes: [(&str, Change); 8] = [
        ("", |form| form["more"] = 1.into()),
        ("/steps/0", |step| step["more"] = 1.into()),
        ("/steps/0/call", |call| call["more"] = 1.into()),
        ("/steps/0/call/args/path", |expr| expr["more"] = 1.into()),
        ("/tools/fs.read", |tool| tool["more"] = 1.into()),
        ("/tools/fs.read/params/0", |param| param["more"] = 1.into()),
        ("/critical/0", |line| line["verb"] = "write".into()),
        ("/steps/0/name", |name| *name = 1.into()),
    ];
    for (place, change) in changes {
        let mut changed = form.clone();
        change(changed.pointer_mut(place).unwrap_or_else(|| panic!("there is no {place}")));
        assert!(!validator.is_valid(&changed), "{place}");
    }
}

#[test]
fn the_schema_is_strict_everywhere() {
    fn walk(schema: &serde_json::Value, place: &str) {
        if let Some(map) = schema.as_object() {
            assert!(
                !map.contains_key("properties") || map.get("additionalProperties") == Some(&false.into()),
                "{place} allows more than it describes"
            );
            map.iter().for_each(|(name, inner)| walk(inner, &format!("{place}/{name}")));
        }
        schema
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .for_each(|(at, inner)| walk(inner, &format!("{place}/{at}")));
    }
    walk(&schema(), "");
}

/// The members of an object as they stand.
fn names(value: &Value) -> Vec<String> {
    match value {
        Value::Record(record) => record.iter().map(|(name, _)| name.to_string()).collect(),
        _ => Vec::new(),
    }
}

/// Shows every object in a value.
fn objects<'v>(value: &'v Value, found: &mut dyn FnMut(&'v Value)) {
    match value {
        Value::Record(record) => {
            found(value);
            record.iter().for_each(|(_, inner)| objects(inner, found));
        }
        Value::List(items) => items.iter().for_each(|inner| objects(inner, found)),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::String(_)
        | Value::Formed(_)
        | Value::Unknown(_) => {}
    }
}

#[test]
fn members_stand_in_the_order_of_the_schema_and_none_goes_unused() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/schemas/plan.schema.json");
    // Values keep the order of members.
    let schema: Value = serde_json::from_str(&read(&path)).expect("the schema is JSON");
    let mut orders: Vec<Vec<String>> = Vec::new();
    objects(&schema, &mut |object| orders.extend(object.get("properties").map(names)));
    let mut unused: BTreeSet<String> = orders.iter().map(|order| order.join(" ")).collect();
    let mut all: Vec<(String, Value)> = plans().into_iter().map(|(name, _, c)| (name, form(&c.plan))).collect();
    all.push(("rich".to_owned(), form(&compiled(RICH, &[TOOLS]).plan)));
    for (name, form) in &all {
        objects(form, &mut |object| {
            let found = names(object);
            let fits = |order: &&Vec<String>| {
                let mut rest = order.iter();
                found.iter().all(|name| rest.any(|other| other == name))
            };
            for order in orders.iter().filter(fits) {
                unused.remove(&order.join(" "));
            }
        });
        assert!(ordered(form, &orders), "{name}: {form}");
    }
    assert!(unused.is_empty(), "nothing is like these: {unused:#?}");
}

fn form(plan: &planc_lang::plan::Plan) -> Value {
    serde_json::from_slice(&bytes(plan)).expect("the form is JSON")
}

/// Whether the members of the plan itself, its steps and its tools stand in an order that the schema has.
fn ordered(form: &Value, orders: &[Vec<String>]) -> bool {
    let list = |name: &str| form.get(name).and_then(Value::as_list).unwrap_or_default().iter();
    let tools = form.get("tools").into_iter().flat_map(|tools| match tools {
        Value::Record(tools) => tools.iter().map(|(_, tool)| tool).collect(),
        _ => Vec::new(),
    });
    let lists = ["inputs", "assumptions", "critical", "reuse", "lets", "steps", "eaches", "verifications", "outputs"];
    std::iter::once(form).chain(lists.iter().flat_map(|name| list(name))).chain(tools).all(|object| {
        let found = names(object);
        orders.iter().any(|order| {
            let mut rest = order.iter();
            found.iter().all(|name| rest.any(|other| other == name))
        })
    })
}

#[test]
fn the_digest_is_that_of_the_bytes() {
    for (name, _, compiled) in plans() {
        assert_eq!(digest(&compiled.plan), Digest::of(bytes(&compiled.plan)), "{name}");
        assert_eq!(compiled.digest, digest(&compiled.plan), "{name}");
    }
}

#[test]
fn what_is_written_again_means_the_same() {
    let mut plans = plans();
    plans.push(("rich".to_owned(), RICH.to_owned(), compiled(RICH, &[TOOLS])));
    let mut written = 0;
    for (name, text, before) in &plans {
        // The whole plan with the value of each `let` and `output` as the typed plan writes it.
        let plan = &before.plan;
        let lets = plan.lets.iter().map(|item| &item.value);
        let mut values: Vec<_> = lets.chain(plan.outputs.iter().map(|item| &item.value)).collect();
        // What a gate shows is written as a list of names.
        let calls = plan.steps.iter().filter(|step| !step.is_gate);
        // A type is not the value that stands for it.
        let is_type = |call: &Call, at: usize| call.tool.extracts() && call.tool.params[at].name == EXTRACT_TYPE;
        values.extend(calls.flat_map(|step| {
            let args = step.call.args.iter().enumerate().filter(|(at, _)| !is_type(&step.call, *at));
            args.filter_map(|(_, arg)| arg.as_ref())
        }));
        values.extend(plan.steps.iter().flat_map(|step| &step.expect));
        values.sort_by_key(|value| std::cmp::Reverse(value.span.start));
        let starts = if text.starts_with("plan ") { 0 } else { text.find("\nplan ").map_or(0, |at| at + 1) };
        let base = plan.span.start - starts as u32;
        let mut again = text.clone();
        for value in values {
            let span = (value.span.start - base) as usize..(value.span.end - base) as usize;
            again.replace_range(span, &planc_lang::written::expr(plan, value));
            written += 1;
        }
        let after = compiled(&again, if name == "rich" { &[TOOLS] } else { &[] });
        assert_eq!(String::from_utf8(bytes(plan)), String::from_utf8(bytes(&after.plan)), "{name}\n{again}");
    }
    assert!(written > 300, "only {written} expressions");
}
