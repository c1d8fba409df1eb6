//! What the tests of the crate share: trees in a form in which they can be compared, checked sources, blocks of pages.

#![allow(dead_code)]

use planc_lang::compile::{Compilation, Compiled, add_builtin, check_source, compile, load_catalogue};
use planc_lang::diagnostic::{Diagnostic, Severity};
use planc_lang::source::Sources;
use planc_lang::syntax::File;
use std::path::{Path, PathBuf};

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
    // Debug frames of derived code are large; how deep a tree may be is no matter of this.
    std::thread::scope(|scope| {
        let work = move || {
            let mut value = serde_json::to_value(file).expect("a tree is JSON");
            strip(&mut value);
            value
        };
        let thread = std::thread::Builder::new().stack_size(TREE_STACK_BYTES).spawn_scoped(scope, work);
        thread.expect("a thread starts").join().expect("a tree is JSON")
    })
}

const TREE_STACK_BYTES: usize = 16 << 20;

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

/// Every text of the corpora that may be a plan, by a name that says where it comes from: examples, the chapters of the
/// specification, the cases of the checker, the pages of the codes. Many of them have mistakes.
pub fn corpus() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for path in files(&root.join("examples"), "pl") {
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        found.push((name, read(&path)));
    }
    for path in files(&root.join("spec"), "md") {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = read(&path);
        for (at, (kind, block)) in blocks(&text).enumerate() {
            if kind.starts_with("plan") || kind.starts_with("file") {
                found.push((format!("spec/{name} {}", at + 1), block.to_owned()));
            } else if kind.starts_with("items") {
                let critical = if block.contains("  critical") {
                    ""
                } else {
                    "  critical {\n    read \"**\"\n    create \"**\"\n    modify \"**\"\n    delete \"**\"\n    run \"cargo\"\n    run \"git\"\n    run \"sh\"\n    contact \"*\"\n  }\n"
                };
                found.push((
                    format!("spec/{name} {}", at + 1),
                    format!("plan \"items\" {{\n{critical}{block}\n  step needed = fs.stat(path: \".\")\n}}\n"),
                ));
            }
        }
    }
    for folder in ["tests/check", "tests/syntax/valid", "tests/syntax/format"] {
        for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), "pl") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = read(&path);
            match text.split("// ==== ").skip(1).collect::<Vec<_>>().as_slice() {
                [] => found.push((format!("{folder}/{name}"), text)),
                cases => found.extend(
                    cases
                        .iter()
                        .filter_map(|case| case.split_once('\n'))
                        .map(|(title, source)| (format!("{name}: {title}"), source.to_owned())),
                ),
            }
        }
    }
    for code in planc_lang::codes::Code::ALL {
        for (at, (_, block)) in blocks(code.page()).enumerate() {
            found.push((format!("page {} {}", code.name(), at + 1), block.to_owned()));
        }
    }
    found
}

/// The plans of the corpora that compile against the built-in catalogue, with their texts.
pub fn plans() -> Vec<(String, String, Compiled)> {
    let mut base = Sources::default();
    let builtin = add_builtin(&mut base);
    let (catalogue, _) = load_catalogue(&base, &[builtin]);
    let compiled = corpus().into_iter().filter_map(|(name, text)| {
        let mut sources = base.clone();
        let index = sources.add("plan.pl", text.as_str());
        let compiled = compile(&sources, index, &catalogue).compiled?;
        Some((name, text, compiled))
    });
    compiled.collect()
}

/// The files in a folder and beneath it with an extension, sorted.
#[allow(clippy::disallowed_methods, reason = "the corpora are files")]
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("an entry of the folder").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|other| other == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The text of a file of the repository.
#[allow(clippy::disallowed_methods, reason = "the corpora are files")]
pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
