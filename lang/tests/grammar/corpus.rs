//! What an engine must accept and what it must reject, for any engine.

#![allow(clippy::disallowed_methods)]

use planc_lang::catalogue::Catalogue;
use planc_lang::codes::{Code, Severity};
use planc_lang::compile::{add_builtin, check_source, is_catalogue, load_catalogue};
use planc_lang::diagnostic::{Colour, Diagnostics, render};
use planc_lang::format::format;
use planc_lang::parser::parse;
use planc_lang::source::Sources;
use std::path::{Path, PathBuf};

/// An engine with a grammar.
pub trait Judge {
    /// Reads the grammar of a catalogue.
    fn new(case: &Case) -> Self;

    /// Whether it takes a text; where not, the offset at which it stopped.
    fn accepts(&self, text: &str) -> Result<(), usize>;
}

/// A catalogue with its sources.
pub struct Case {
    pub sources: Sources,
    pub catalogue: Catalogue,
}

impl Case {
    fn of(texts: &[&str]) -> Case {
        let mut sources = Sources::default();
        let mut indices = vec![add_builtin(&mut sources)];
        indices.extend(texts.iter().map(|text| sources.add("catalogue.pl", *text)));
        let (catalogue, problems) = load_catalogue(&sources, &indices);
        assert!(problems.iter().all(|problem| problem.severity() == Severity::Warning), "{problems:#?}");
        Case { sources, catalogue }
    }

    /// The codes of the errors in a text.
    pub fn errors(&self, text: &str) -> Vec<Code> {
        let mut sources = self.sources.clone();
        let index = sources.add("plan.pl", text);
        let found = check_source(&sources, index, &self.catalogue);
        found.iter().filter(|found| found.severity() == Severity::Error).map(|found| found.code).collect()
    }

    /// The text in canonical layout, if it is a plan without errors.
    pub fn formatted(&self, text: &str) -> Option<String> {
        let mut sources = self.sources.clone();
        let index = sources.add("plan.pl", text);
        let report = Diagnostics::default();
        let file = parse(&sources, index, &report);
        let is_plan = !report.has_errors() && !is_catalogue(&file) && self.errors(text).is_empty();
        is_plan.then(|| format(&sources, index, &file))
    }
}

/// The built-in tools.
pub fn builtin() -> Case {
    Case::of(&[])
}

/// The built-in tools and those of `catalogue.pl`, which takes words of enumerations.
pub fn with_enumerations() -> Case {
    Case::of(&[include_str!("catalogue.pl")])
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find(|folder| folder.join("examples").is_dir())
        .expect("the root")
        .to_owned()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder and its folders with this ending, sorted.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("an entry of the folder").path();
        match path.is_dir() {
            true => found.extend(files(&path, ending)),
            false if path.extension().is_some_and(|extension| extension == ending) => found.push(path),
            false => {}
        }
    }
    found.sort();
    found
}

/// Blocks of Markdown whose fence begins with this word.
fn blocks(page: &str, kind: &str) -> Vec<String> {
    let fenced = page.split("\n```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    fenced.filter(|(fence, _)| fence.split(' ').next() == Some(kind)).map(|(_, text)| format!("{text}\n")).collect()
}

/// Parts of a file, each below a line that begins with `mark`.
fn parts(text: &str, mark: &str) -> Vec<(String, String)> {
    let (text, mark) = (format!("\n{text}"), format!("\n{mark}"));
    let parts = text.split(&mark).skip(1).filter_map(|part| part.split_once('\n'));
    parts.map(|(title, text)| (title.to_owned(), format!("{text}\n"))).collect()
}

/// Every plan in examples, specification, pages and tests that has no errors, as `fmt` prints it.
pub fn plans(case: &Case) -> Vec<(String, String)> {
    let root = root();
    let mut texts: Vec<(String, String)> = Vec::new();
    for path in files(&root.join("examples"), "pl").iter().chain(&files(&root.join("lang/tests/syntax"), "pl")) {
        texts.push((path.display().to_string(), read(path)));
    }
    for path in files(&root.join("spec"), "md").iter().chain(&files(&root.join("lang/pages"), "md")) {
        let page = read(path);
        let plans = blocks(&page, "plan").into_iter();
        let items = blocks(&page, "items").into_iter().map(|items| {
            let step = if items.contains("  step ") { "" } else { "  step needed = fs.stat(path: \".\")\n" };
            let all = "  critical {\n    modify \"**\"\n    create \"**\"\n    delete \"**\"\n    run \"cargo\"\n    run \"git\"\n    run \"sh\"\n    contact \"*\"\n  }\n";
            let critical = if items.contains("  critical") { "" } else { all };
            format!("plan \"items\" {{\n{critical}{items}{step}}}\n")
        });
        let expressions = blocks(&page, "expr").into_iter().map(|block| {
            let lines = block.lines().filter(|line| line.contains("// ⟶")).enumerate();
            let outputs: String = lines.map(|(at, line)| format!("  output value{at} = {line}\n")).collect();
            format!("plan \"values\" {{\n  step needed = fs.stat(path: \".\")\n{outputs}}}\n")
        });
        texts.extend(plans.chain(items).chain(expressions).map(|text| (path.display().to_string(), text)));
    }
    for path in files(&root.join("lang/tests/check"), "pl") {
        let cases = parts(&read(&path), "// ==== ").into_iter();
        texts.extend(cases.map(|(title, text)| (format!("{}: {title}", path.display()), text)));
    }
    let formatted = texts.into_iter().filter_map(|(name, text)| Some((name, case.formatted(&text)?)));
    formatted.collect()
}

/// Where an engine stopped, for a person.
fn stopped(text: &str, at: usize) -> String {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    format!("{}⟨here⟩{}", &text[..at], &text[at..])
}

/// Accepts every plan.
pub fn accepts_all<J: Judge>() {
    let mut wrong = Vec::new();
    for (case, least) in [(builtin(), 40), (with_enumerations(), 40)] {
        let judge = J::new(&case);
        let mut plans = plans(&case);
        plans.extend(
            parts(include_str!("valid.txt"), "--- ")
                .into_iter()
                .filter_map(|(title, text)| Some((title, case.formatted(&text)?))),
        );
        assert!(plans.len() > least, "the corpus has only {} plans", plans.len());
        for (name, text) in plans {
            if let Err(at) = judge.accepts(&text) {
                wrong.push(format!("{name}\n{}", stopped(&text, at)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} plans are not accepted\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Every plan of `valid.txt` has no errors, and is accepted as it stands there: these are not formatted.
pub fn accepts_layouts<J: Judge>() {
    let case = with_enumerations();
    let judge = J::new(&case);
    let mut wrong = Vec::new();
    for (title, text) in parts(include_str!("valid.txt"), "--- ") {
        let errors = case.errors(&text);
        if !errors.is_empty() {
            wrong.push(format!("{title}: {}", explained(&case, &text)));
        }
        if let Err(at) = judge.accepts(&text) {
            wrong.push(format!("{title}\n{}", stopped(&text, at)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn explained(case: &Case, text: &str) -> String {
    let mut sources = case.sources.clone();
    let index = sources.add("plan.pl", text);
    let found = check_source(&sources, index, &case.catalogue);
    found.iter().map(|found| render(found, &sources, Colour::Never)).collect()
}

/// Rejects every plan of `mistakes.txt`, and those that the tests of the parser hold; each is one that `check` rejects.
pub fn rejects_mistakes<J: Judge>() {
    let case = with_enumerations();
    let judge = J::new(&case);
    let mut mistakes = parts(include_str!("mistakes.txt"), "--- ");
    let known = mistakes.len();
    mistakes.extend(parts(&read(&root().join("lang/tests/syntax/mistakes.txt")), "--- "));
    let mut wrong = Vec::new();
    for (at, (title, text)) in mistakes.iter().enumerate() {
        let errors = case.errors(text);
        if at < known && errors.is_empty() {
            wrong.push(format!("{title}: is no mistake"));
        }
        if !errors.is_empty() && judge.accepts(text).is_ok() {
            wrong.push(format!("{title}: accepted, although {errors:?}\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} are wrong\n{}", wrong.len(), mistakes.len(), wrong.join("\n\n"));
}
