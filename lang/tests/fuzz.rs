//! The corpus of the fuzzers, once through each of their targets: what was found stays found. `fuzz/README.md` says how to look
//! for more.

// The crate is pure; its tests read their corpus from files.
#![allow(clippy::disallowed_methods)]

#[path = "../fuzz/targets.rs"]
mod targets;

use std::path::Path;

/// A part of the language and what must hold of any bytes.
type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 6] = [
    ("lexer", targets::lexer),
    ("parser", targets::parser),
    ("formatter", targets::formatter),
    ("checker", targets::checker),
    ("evaluator", targets::evaluator),
    ("catalogue", targets::catalogue),
];

/// The files of a folder in order; none where there is no such folder.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry of the corpus").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a readable file of the corpus")).collect()
}

#[test]
fn the_corpus_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let seeds = files(&corpus.join("seeds"));
    assert!(seeds.len() >= 20, "{} seeds", seeds.len());
    for (name, target) in TARGETS {
        let own = files(&corpus.join(name));
        seeds.iter().chain(&own).for_each(|data| target(data));
    }
}
