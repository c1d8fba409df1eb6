//! The conformance suite: cases in data files that any implementation of the language can run, run here.
//!
//! `spec/conformance/README.md` has their form. With `SUITE_UPDATE=1` the cases are collected from the corpora again and what is
//! expected is written anew; cases without `from` are written by hand, and stay. The difference is then read like code.

#![allow(clippy::disallowed_methods, reason = "the suite is files, which an environment variable says to write")]

mod common;

use common::{blocks, corpus, files, plans, read};
use planc_lang::codes::Code;
use planc_lang::compile::{Compiled, add_builtin, check_source, compile, load_catalogue};
use planc_lang::compiled::{bytes, identities};
use planc_lang::diagnostic::{Diagnostic, Diagnostics};
use planc_lang::eval::{Env, NoCalls, eval};
use planc_lang::lexer::{Kind, lex};
use planc_lang::source::{Sources, Span};
use planc_lang::stdlib;
use planc_lang::{format, parser};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Once;

/// The version of the form of the files.
const VERSION: u32 = 1;

/// What stands around an expression: a step whose result is unknown, and one that may be null.
const BEFORE: &str = "plan \"expression\" {\n  critical { run \"true\" }\n  step u = process.run(argv: [\"true\"])\n  step maybe = fs.stat(path: \".\") {\n    when u.exit_code == 0\n  }\n  output it = ";

/// What stands behind it.
const AFTER: &str = "\n}\n";

/// One suite: its file, what it finds out about an input, and where its inputs come from.
struct Suite {
    name: &'static str,
    find: fn(&str) -> Json,
    inputs: fn() -> Vec<(String, String)>,
}

const SUITES: [Suite; 8] = [
    Suite { name: "lexical", find: lexical, inputs: texts },
    Suite { name: "parse", find: parse, inputs: texts_and_mistakes },
    Suite { name: "format", find: formatted, inputs: texts },
    Suite { name: "type", find: type_of, inputs: expressions },
    Suite { name: "eval", find: value_of, inputs: expressions },
    Suite { name: "check", find: check, inputs: corpus },
    Suite { name: "compile", find: compiled, inputs: examples },
    Suite { name: "order", find: order, inputs: with_steps },
];

/// One case.
#[derive(Clone, Debug)]
struct Case {
    name: String,
    /// Which corpus it was collected from; none: it is written by hand.
    from: Option<String>,
    input: String,
    expect: Json,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/conformance")
}

/// Brings the files up to date first, where that is wanted.
fn begin() {
    static UPDATE: Once = Once::new();
    UPDATE.call_once(|| {
        if std::env::var_os("SUITE_UPDATE").is_some() {
            std::fs::write(folder().join("builtin.pl"), planc_lang::builtin::TEXT).expect("the suite can be written");
            SUITES.iter().for_each(update);
        }
    });
}

fn cases(suite: &Suite) -> Vec<Case> {
    let path = folder().join(suite.name).with_extension("json");
    let file: Json = serde_json::from_str(&read(&path)).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    assert_eq!((&file["suite"], &file["version"]), (&json!(suite.name), &json!(VERSION)), "{}", path.display());
    let text = |value: &Json| match value {
        Json::Array(lines) => lines.iter().map(|line| line.as_str().unwrap_or_default()).collect::<Vec<_>>().join("\n"),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let list = file["cases"].as_array().unwrap_or_else(|| panic!("{} has cases", path.display()));
    let case = |case: &Json| Case {
        name: text(&case["name"]),
        from: case["from"].as_str().map(str::to_owned),
        input: text(&case["input"]),
        expect: case["expect"].clone(),
    };
    list.iter().map(case).collect()
}

#[test]
fn every_case_is_as_the_suite_says() {
    begin();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for suite in &SUITES {
        let cases = cases(suite);
        let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), cases.len(), "names of {} are given once", suite.name);
        count += cases.len();
        for case in &cases {
            let found = (suite.find)(&case.input);
            if found != case.expect {
                let (name, expect) = (suite.name, &case.expect);
                wrong.push(format!("{name}: {}\n{}\nexpected {expect}\nfound    {found}", case.name, case.input));
            }
        }
    }
    assert!(count >= 300, "only {count} cases");
    let shown = wrong.iter().take(10).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(
        wrong.is_empty(),
        "{shown}\n\n{} of {count} cases are not as spec/conformance says. Where that is meant, \
         `SUITE_UPDATE=1 cargo test -p planc-lang --test conformance` writes them, and the difference is read like code.",
        wrong.len()
    );
}

#[test]
fn the_suite_has_both_kinds_of_cases() {
    begin();
    let has = |suite: &Suite, member: &str| cases(suite).iter().filter(|case| !case.expect[member].is_null()).count();
    let [lexical, parse, format, ty, eval, check, compile, order] = &SUITES;
    assert!(has(lexical, "tokens") > 20 && has(format, "text") > 20 && has(compile, "canonical") > 10);
    assert!(has(ty, "type") > 100 && has(ty, "mistakes") > 5 && has(eval, "value") > 100);
    assert!(has(order, "waits") > 10);
    for suite in [parse, check] {
        let cases = cases(suite);
        let accepted = cases.iter().filter(|case| case.expect["mistakes"] == json!([])).count();
        assert!(accepted > 20 && cases.len() - accepted > 40, "{}: {accepted} of {}", suite.name, cases.len());
    }
}

#[test]
fn the_catalogue_of_the_suite_is_the_built_in_one() {
    begin();
    assert_eq!(read(&folder().join("builtin.pl")), planc_lang::builtin::TEXT, "SUITE_UPDATE=1 writes it");
}

/// Writes a suite: the cases by hand as they are, those of the corpora anew.
fn update(suite: &Suite) {
    let path = folder().join(suite.name).with_extension("json");
    let mut cases: Vec<Case> = match path.exists() {
        true => cases(suite).into_iter().filter(|case| case.from.is_none()).collect(),
        false => Vec::new(),
    };
    let mut seen: BTreeSet<String> = cases.iter().map(|case| case.input.clone()).collect();
    for (from, input) in (suite.inputs)() {
        if seen.insert(input.clone()) {
            cases.push(Case { name: from.clone(), from: Some(from), input, expect: Json::Null });
        }
    }
    cases.iter_mut().for_each(|case| case.expect = (suite.find)(&case.input));
    let written: Vec<String> = cases.iter().map(written).collect();
    let text = format!(
        "{{\"suite\": \"{}\", \"version\": {VERSION}, \"cases\": [\n{}\n]}}\n",
        suite.name,
        written.join(",\n")
    );
    std::fs::write(&path, text).expect("the suite can be written");
}

/// A case with one line of its input on a line, so that a difference can be read.
fn written(case: &Case) -> String {
    let mut out = format!("  {{\"name\": {}", json!(case.name));
    if let Some(from) = &case.from {
        out.push_str(&format!(", \"from\": {}", json!(from)));
    }
    let lines: Vec<String> = case.input.split('\n').map(|line| format!("     {}", json!(line))).collect();
    match lines.as_slice() {
        [_] => out.push_str(&format!(",\n   \"input\": {}", json!(case.input))),
        lines => out.push_str(format!(",\n   \"input\": [\n{}],", lines.join(",\n")).trim_end_matches(',')),
    }
    out + &format!(",\n   \"expect\": {}}}", case.expect)
}

/// Where something is, in bytes from the beginning of an input.
fn place(span: Span, base: u32) -> [i64; 2] {
    [i64::from(span.start) - i64::from(base), i64::from(span.end) - i64::from(base)]
}

fn mistakes(found: &[Diagnostic], base: u32) -> Json {
    let mut rows: Vec<(String, [i64; 2])> =
        found.iter().map(|found| (found.code.to_string(), place(found.primary.span, base))).collect();
    rows.sort_by_key(|(code, place)| (*place, code.clone()));
    json!(rows.iter().map(|(code, [start, end])| json!([code, start, end])).collect::<Vec<_>>())
}

fn lexical(input: &str) -> Json {
    let mut sources = Sources::default();
    let index = sources.add("input", input);
    let report = Diagnostics::default();
    let base = sources.get(index).base;
    let lexed = lex(sources.get(index), &report);
    let token = |token: &planc_lang::lexer::Token| {
        let [start, end] = place(token.span(), base);
        json!([class(token.kind, &input[start as usize..end as usize]), start, end])
    };
    let tokens: Vec<Json> = lexed.tokens.iter().map(token).collect();
    let comments: Vec<[i64; 2]> = lexed.comments.iter().map(|comment| place(comment.span, base)).collect();
    json!({ "tokens": tokens, "comments": comments, "mistakes": mistakes(&report.into_sorted(), base) })
}

/// What the suite calls a token.
fn class(kind: Kind, text: &str) -> &'static str {
    let table = [
        (Kind::Ident, "name"),
        (Kind::Int, "int"),
        (Kind::Float, "float"),
        (Kind::Duration, "duration"),
        (Kind::Str, "string"),
        (Kind::StrEscaped, "string"),
        (Kind::StrBlock, "string"),
        (Kind::StrRaw, "string"),
        (Kind::StrOpen, "string_open"),
        (Kind::StrText, "string_text"),
        (Kind::StrClose, "string_close"),
        (Kind::InterpOpen, "interpolation_open"),
        (Kind::InterpClose, "interpolation_close"),
        (Kind::Doc, "doc"),
        (Kind::Newline, "newline"),
    ];
    let named = table.iter().find(|(other, _)| *other == kind).map(|(_, name)| *name);
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic());
    named.unwrap_or(if is_word { "word" } else { "symbol" })
}

fn parse(input: &str) -> Json {
    let mut sources = Sources::default();
    let index = sources.add("input", input);
    let report = Diagnostics::default();
    parser::parse(&sources, index, &report);
    json!({ "mistakes": mistakes(&report.into_sorted(), sources.get(index).base) })
}

fn formatted(input: &str) -> Json {
    let mut sources = Sources::default();
    let index = sources.add("input", input);
    let report = Diagnostics::default();
    let file = parser::parse(&sources, index, &report);
    match report.has_errors() {
        true => json!({ "mistakes": mistakes(&report.into_sorted(), sources.get(index).base) }),
        false => json!({ "text": format::format(&sources, index, &file) }),
    }
}

/// Compiles an expression inside what stands around it; what was wrong otherwise.
fn expression(input: &str) -> Result<(Compiled, u32), Json> {
    let mut sources = Sources::default();
    let builtin = add_builtin(&mut sources);
    let (catalogue, _) = load_catalogue(&sources, &[builtin]);
    let index = sources.add("input", format!("{BEFORE}{input}{AFTER}"));
    let base = sources.get(index).base + BEFORE.len() as u32;
    let compilation = compile(&sources, index, &catalogue);
    match compilation.compiled.filter(|_| compilation.diagnostics.is_empty()) {
        Some(compiled) => Ok((compiled, base)),
        None => Err(json!({ "mistakes": mistakes(&compilation.diagnostics, base) })),
    }
}

fn type_of(input: &str) -> Json {
    match expression(input) {
        Ok((compiled, _)) => json!({ "type": compiled.plan.outputs[0].value.ty.to_string() }),
        Err(mistakes) => mistakes,
    }
}

fn value_of(input: &str) -> Json {
    match expression(input) {
        Ok((compiled, base)) => {
            match eval(&compiled.plan.outputs[0].value, &mut Env::of_text(&compiled.plan), &mut NoCalls) {
                Ok(value) => json!({ "value": value.to_json() }),
                Err(failure) => json!({ "fails": place(failure.span, base) }),
            }
        }
        Err(mistakes) => mistakes,
    }
}

fn check(input: &str) -> Json {
    let mut sources = Sources::default();
    let builtin = add_builtin(&mut sources);
    let (catalogue, _) = load_catalogue(&sources, &[builtin]);
    let index = sources.add("input", input);
    let found = check_source(&sources, index, &catalogue);
    json!({ "mistakes": mistakes(&found, sources.get(index).base) })
}

/// A plan that must compile.
fn plan(input: &str) -> Option<Compiled> {
    let mut sources = Sources::default();
    let builtin = add_builtin(&mut sources);
    let (catalogue, _) = load_catalogue(&sources, &[builtin]);
    let index = sources.add("input", input);
    compile(&sources, index, &catalogue).compiled
}

fn compiled(input: &str) -> Json {
    let Some(compiled) = plan(input) else { return Json::Null };
    let names = compiled.plan.steps.iter().map(|step| step.name.to_string());
    let steps: Vec<Json> = names.zip(identities(&compiled.plan)).map(|(name, digest)| json!([name, digest])).collect();
    let canonical = String::from_utf8(bytes(&compiled.plan)).expect("canonical bytes are UTF-8");
    json!({ "digest": compiled.digest, "steps": steps, "canonical": canonical })
}

fn order(input: &str) -> Json {
    let Some(Compiled { plan, graph, .. }) = plan(input) else { return Json::Null };
    let of = |id| {
        let mut waits: Vec<_> = graph.dependencies(id).collect();
        waits.sort_unstable();
        let waits: Vec<Json> = waits.iter().map(|(before, edge)| json!([plan.get(*before).name, edge])).collect();
        json!([plan.get(id).name, waits])
    };
    json!({ "waits": plan.step_ids().map(of).collect::<Vec<_>>() })
}

/// Texts of every kind: the valid ones of the syntax tests, the examples, the plans of the chapters.
fn texts() -> Vec<(String, String)> {
    let wanted =
        |name: &str| name.starts_with("tests/syntax") || name.starts_with("spec/") || name.starts_with("examples/");
    corpus().into_iter().filter(|(name, _)| wanted(name)).collect()
}

fn texts_and_mistakes() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax/mistakes.txt");
    let text = read(&path);
    let sections = text.split("--- ").skip(1).filter_map(|section| section.split_once('\n'));
    let mistakes = sections.map(|(name, text)| (format!("mistakes: {name}"), text.to_owned()));
    let pages = Code::ALL.iter().filter(|code| (**code as u16) < 200).flat_map(|code| {
        let blocks = blocks(code.page()).enumerate();
        blocks.map(|(at, (_, text))| (format!("page {} {}", code.name(), at + 1), text.to_owned())).collect::<Vec<_>>()
    });
    mistakes.chain(pages).chain(texts()).collect()
}

/// The examples of the standard library, and those of the chapters.
fn expressions() -> Vec<(String, String)> {
    let examples =
        stdlib::all().map(|function| (format!("function {}", function.signature), function.example.0.to_owned()));
    let mut found: Vec<(String, String)> = examples.collect();
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec"), "md") {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = read(&path);
        for (at, (_, block)) in blocks(&text).enumerate().filter(|(_, (kind, _))| kind.starts_with("expr")) {
            for (line, text) in block.lines().enumerate() {
                let marks = ["// ⟶", "// error", "// :"];
                let Some(end) = marks.iter().find_map(|mark| text.rfind(mark)) else { continue };
                found.push((format!("spec/{name} {}:{}", at + 1, line + 1), text[..end].trim_end().to_owned()));
            }
        }
    }
    found
}

/// How many plans have their canonical bytes in the suite.
const MAX_COMPILED: usize = 40;

fn examples() -> Vec<(String, String)> {
    let plans = plans().into_iter().filter(|(_, _, compiled)| compiled.plan.steps.len() > 1);
    plans.map(|(name, text, _)| (name, text)).take(MAX_COMPILED).collect()
}

fn with_steps() -> Vec<(String, String)> {
    let plans = plans().into_iter().filter(|(_, _, compiled)| compiled.plan.steps.len() > 1);
    plans.map(|(name, text, _)| (name, text)).collect()
}
