//! The chapters of `spec/`, executed: every plan must check as its block says, every expression have the value that stands
//! behind it, every command print what is shown, every sentence of the grammar parse.
//!
//! With `SPEC_UPDATE=1` values and outputs are written into the chapters instead; the difference is then read like code.

mod blocks;
mod console;
mod grammar;
mod language;
mod tables;
#[path = "../world/mod.rs"]
mod world;

use blocks::{Block, blocks};
use console::Scratch;
use language::Language;
use std::path::PathBuf;

/// A chapter with what was found wrong in it.
struct Chapter {
    path: PathBuf,
    text: String,
    mistakes: Vec<String>,
    /// Blocks whose content is out of date: where it stands, and what it should be.
    updates: Vec<(std::ops::Range<usize>, String)>,
}

impl Chapter {
    fn open(name: &str) -> Chapter {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../spec").join(name);
        let text = std::fs::read_to_string(&path).expect("the chapter is there");
        Chapter { path, text, mistakes: Vec::new(), updates: Vec::new() }
    }

    fn mistake(&mut self, line: usize, text: &str) {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.mistakes.push(format!("spec/{name}:{line}: {text}"));
    }

    /// Executes all blocks. A section begins with an empty workspace and without catalogues of its own.
    fn execute(&mut self) {
        let mut section = usize::MAX;
        let mut language = Language::new();
        let mut scratch = Scratch::default();
        for block in blocks(&self.text) {
            if block.section != section {
                section = block.section;
                language = Language::new();
                scratch = Scratch::default();
            }
            match block.kind.as_str() {
                "plan" | "items" | "catalogue" => {
                    if let Err(why) = language.check(&block) {
                        self.mistake(block.line, &why);
                    }
                }
                "expr" => {
                    let values = language.values(&block.content);
                    self.compare(&block, &values);
                }
                "file" => match block.attributes.get("name") {
                    Some(name) => scratch.write(name, &block.content),
                    None => self.mistake(block.line, "a file needs a name"),
                },
                "console" => {
                    let said = scratch.play(&block.content);
                    self.compare(&block, &said);
                }
                "ebnf" => {
                    if let Err(why) = grammar::check(&block.content) {
                        self.mistake(block.line, &why);
                    }
                }
                "functions" => {
                    let table = tables::functions();
                    self.compare(&block, &table);
                }
                "groups" => {
                    let table = tables::groups();
                    self.compare(&block, &table);
                }
                "template" => self.compare(&block, planc::config::TEMPLATE),
                "limits" => {
                    let table = tables::limits();
                    self.compare(&block, &table);
                }
                "text" | "json" | "toml" => {}
                other => self.mistake(block.line, &format!("no block is called `{other}`")),
            }
        }
    }

    fn compare(&mut self, block: &Block, actual: &str) {
        if console::matches(&block.content, actual) {
            return;
        }
        let (line, diff) = console::first_difference(&block.content, actual);
        self.mistake(block.line + 1 + line, &diff);
        self.updates.push((block.range.clone(), actual.to_owned()));
    }

    fn finish(mut self) {
        if std::env::var_os("SPEC_UPDATE").is_some() {
            for (range, text) in self.updates.drain(..).rev() {
                self.text.replace_range(range, &text);
            }
            std::fs::write(&self.path, &self.text).expect("the chapter can be written");
        }
        assert!(self.mistakes.is_empty(), "\n{}", self.mistakes.join("\n\n"));
    }
}

macro_rules! chapters {
    ($($test:ident: $name:literal;)*) => {
        $(
            #[test]
            fn $test() {
                let mut chapter = Chapter::open($name);
                chapter.execute();
                chapter.finish();
            }
        )*

        const CHAPTERS: &[&str] = &[$($name),*];
    };
}

chapters! {
    lexical: "01-lexical.md";
    grammar_chapter: "02-grammar.md";
    types: "03-types.md";
    values: "04-values-and-expressions.md";
    effects: "05-effects-and-order.md";
    catalogues: "06-catalogues.md";
    dry_run: "07-dry-run.md";
    approval: "08-approval.md";
    execution: "09-execution.md";
    configuration: "10-configuration.md";
    command_line: "11-command-line.md";
    diagnostics: "12-diagnostics.md";
    compiled_form: "13-compiled-form.md";
    for_models: "14-for-models.md";
    modes: "15-modes.md";
    policy: "16-policy.md";
    reports: "17-reports.md";
    agents: "18-agents.md";
    information_flow: "19-information-flow.md";
    readme: "README.md";
    decisions: "decisions.md";
}

#[test]
fn every_chapter_is_executed_and_listed() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../spec");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the specification is there")
        .map(|entry| entry.expect("an entry can be read").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".md"))
        .collect();
    names.sort();
    assert_eq!(names, CHAPTERS);
    let index = std::fs::read_to_string(folder.join("README.md")).expect("the index is there");
    for name in CHAPTERS.iter().filter(|name| **name != "README.md") {
        assert!(index.contains(&format!("({name})")), "the index leads to {name}");
    }
}
