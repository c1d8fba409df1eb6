//! What must hold of any bytes: one function for each part of the language. The fuzzer calls them with what it invents, the
//! tests with the corpus that is kept.

#![allow(dead_code, reason = "each target uses one of them")]

use planc_lang::catalogue::Catalogue;
use planc_lang::compile::{Compilation, add_builtin, compile, load_catalogue};
use planc_lang::conform::check_value;
use planc_lang::diagnostic::{Colour, Diagnostic, Diagnostics, render, to_json};
use planc_lang::eval::{Env, NoCalls, eval};
use planc_lang::format::format;
use planc_lang::lexer::lex;
use planc_lang::parser::parse;
use planc_lang::source::Sources;
use planc_lang::value::Value;

/// Texts past this length only make the fuzzer slow: what they show, shorter ones show.
const MAX_BYTES: usize = 16 * 1024;

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok().filter(|text| text.len() <= MAX_BYTES)
}

/// Every diagnostic has a place between two characters, and can be shown.
fn shown(diagnostics: &[Diagnostic], sources: &Sources) {
    for diagnostic in diagnostics.iter().take(50) {
        render(diagnostic, sources, Colour::Never);
        to_json(diagnostic, sources);
    }
}

/// Tokens lie behind each other, between characters.
pub fn lexer(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut sources = Sources::default();
    let index = sources.add("plan.pl", text);
    let report = Diagnostics::default();
    let lexed = lex(sources.get(index), &report);
    let base = sources.get(index).base;
    let mut end = base;
    for token in &lexed.tokens {
        assert!(end <= token.start && token.start <= token.end, "{token:?} begins before {end}");
        let within = |at: u32| text.is_char_boundary((at - base) as usize);
        assert!(within(token.start) && within(token.end), "{token:?} cuts a character");
        end = token.end;
    }
    assert!((end - base) as usize <= text.len());
    shown(&report.into_sorted(), &sources);
}

/// Parsing ends, says the same twice, and what it says can be shown.
pub fn parser(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut sources = Sources::default();
    let index = sources.add("plan.pl", text);
    let parsed = || {
        let report = Diagnostics::default();
        let file = parse(&sources, index, &report);
        (file, report.into_sorted())
    };
    let (file, diagnostics) = parsed();
    let (again, repeated) = parsed();
    assert_eq!(file, again);
    assert_eq!(format!("{diagnostics:?}"), format!("{repeated:?}"));
    shown(&diagnostics, &sources);
}

/// What parses without a mistake is formatted into what parses without a mistake, and formatted once for all; a plan that
/// compiles keeps its digest.
pub fn formatter(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut sources = Sources::default();
    let index = sources.add("plan.pl", text);
    let report = Diagnostics::default();
    let file = parse(&sources, index, &report);
    if !report.is_empty() {
        return;
    }
    let once = format(&sources, index, &file);
    let formatted = sources.add("formatted.pl", once.clone());
    let report = Diagnostics::default();
    let again = parse(&sources, formatted, &report);
    assert!(report.is_empty(), "formatting broke it:\n{once}\n{:#?}", report.into_sorted());
    assert_eq!(file.comments.len(), again.comments.len(), "a comment was lost in\n{once}");
    let twice = format(&sources, formatted, &again);
    assert_eq!(once, twice, "formatting twice differs");
    let digest = |text: &str| compiled(text).1.compiled.map(|compiled| compiled.digest);
    assert_eq!(digest(text), digest(&once), "formatting changed the digest of\n{once}");
}

fn builtin(sources: &mut Sources) -> Catalogue {
    let index = add_builtin(sources);
    let (catalogue, problems) = load_catalogue(sources, &[index]);
    assert!(problems.is_empty());
    catalogue
}

fn compiled(text: &str) -> (Sources, Compilation) {
    let mut sources = Sources::default();
    let catalogue = builtin(&mut sources);
    let index = sources.add("plan.pl", text);
    let compilation = compile(&sources, index, &catalogue);
    (sources, compilation)
}

/// Checking ends, and either says what is wrong or gives a plan with a digest that is the same twice.
pub fn checker(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let (sources, compilation) = compiled(text);
    shown(&compilation.diagnostics, &sources);
    match compilation.compiled {
        Some(plan) => {
            assert_eq!(Some(plan.digest), compiled(text).1.compiled.map(|again| again.digest));
            let form = plan.to_json();
            serde_json::from_str::<serde_json::Value>(&form).expect("the canonical form is JSON");
            assert!(plan.graph.waves().iter().map(Vec::len).sum::<usize>() == plan.plan.steps.len());
        }
        None => assert!(!compilation.diagnostics.is_empty(), "refused without a word"),
    }
}

/// The values of everything pure fit their types, and what is known while parts are unknown stays so.
pub fn evaluator(data: &[u8]) {
    let Some(text) = text(data) else { return };
    // Most inputs of a fuzzer are no plans: a line that is none becomes the value of one.
    let text = match text.contains("plan \"") {
        true => text.to_owned(),
        false => format!("plan \"p\" {{\n  step s = fs.read(path: \"a\")\n  output x = {text}\n}}\n"),
    };
    let (_, compilation) = compiled(&text);
    let Some(compiled) = compilation.compiled else { return };
    let plan = &compiled.plan;
    let mut env = Env::of_text(plan);
    let outputs: Vec<_> = plan.outputs.iter().map(|output| &output.value).collect();
    let pure = plan.lets.iter().map(|declared| &declared.value).chain(outputs);
    for expr in pure {
        let Ok(value) = eval(expr, &mut env, &mut NoCalls) else { continue };
        if value.is_known() {
            if let Err(misfit) = check_value(&value, &expr.ty) {
                panic!("{value} is no {}: {misfit}\n{text}", expr.ty);
            }
            let json = value.to_json();
            let read = Value::from_json(&json);
            assert_eq!(read.to_json(), json, "a value changes on its way through JSON");
        }
    }
}

/// Loading ends, and either says what is wrong or gives tools whose signatures and digests can be shown.
pub fn catalogue(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut sources = Sources::default();
    let index = sources.add("tools.pl", text);
    let (catalogue, problems) = load_catalogue(&sources, &[index]);
    shown(&problems, &sources);
    for tool in catalogue.tools() {
        tool.signature();
        serde_json::to_string(&**tool).expect("a tool is JSON");
    }
}
