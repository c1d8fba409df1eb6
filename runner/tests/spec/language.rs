//! Blocks in the plan language: plans, items, catalogues, expressions.

use crate::blocks::Block;
use planc_lang::catalogue::Catalogue;
use planc_lang::codes::Code;
use planc_lang::compile::{add_builtin, check_source, compile, load_catalogue};
use planc_lang::diagnostic::{Colour, Diagnostic, render};
use planc_lang::eval::{Env, NoCalls, eval};
use planc_lang::source::Sources;

/// The tools that the plans of a section may call.
pub struct Language {
    sources: Sources,
    files: Vec<usize>,
    catalogue: Catalogue,
}

/// What a block of items may touch.
const GENEROUS: &str = r#"  critical {
    read "**"
    create "**"
    modify "**"
    delete "**"
    run "cargo"
    run "git"
    run "sh"
    contact "*"
  }
"#;

/// What every plan needs.
const STEP: &str = "  step needed = fs.stat(path: \".\")\n";

/// The names that expressions may use besides their own: what `u` gives is unknown, and `maybe` may be null.
const NAMES: &str = r#"  critical { run "true" }
  step u = process.run(argv: ["true"])
  step maybe = fs.stat(path: ".") {
    when u.exit_code == 0
  }
"#;

/// Warnings that come of the wrapping.
const OF_WRAPPING: [Code; 2] = [Code::UnusedCritical, Code::UnusedLet];

impl Language {
    /// The built-in tools.
    pub fn new() -> Language {
        let mut sources = Sources::default();
        let files = vec![add_builtin(&mut sources)];
        let (catalogue, mistakes) = load_catalogue(&sources, &files);
        assert!(mistakes.is_empty(), "the built-in catalogue has no mistakes");
        Language { sources, files, catalogue }
    }

    /// Checks a block; says what is not as its attributes announce. A catalogue without errors can be used from here on.
    pub fn check(&mut self, block: &Block) -> Result<(), String> {
        let mut sources = self.sources.clone();
        let is_items = block.kind == "items";
        let text = if is_items { wrapped(&block.content) } else { block.content.clone() };
        let index = sources.add(format!("{}.pl", block.kind), text);
        let found = check_source(&sources, index, &self.catalogue);
        let expected = announced(block);
        let counts =
            |found: &&Diagnostic| !is_items || expected.contains(&found.code) || !OF_WRAPPING.contains(&found.code);
        let mut codes: Vec<Code> = found.iter().filter(counts).map(|found| found.code).collect();
        codes.sort_unstable();
        if codes != expected {
            let drawn: String =
                found.iter().filter(counts).map(|found| render(found, &sources, Colour::Never) + "\n").collect();
            let announced = if expected.is_empty() { "no mistake".to_owned() } else { shown(&expected) };
            return Err(format!("expected {announced}, found {}\n{drawn}", shown(&codes)));
        }
        if block.kind == "catalogue" && !found.iter().any(|d| d.severity() == planc_lang::codes::Severity::Error) {
            self.sources = sources;
            self.files.push(index);
            let (catalogue, mistakes) = load_catalogue(&self.sources, &self.files);
            let own = mistakes.iter().filter(|d| d.severity() == planc_lang::codes::Severity::Error).count();
            assert_eq!(own, 0, "{mistakes:#?}");
            self.catalogue = catalogue;
        }
        Ok(())
    }

    /// Lines `expression  // …` with what stands behind each brought up to date.
    pub fn values(&self, content: &str) -> String {
        content.lines().map(|line| self.line(line) + "\n").collect()
    }

    fn line(&self, line: &str) -> String {
        let marks = ["// ⟶", "// error", "// :"];
        let Some((at, mark)) = marks.iter().find_map(|mark| Some((line.rfind(mark)?, *mark))) else {
            return line.to_owned();
        };
        let expression = line[..at].trim_end();
        let result = match self.evaluate(expression, mark == "// :") {
            Ok(value) => format!("{} {value}", if mark == "// :" { mark } else { "// ⟶" }),
            Err(codes) => format!("// error {codes}"),
        };
        format!("{}{result}", &line[..at])
    }

    fn evaluate(&self, expression: &str, wants_type: bool) -> Result<String, String> {
        let mut sources = self.sources.clone();
        let text = format!("plan \"expression\" {{\n{NAMES}  output it = {expression}\n}}\n");
        let index = sources.add("expression.pl", text);
        let compilation = compile(&sources, index, &self.catalogue);
        let codes: Vec<Code> = compilation.diagnostics.iter().map(|d| d.code).collect();
        let Some(compiled) = compilation.compiled.filter(|_| codes.is_empty()) else { return Err(shown(&codes)) };
        let value = &compiled.plan.outputs[0].value;
        if wants_type {
            return Ok(value.ty.to_string());
        }
        let found = eval(value, &mut Env::of_text(&compiled.plan), &mut NoCalls);
        Ok(found.map_or_else(|failure| format!("fails: {}", failure.message), |value| value.to_string()))
    }
}

fn wrapped(items: &str) -> String {
    let has = |word: &str| items.lines().any(|line| line.starts_with(word));
    let critical = if has("  critical") { "" } else { GENEROUS };
    let step = if has("  step ") { "" } else { STEP };
    format!("plan \"items\" {{\n{critical}{items}{step}}}\n")
}

/// The codes that a block says it gives.
fn announced(block: &Block) -> Vec<Code> {
    let of = |name: &str| block.attributes.get(name).map(String::as_str).unwrap_or_default().to_owned();
    let all = format!("{},{}", of("error"), of("warning"));
    let mut codes: Vec<Code> = all.split(',').filter_map(Code::parse).collect();
    codes.sort_unstable();
    codes
}

fn shown(codes: &[Code]) -> String {
    codes.iter().map(Code::to_string).collect::<Vec<_>>().join(", ")
}
