//! How fast whole plans are checked, phase by phase, against serde_json reading the same content into typed structs.
//!
//! `cargo bench -p planc-lang --bench check`

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use planc_lang::catalogue::Catalogue;
use planc_lang::check::check;
use planc_lang::compile::{add_builtin, check_source, load_catalogue};
use planc_lang::diagnostic::Diagnostics;
use planc_lang::order::order;
use planc_lang::parser::parse;
use planc_lang::source::Sources;
use planc_lang::syntax::File;
use planc_lang::{compiled, cover, labels};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

fn main() {
    divan::main();
}

const STEPS: [usize; 4] = [100, 1_000, 10_000, 100_000];

/// A plan of `steps` steps; each is a call with three arguments and two references to earlier steps.
fn plan(steps: usize) -> String {
    let mut text =
        String::from("plan \"many steps\" {\n  critical {\n    create \"out/**\"\n    modify \"out/**\"\n  }\n");
    text.push_str("  step s0 = fs.read(path: \"in.txt\")\n");
    for n in 1..steps {
        let (a, b) = (n - 1, (n - 1) / 2);
        let _ = writeln!(
            text,
            "  step s{n} = fs.write(path: \"out/{}.txt\", text: \"row {n}: ${{s{a}.path}} and ${{s{b}.bytes}}\", \
             executable: false)",
            n % 977
        );
    }
    text.push_str("}\n");
    text
}

/// The same content as plain typed structs, as somebody would write it who has no language: what serde_json reads.
#[derive(Serialize, Deserialize)]
struct PlainPlan {
    title: String,
    critical: Vec<PlainLine>,
    steps: Vec<PlainStep>,
}

#[derive(Serialize, Deserialize)]
struct PlainLine {
    verb: String,
    resource: String,
}

#[derive(Serialize, Deserialize)]
struct PlainStep {
    name: String,
    tool: String,
    args: Vec<PlainArg>,
}

#[derive(Serialize, Deserialize)]
struct PlainArg {
    name: String,
    value: PlainValue,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PlainValue {
    String(String),
    Bool(bool),
    Text(Vec<PlainPart>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PlainPart {
    Text(String),
    Field { step: String, field: String },
}

fn plain(steps: usize) -> String {
    let arg = |name: &str, value| PlainArg { name: name.into(), value };
    let step = |n: usize| {
        let field = |n: usize, field: &str| PlainPart::Field { step: format!("s{n}"), field: field.into() };
        let text = |text: &str| PlainPart::Text(text.into());
        let parts =
            vec![text(&format!("row {n}: ")), field(n.max(1) - 1, "path"), text(" and "), field(n / 2, "bytes")];
        PlainStep {
            name: format!("s{n}"),
            tool: "fs.write".into(),
            args: vec![
                arg("path", PlainValue::String(format!("out/{}.txt", n % 977))),
                arg("text", PlainValue::Text(parts)),
                arg("executable", PlainValue::Bool(false)),
            ],
        }
    };
    let line = |verb: &str| PlainLine { verb: verb.into(), resource: "out/**".into() };
    let plan = PlainPlan {
        title: "many steps".into(),
        critical: vec![line("create"), line("modify")],
        steps: (0..steps).map(step).collect(),
    };
    serde_json::to_string(&plan).expect("the structs are JSON")
}

fn world(steps: usize) -> (Sources, usize, Catalogue) {
    let mut sources = Sources::default();
    let builtin = add_builtin(&mut sources);
    let (catalogue, _) = load_catalogue(&sources, &[builtin]);
    let index = sources.add("plan.pl", plan(steps));
    assert!(check_source(&sources, index, &catalogue).is_empty(), "the generated plan has no mistake");
    (sources, index, catalogue)
}

fn parsed(sources: &Sources, index: usize) -> File {
    parse(sources, index, &Diagnostics::default())
}

#[divan::bench(args = STEPS)]
fn whole_check(bencher: Bencher, steps: usize) {
    let (sources, index, catalogue) = world(steps);
    bencher.counter(ItemsCount::new(steps)).bench_local(|| check_source(black_box(&sources), index, &catalogue));
}

#[divan::bench(args = STEPS)]
fn phase_1_parse(bencher: Bencher, steps: usize) {
    let (sources, index, _) = world(steps);
    bencher.counter(ItemsCount::new(steps)).bench_local(|| parsed(black_box(&sources), index));
}

#[divan::bench(args = STEPS)]
fn phase_2_check(bencher: Bencher, steps: usize) {
    let (sources, index, catalogue) = world(steps);
    let file = parsed(&sources, index);
    let bencher = bencher.counter(ItemsCount::new(steps));
    bencher.bench_local(|| check(black_box(&file), &catalogue, &Diagnostics::default()));
}

#[divan::bench(args = STEPS)]
fn phase_2_labels(bencher: Bencher, steps: usize) {
    let (sources, index, catalogue) = world(steps);
    let plan = check(&parsed(&sources, index), &catalogue, &Diagnostics::default()).expect("a plan");
    let (source, bencher) = (sources.get(index), bencher.counter(ItemsCount::new(steps)));
    bencher.bench_local(|| labels::check(black_box(&plan), source, &Diagnostics::default()));
}

#[divan::bench(args = STEPS)]
fn phase_3_cover(bencher: Bencher, steps: usize) {
    let (sources, index, catalogue) = world(steps);
    let file = parsed(&sources, index);
    let plan = check(&file, &catalogue, &Diagnostics::default()).expect("a plan");
    let bencher = bencher.counter(ItemsCount::new(steps));
    bencher.bench_local(|| cover::check(black_box(&plan), &file, &Diagnostics::default()));
}

#[divan::bench(args = STEPS)]
fn phase_4_order(bencher: Bencher, steps: usize) {
    let (sources, index, catalogue) = world(steps);
    let plan = check(&parsed(&sources, index), &catalogue, &Diagnostics::default()).expect("a plan");
    bencher.counter(ItemsCount::new(steps)).bench_local(|| order(black_box(&plan), &Diagnostics::default()));
}

#[divan::bench(args = STEPS)]
fn phase_5_digest(bencher: Bencher, steps: usize) {
    let (sources, index, catalogue) = world(steps);
    let plan = check(&parsed(&sources, index), &catalogue, &Diagnostics::default()).expect("a plan");
    bencher.counter(ItemsCount::new(steps)).bench_local(|| compiled::digest(black_box(&plan)));
}

/// The yardstick of the target: typed structs of the same content.
#[divan::bench(args = STEPS)]
fn serde_json_plain_structs(bencher: Bencher, steps: usize) {
    let json = plain(steps);
    let bencher = bencher.counter(ItemsCount::new(steps));
    bencher.bench_local(|| serde_json::from_str::<PlainPlan>(black_box(&json)).expect("the JSON of a plan"));
}

/// The syntax tree itself from JSON, spans included.
#[divan::bench(args = STEPS)]
fn serde_json_syntax_tree(bencher: Bencher, steps: usize) {
    let (sources, index, _) = world(steps);
    let json = serde_json::to_string(&parsed(&sources, index)).expect("a tree is JSON");
    let bencher = bencher.counter(ItemsCount::new(steps));
    bencher.bench_local(|| serde_json::from_str::<File>(black_box(&json)).expect("the JSON of a tree"));
}
