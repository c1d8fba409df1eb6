//! No text makes the front end panic, overflow the stack or take long; and what it accepts, it formats without loss.

mod common;

use common::{Checked, canonical, check};
use planc_lang::codes::Code;
use planc_lang::diagnostic::{Colour, Diagnostic, Diagnostics, render, to_json};
use planc_lang::format::format;
use planc_lang::parser::parse;
use planc_lang::source::Sources;
use proptest::prelude::*;

/// Parses a text, renders what is wrong with it, and formats it when nothing is.
fn survive(text: &str) -> Vec<Diagnostic> {
    let mut sources = Sources::default();
    sources.add("before.pl", "so that no offset is also a position");
    let index = sources.add("plan.pl", text);
    let report = Diagnostics::default();
    let file = parse(&sources, index, &report);
    let diagnostics = report.into_sorted();
    for diagnostic in diagnostics.iter().take(20) {
        render(diagnostic, &sources, Colour::Never);
    }
    if diagnostics.is_empty() {
        let once = format(&sources, index, &file);
        let index = sources.add("formatted.pl", once.clone());
        let report = Diagnostics::default();
        let again = parse(&sources, index, &report);
        assert!(report.is_empty(), "formatting broke\n{text}\ninto\n{once}\n{:#?}", report.into_sorted());
        assert_eq!(
            canonical(&file, &sources),
            canonical(&again, &sources),
            "formatting changed
{text}
into
{once}"
        );
        let twice = format(&sources, index, &again);
        assert_eq!(once, twice, "formatting twice differs for\n{text}");
    }
    diagnostics
}

fn codes(text: &str) -> Vec<Code> {
    survive(text).iter().map(|diagnostic| diagnostic.code).collect()
}

fn in_let(expression: &str) -> String {
    format!("plan \"p\" {{\n  let a = {expression}\n}}\n")
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{a: ", "}"), ("f(", ")"), ("not ", ""), ("-", ""), ("- ", ""), ("a[", "]")]
    {
        let text = in_let(&format!("{}1{}", open.repeat(10_000), close.repeat(10_000)));
        assert_eq!(codes(&text), [Code::NestingTooDeep], "{open}");
        assert_eq!(codes(&in_let(&open.repeat(10_000))), [Code::NestingTooDeep], "{open}");
    }
    let strings = format!("{}1{}", "\"${".repeat(10_000), "}\"".repeat(10_000));
    assert_eq!(codes(&in_let(&strings)), [Code::NestingTooDeep]);
    let choices = format!("{}c", "if a then b else ".repeat(10_000));
    assert_eq!(codes(&in_let(&choices)), [Code::NestingTooDeep]);
    assert!(!codes(&"plan \"p\" {\n".repeat(10_000)).is_empty());
    assert_eq!(codes(&"plan \"p\" { ".repeat(10_000)), [Code::NestingTooDeep]);
    assert_eq!(codes(&"{".repeat(10_000))[0], Code::NestingTooDeep);
    assert_eq!(codes(&format!("type A = {}int{}", "[".repeat(10_000), "]".repeat(10_000))), [Code::NestingTooDeep]);
}

#[test]
fn long_chains_are_refused() {
    for part in [" + a", " and a", ".b", "?.b", "()", "[0]", " ?? a", " == a", " - a", ".b(c)", " or not a"] {
        assert_eq!(codes(&in_let(&format!("a{}", part.repeat(50_000)))), [Code::NestingTooDeep], "{part}");
    }
    assert_eq!(codes(&format!("type A = int{}", "?".repeat(50_001))), [Code::NestingTooDeep]);
    // Each bracket within its limit, all together beyond it.
    let mut nested = "a".to_owned();
    for _ in 0..100 {
        nested = format!("({nested}){}", " + a".repeat(450));
    }
    assert_eq!(codes(&in_let(&nested)), [Code::NestingTooDeep]);
}

#[test]
fn what_is_within_the_limits_parses() {
    assert_eq!(codes(&in_let(&format!("a{}", " + a".repeat(400)))), []);
    assert_eq!(codes(&in_let(&format!("a{}", ".b(c)".repeat(200)))), []);
    assert_eq!(codes(&in_let(&format!("{}1{}", "(".repeat(100), ")".repeat(100)))), []);
    assert_eq!(codes(&in_let(&format!("{}c", "if a then b else ".repeat(100)))), []);
    assert_eq!(codes(&in_let(&format!("[{}]", "a, ".repeat(100_000)))), []);
    assert_eq!(codes(&in_let(&format!("{}a", "not a and ".repeat(200)))), []);
}

#[test]
fn odd_texts_are_survived() {
    assert_eq!(codes(""), [Code::EmptySource]);
    assert_eq!(codes("\u{feff}"), [Code::EmptySource]);
    assert_eq!(codes("// only\n// comments"), [Code::EmptySource]);
    assert_eq!(codes("\r\n\r\n"), [Code::EmptySource]);
    assert_eq!(codes("\u{feff}plan \"p\" {\r\n  step a = f.g(x: \"y\") {\r\n    because \"z\"\r\n  }\r\n}\r\n"), []);
    assert_eq!(codes("plan \"p\" {\n  context \"\"\"\r\n    a\r\n    b\r\n    \"\"\"\r\n}"), []);
    assert_eq!(codes("plan \"p\" {\0\0 }"), [Code::UnexpectedCharacter]);
    for text in [
        "\"", "\"\"\"", "r\"", "r#\"", "r\"\"\"", "\"${", "\"\"\"${", "'", "`", "```", "//", "///", "#", "\\", "\"\\",
        "\"\\u", "\"\\u{", "$", "${",
    ] {
        assert!(!survive(text).is_empty(), "{text}");
        assert!(!survive(&in_let(text)).is_empty(), "{text}");
        survive(&format!("plan \"p\" {{ step a = f(x: {text}"));
    }
}

/// Of such a length whatever grows with the square of the text takes minutes.
#[test]
fn long_texts_take_no_longer_than_their_length() {
    let plan = |items: &str| format!("plan \"p\" {{\n{items}\n}}\n");
    let each = |count: usize, part: &dyn Fn(usize) -> String| (0..count).map(part).collect::<String>();
    let names = (0..15_000).map(|at| format!("a{at}")).collect::<Vec<_>>().join(", ");
    let lets = each(15_000, &|at| format!("    let a{at} = {at}\n"));
    let texts = [
        plan(&"  /// d\n".repeat(100_000)),
        plan(&format!("  let x = if a {}", "{1} ".repeat(60_000))),
        plan(&format!("  assume \"t\" {{\n{lets}    [{names}] == []\n  }}")),
        plan(&format!("  output o = \"{}\".format({})", "{} ".repeat(100_000), vec!["1"; 100_000].join(", "))),
        plan(&each(40_000, &|at| format!("  output o{at} = {at};\n"))),
        plan(&each(10_000, &|at| format!("  for x in [1]:\n    step a{at} = fs.read(path: \"a\")\n"))),
    ];
    for text in texts {
        let Checked { sources, diagnostics, .. } = check(&text);
        assert!(!diagnostics.is_empty());
        for diagnostic in diagnostics {
            let label = to_json(&diagnostic, &sources).primary;
            assert!(label.line > 0 && label.column > 0);
        }
    }
}

#[test]
fn every_beginning_of_a_valid_plan_is_survived() {
    let text = include_str!("syntax/valid/whole_plan.pl").to_owned() + include_str!("syntax/valid/expressions.pl");
    for (end, _) in text.char_indices() {
        survive(&text[..end]);
    }
    // And every plan with one line less.
    let lines: Vec<&str> = text.lines().collect();
    for without in 0..lines.len() {
        let rest: Vec<&str> =
            lines.iter().enumerate().filter(|(at, _)| *at != without).map(|(_, line)| *line).collect();
        survive(&rest.join("\n"));
    }
}

const SOUP: &[&str] = &[
    "plan",
    "\"p\"",
    "{",
    "}",
    "\n",
    "\n",
    "step",
    "let",
    "a",
    "b",
    "=",
    "fs.read(path: \"a\")",
    "(",
    ")",
    "[",
    "]",
    ",",
    ":",
    ".",
    "?.",
    "??",
    "?",
    "+",
    "-",
    "*",
    "<",
    "==",
    "and",
    "or",
    "not",
    "in",
    "if",
    "then",
    "else",
    "for",
    "1",
    "1.5",
    "30s",
    "\"${",
    "}\"",
    "\"\"\"",
    "r\"x\"",
    "// c\n",
    "/// d\n",
    "critical",
    "read",
    "verify",
    "assume",
    "output",
    "input",
    "type",
    "tool",
    "catalogue",
    "because",
    "timeout",
    "retry",
    "every",
    "on",
    "failure",
    "->",
    "|",
    "...",
    "true",
    "null",
    "'x'",
    "&&",
    "!",
    ";",
    "#x\n",
    "é",
    "\0",
    "$",
    "\\",
];

/// A random expression as text, spread over lines and with comments where they may stand.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a",
        "b.c",
        "1",
        "1.50",
        "true",
        "null",
        "\"text\"",
        "\"x ${a.b} y\"",
        "r\"raw\"",
        "[]",
        "f.g(x: 1)",
        "{}",
        "a_rather_long_name_that_fills_lines",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 40, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            (list.clone(), any::<bool>()).prop_map(|(items, comma)| format!(
                "[{}{}]",
                items.join(", "),
                if comma { "," } else { "" }
            )),
            list.clone()
                .prop_map(|items| format!("[ // first\n{} // behind\n , // last\n]", items.join(",\n // between\n"))),
            list.clone().prop_map(|items| {
                let args: Vec<String> = items.iter().enumerate().map(|(n, item)| format!("arg_{n}: {item}")).collect();
                format!("tool.call({})", args.join(", "))
            }),
            list.prop_map(|items| {
                let fields: Vec<String> = items.iter().enumerate().map(|(n, item)| format!("f{n}: {item}")).collect();
                format!("{{ {} }}", fields.join(",\n"))
            }),
            (inner.clone(), inner.clone(), prop::sample::select(vec!["+", "-", "*", "and", "or", "??"]))
                .prop_map(|(a, b, op)| format!("({a} {op} {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) + // why\n  ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) - ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(({a}) == ({b}))")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a} for x in {b} if not x.y]")),
            inner.clone().prop_map(|a| format!("({a})?.field.first(\"none\")[0]")),
            inner.clone().prop_map(|a| format!("-({a})")),
            inner.prop_map(|a| format!("\"\"\"\n  block ${{{}}}\n    more\n  \"\"\"", a)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survive(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn random_text_is_survived(text in "\\PC{0,200}") {
        survive(&text);
    }

    #[test]
    fn token_soup_is_survived(words in prop::collection::vec(prop::sample::select(SOUP), 0..80), spaced in any::<bool>()) {
        let text = words.join(if spaced { " " } else { "" });
        survive(&text);
        survive(&format!("plan \"p\" {{\n  {text}\n}}"));
    }

    #[test]
    fn formatting_loses_nothing(expressions in prop::collection::vec(expression(), 1..4)) {
        let mut text = "plan \"p\" { // begins\n".to_owned();
        for (n, expression) in expressions.iter().enumerate() {
            text.push_str(&format!("  // before {n}\n  let x{n} = {expression} // behind {n}\n"));
            text.push_str(&format!("  step s{n} = t.u(v: {expression}) {{ // opens\n expect {expression}\n }}\n\n\n"));
        }
        text.push('}');
        let problems = survive(&text);
        prop_assert!(
            problems.iter().all(|problem| matches!(problem.code, Code::NestingTooDeep | Code::UnexpectedCharacter)),
            "{}\n{:#?}", text, problems
        );
    }
}
