//! How fast sources are parsed, against reading the same tree from JSON.
//!
//! `cargo bench -p planc-lang --bench parse`

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use planc_lang::diagnostic::Diagnostics;
use planc_lang::lexer::lex;
use planc_lang::parser::parse;
use planc_lang::source::Sources;
use planc_lang::syntax::File;
use std::fmt::Write as _;

fn main() {
    divan::main();
}

const STEPS: [usize; 3] = [100, 1_000, 10_000];

/// A plan of `steps` steps; each calls a tool with three arguments and refers to two earlier steps.
fn plan(steps: usize) -> String {
    let mut text = String::from("plan \"a plan of many steps\" {\n");
    for n in 0..steps {
        let (a, b) = (n.saturating_sub(1), n / 2);
        let _ = writeln!(
            text,
            "  step step_{n} = tools.transform(source: \"data/input-{n}.csv\", base: step_{a}.path, limit: {n}) {{\n    \
             because \"the rows of part {n} are needed below\"\n    expect step_{n}.count > step_{b}.count + 1\n  }}\n",
        );
    }
    text.push_str("}\n");
    text
}

fn sources(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add("plan.pl", text);
    sources
}

#[divan::bench(args = STEPS)]
fn lex_only(bencher: Bencher, steps: usize) {
    let text = plan(steps);
    let sources = sources(&text);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| lex(black_box(sources.get(0)), &Diagnostics::default()));
}

#[divan::bench(args = STEPS)]
fn parse_source(bencher: Bencher, steps: usize) {
    let text = plan(steps);
    let sources = sources(&text);
    let report = Diagnostics::default();
    assert_eq!(parse(&sources, 0, &report).items.len(), 1);
    assert!(report.is_empty());
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| parse(black_box(&sources), 0, &Diagnostics::default()));
}

/// Counts the bytes of the source, not of its JSON, so that the figures compare.
#[divan::bench(args = STEPS)]
fn tree_from_json(bencher: Bencher, steps: usize) {
    let text = plan(steps);
    let file = parse(&sources(&text), 0, &Diagnostics::default());
    let json = serde_json::to_string(&file).expect("a tree is JSON");
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| serde_json::from_str::<File>(black_box(&json)).expect("the JSON of a tree"));
}
