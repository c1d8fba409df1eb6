//! What the tests of the crate share: trees in a form in which they can be compared, checked sources, blocks of pages.

#![allow(dead_code)]

use planc_lang::compile::{Compilation, Compiled, add_builtin, check_source, compile, load_catalogue};
use planc_lang::diagnostic::{Diagnostic, Severity};
use planc_lang::source::Sources;
use planc_lang::syntax::File;

/// The tree as JSON without its spans.
pub fn without_spans(file: &File) -> serde_json::Value {
    fn strip(value: &mut serde_json::Value) {
        let is_span = |value: &serde_json::Value| {
            value.as_object().is_some_and(|map| map.len() == 2 && map.contains_key("start") && map.contains_key("end"))
        };
        match value {
            serde_json::Value::Object(map) => {
                map.retain(|_, value| !is_span(value));
                map.values_mut().for_each(strip);
            }
            serde_json::Value::Array(list) => list.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(file).expect("a tree is JSON");
    strip(&mut value);
    value
}

/// The tree without what formatting may change, the order of sections and where comments stand; and the comments' texts.
pub fn canonical(file: &File, sources: &Sources) -> (serde_json::Value, Vec<String>) {
    let mut value = without_spans(file);
    for item in value["items"].as_array_mut().into_iter().flatten() {
        if let Some(items) = item["Plan"]["items"].as_array_mut() {
            items.sort_by_key(|item| {
                let name = item.as_object().and_then(|map| map.keys().next()).cloned().unwrap_or_default();
                let keeps_its_place = matches!(name.as_str(), "Let" | "Step" | "Each" | "Together" | "When" | "Gate");
                if keeps_its_place { "Step".to_owned() } else { name }
            });
        }
    }
    value["comments"] = serde_json::Value::Null;
    let mut comments: Vec<String> = file.comments.iter().map(|c| sources.slice(c.span).to_owned()).collect();
    comments.sort();
    (value, comments)
}

/// A checked source.
pub struct Checked {
    /// With the built-in catalogue and the source itself.
    pub sources: Sources,
    /// The index of the source.
    pub index: usize,
    /// Everything that was reported about it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a plan against the built-in catalogue, or a catalogue by itself.
pub fn check(text: &str) -> Checked {
    let mut sources = Sources::default();
    let builtin = add_builtin(&mut sources);
    let (catalogue, problems) = load_catalogue(&sources, &[builtin]);
    assert!(problems.is_empty(), "{problems:#?}");
    let index = sources.add("plan.pl", text);
    let diagnostics = check_source(&sources, index, &catalogue);
    Checked { sources, index, diagnostics }
}

/// The examples of a page: what stands on their fences, and their texts.
pub fn blocks(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let fenced = page.split("\n```").skip(1).step_by(2);
    fenced.filter_map(|block| block.split_once('\n'))
}

/// Compiles a plan against the built-in catalogue and these; there must be no error.
pub fn compiled(text: &str, catalogues: &[&str]) -> Compiled {
    let compilation = compilation(text, catalogues);
    compilation.compiled.unwrap_or_else(|| panic!("{text}\n{:#?}", compilation.diagnostics))
}

/// What compiling a plan against the built-in catalogue and these gives.
pub fn compilation(text: &str, catalogues: &[&str]) -> Compilation {
    let mut sources = Sources::default();
    let mut indices = vec![add_builtin(&mut sources)];
    indices.extend(catalogues.iter().map(|text| sources.add("catalogue.pl", *text)));
    let (catalogue, problems) = load_catalogue(&sources, &indices);
    assert!(problems.iter().all(|problem| problem.severity() == Severity::Warning), "{problems:#?}");
    let index = sources.add("plan.pl", text);
    compile(&sources, index, &catalogue)
}

/// The digest of a plan that compiles.
pub fn digest(text: &str, catalogues: &[&str]) -> String {
    compiled(text, catalogues).digest.to_string()
}
