//! Damaged plans and plans past all measure: the checker neither panics nor takes long, and all it says has a place.

// The crate is pure; its tests read their corpus from files.
#![allow(clippy::disallowed_methods)]

mod common;

use common::{Checked, check};
use planc_lang::codes::Code;
use planc_lang::diagnostic::{Colour, render, to_json};
use planc_lang::source::Span;
use proptest::prelude::*;

/// Checks a text, and that every span lies in a source, between two characters.
fn survive(text: &str) -> Vec<Code> {
    let Checked { sources, diagnostics, .. } = check(text);
    for diagnostic in &diagnostics {
        let edits = diagnostic.edit.iter().flat_map(|edit| edit.replacements.iter().map(|(span, _)| *span));
        let related = diagnostic.related.iter().map(|label| label.span);
        for span in related.chain(edits).chain([diagnostic.primary.span]) {
            let source = sources.of(span);
            let within = |at: u32| at >= source.base && (at - source.base) as usize <= source.text.len();
            assert!(span.start <= span.end && within(span.start) && within(span.end), "{diagnostic:#?}\n{text}");
            let Span { start, end } = span;
            let between = |at: u32| source.text.is_char_boundary((at - source.base) as usize);
            assert!(between(start) && between(end), "{diagnostic:#?}\n{text}");
        }
    }
    for diagnostic in diagnostics.iter().take(20) {
        render(diagnostic, &sources, Colour::Never);
        to_json(diagnostic, &sources);
    }
    diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

fn corpus() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files = Vec::new();
    for part in ["check", "syntax/valid"] {
        let entries = std::fs::read_dir(folder.join(part)).expect("a folder of the tests");
        files.extend(entries.map(|entry| entry.expect("an entry of the folder").path()));
    }
    files.sort();
    let texts = files.iter().map(|file| std::fs::read_to_string(file).expect("a readable test file"));
    let cases = texts.flat_map(|text| text.split("// ==== ").map(str::to_owned).collect::<Vec<_>>());
    cases.filter(|case| case.contains('{')).map(|case| format!("// {case}")).collect()
}

/// Words, numbers, blanks and single signs.
fn tokens(text: &str) -> Vec<String> {
    let kind = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 0,
        ' ' => 1,
        _ => 2,
    };
    let mut tokens: Vec<String> = Vec::new();
    let mut last = 2;
    for c in text.chars() {
        match (tokens.last_mut(), kind(c)) {
            (Some(token), kind) if kind == last && kind != 2 => token.push(c),
            (_, kind) => {
                tokens.push(c.to_string());
                last = kind;
            }
        }
    }
    tokens
}

#[derive(Clone, Debug)]
enum Change {
    Delete,
    Double,
    Swap(prop::sample::Index),
    Replace(prop::sample::Index),
}

fn change() -> impl Strategy<Value = (prop::sample::Index, Change)> {
    let index = any::<prop::sample::Index>;
    let change = prop_oneof![
        Just(Change::Delete),
        Just(Change::Double),
        index().prop_map(Change::Swap),
        index().prop_map(Change::Replace),
    ];
    (index(), change)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_plans_are_survived(which in any::<prop::sample::Index>(), changes in prop::collection::vec(change(), 1..8)) {
        let corpus = corpus();
        let mut tokens = tokens(&corpus[which.index(corpus.len())]);
        for (at, change) in changes {
            if tokens.is_empty() {
                break;
            }
            let at = at.index(tokens.len());
            match change {
                Change::Delete => drop(tokens.remove(at)),
                Change::Double => tokens.insert(at, tokens[at].clone()),
                Change::Swap(other) => {
                    let other = other.index(tokens.len());
                    tokens.swap(at, other);
                }
                Change::Replace(other) => tokens[at] = tokens[other.index(tokens.len())].clone(),
            }
        }
        survive(&tokens.concat());
    }

    #[test]
    fn damaged_bytes_are_survived(which in any::<prop::sample::Index>(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let corpus = corpus();
        let mut bytes = corpus[which.index(corpus.len())].clone().into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        survive(&String::from_utf8_lossy(&bytes));
    }
}

fn plan(body: &str) -> String {
    format!("plan \"p\" {{\n{body}\n}}\n")
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(|n| line(n) + "\n").collect()
}

#[test]
fn long_chains_of_lets_are_checked() {
    const COUNT: usize = 20_000;
    let downwards = lines(COUNT, |n| match n {
        0 => "let x0 = s.bytes".to_owned(),
        n => format!("let x{n} = x{} + 1", n - 1),
    });
    let step = "step s = fs.read(path: \"a\")\n";
    assert_eq!(survive(&plan(&format!("{downwards}{step}output x = x{}", COUNT - 1))), []);
    let upwards = lines(COUNT, |n| match n {
        n if n == COUNT - 1 => format!("let x{n} = s.bytes"),
        n => format!("let x{n} = x{} + 1", n + 1),
    });
    assert_eq!(survive(&plan(&format!("{upwards}{step}output x = x0"))), []);
    let circle = lines(COUNT, |n| format!("let x{n} = x{}", (n + 1) % COUNT));
    assert_eq!(survive(&plan(&format!("{circle}{step}output x = x0"))), [Code::Cycle]);
    // Each within the one before: the type, and the value, would be as deep as the chain is long.
    let nested = lines(COUNT, |n| match n {
        0 => "let x0 = 1".to_owned(),
        n => format!("let x{n} = [x{}]", n - 1),
    });
    let found = survive(&plan(&format!("{nested}{step}output x = x{}", COUNT - 1)));
    assert_eq!(
        found.iter().filter(|code| **code == Code::TypeTooLarge).count(),
        1,
        "{:?}",
        &found[..found.len().min(5)]
    );
    let doubling = lines(200, |n| match n {
        0 => "let x0 = { a: 1 }".to_owned(),
        n => format!("let x{n} = {{ a: x{}, b: x{} }}", n - 1, n - 1),
    });
    assert_eq!(survive(&plan(&format!("{doubling}{step}output x = x199"))), [Code::TypeTooLarge]);
}

#[test]
fn long_plans_are_checked() {
    let steps = lines(5_000, |n| match n {
        0 => "step s0 = fs.read(path: \"a\")".to_owned(),
        n => format!("step s{n} = fs.read(path: s{}.path) {{\n  after s{}\n}}", n - 1, n / 2),
    });
    assert_eq!(survive(&plan(&steps)), []);
    let wrong = lines(5_000, |n| format!("step s{n} = fs.read(path: s{}.path, t: missing{n})", n + 1));
    assert!(survive(&plan(&wrong)).len() >= 15_000);
}

#[test]
fn large_types_are_refused() {
    let step = "step s = fs.read(path: \"a\")\n";
    let up = lines(5_000, |n| format!("type T{n} = [T{}]", n + 1)) + "type T5000 = int\n";
    assert!(survive(&plan(&format!("{up}{step}"))).contains(&Code::TypeTooLarge));
    let down = "type T0 = int\n".to_owned() + &lines(5_000, |n| format!("type T{} = [T{n}]", n + 1));
    assert!(survive(&plan(&format!("{down}{step}"))).contains(&Code::TypeTooLarge));
    let doubling = "type T0 = int\n".to_owned() + &lines(60, |n| format!("type T{} = {{ a: T{n}, b: T{n} }}", n + 1));
    assert!(survive(&plan(&format!("{doubling}{step}"))).contains(&Code::TypeTooLarge));
    let members: Vec<String> = (0..450).map(|n| format!("\"v{n}\"")).collect();
    let union = format!("input a: {}\n{step}output b = [a == \"v7\", a in [\"x\"]]", members.join(" | "));
    assert_eq!(survive(&plan(&union)), [Code::NeverEqual]);
    let circle = lines(60, |n| format!("type T{n} = [T{}]", (n + 1) % 60));
    assert_eq!(survive(&plan(&format!("{circle}{step}"))), []);
    let endless = lines(60, |n| format!("type T{n} = {{ a: T{} }}", (n + 1) % 60));
    assert_eq!(survive(&plan(&format!("{endless}{step}"))), [Code::RecursiveType]);
    let long = lines(5_000, |n| format!("type T{n} = [T{}]", (n + 1) % 5_000));
    assert_eq!(survive(&plan(&format!("{long}{step}"))), [Code::TypeTooLarge]);
}

#[test]
fn deep_expressions_are_checked() {
    let step = "step s = fs.read(path: \"a\")\n";
    for expression in [
        format!("1{}", " + 1".repeat(490)),
        format!("true{}", " and true".repeat(490)),
        format!("{}1{}", "(".repeat(120), ")".repeat(120)),
        format!("{}1{}", "[".repeat(120), "]".repeat(120)),
        format!("{}1{}", "{ a: ".repeat(120), " }".repeat(120)),
        format!("s.text{}", ".trim()".repeat(230)),
        format!("{}0", "if s.bytes == 1 then 2 else ".repeat(60)),
        format!("{}s.text{}", "\"${".repeat(60), "}\"".repeat(60)),
    ] {
        assert_eq!(survive(&plan(&format!("{step}output x = {expression}"))), [], "{}", &expression[..20]);
    }
    let comprehensions = (0..100).fold("[s.bytes]".to_owned(), |list, n| format!("[x{n} for x{n} in {list}]"));
    assert_eq!(survive(&plan(&format!("{step}output x = {comprehensions}"))), []);
    let sum = format!("{step}output x = 1{}", " + 1".repeat(1000));
    assert_eq!(survive(&plan(&sum)), [Code::NestingTooDeep]);
    let wide = format!("{step}output x = [{}]", (0..20_000).map(|n| format!("{{ f{n}: 1 }}, ")).collect::<String>());
    assert_eq!(survive(&plan(&wide)), []);
    let fields = format!("{step}output x = {{ {} }}", (0..4_000).map(|n| format!("f{n}: 1, ")).collect::<String>());
    assert_eq!(survive(&plan(&fields)), []);
}
