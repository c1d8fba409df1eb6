//! The house rules that text alone can show: modules import upwards only, and nothing is left undone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A crate of the workspace: its folder with `src`.
fn crates() -> [PathBuf; 2] {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace");
    [workspace.join("lang"), workspace.join("runner")]
}

/// Every Rust file of a crate's `src`, by its path within, with its text.
fn sources(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.join("src")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder of sources") {
            let path = entry.expect("an entry of the folder").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a readable source");
                found.insert(path, text);
            }
        }
    }
    found
}

/// The lines of code without comments, doc comments and what stands behind `#[cfg(test)]`, numbered from 1.
fn code(text: &str) -> Vec<(usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default()));
    lines.take_while(|(_, line)| line.trim() != "#[cfg(test)]").filter(|(_, line)| !line.trim().is_empty()).collect()
}

/// The modules that `lib.rs` declares, in order.
fn listed(text: &str) -> Vec<String> {
    let lines = code(text).into_iter();
    let modules = lines.filter_map(|(_, line)| {
        let line = line.trim().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'))
    });
    modules.map(str::to_owned).collect()
}

/// The module of the crate's root that a file belongs to.
fn root_module(source: &Path, folder: &Path) -> String {
    let within = source.strip_prefix(folder.join("src")).expect("a source of the crate");
    let first = within.components().next().expect("a file has a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn is_test(source: &Path) -> bool {
    source.components().any(|part| part.as_os_str() == "tests") || source.ends_with("tests.rs")
}

/// The first names behind `prefix` in a file: `x` for `crate::x::y`, `a` and `b` for `crate::{a, b::c}`, with their lines.
fn names_behind(text: &str, prefix: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    // Groups may go over several lines, so the whole code is one text with marks for its lines.
    let joined: String = code(text).into_iter().map(|(number, line)| format!("{line}\u{0}{number}\u{1}")).collect();
    let mut rest = joined.as_str();
    while let Some(at) = rest.find(prefix) {
        let whole_word = !rest[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        rest = &rest[at + prefix.len()..];
        let line = rest.find('\u{1}').and_then(|end| rest[..end].rsplit('\u{0}').next()?.parse().ok()).unwrap_or(0);
        if whole_word {
            found.extend(first_names(rest).into_iter().map(|name| (line, name)));
        }
    }
    found
}

fn first_names(rest: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let (mut names, mut depth, mut at_start, mut in_mark) = (Vec::new(), 0, true, false);
    for (at, c) in group.char_indices() {
        match c {
            '\u{0}' => in_mark = true,
            '\u{1}' => in_mark = false,
            _ if in_mark => {}
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            c if at_start && depth == 0 && !c.is_whitespace() => {
                names.push(word(&group[at..]));
                at_start = false;
            }
            _ => {}
        }
    }
    names
}

fn shown(path: &Path, folder: &Path) -> String {
    let workspace = folder.parent().expect("the crate lies in the workspace");
    path.strip_prefix(workspace).unwrap_or(path).display().to_string()
}

#[test]
fn modules_import_only_from_those_listed_above_them() {
    let mut wrong = Vec::new();
    for folder in crates() {
        let sources = sources(&folder);
        let order = listed(&sources[&folder.join("src/lib.rs")]);
        let place = |name: &str| order.iter().position(|module| module == name);
        for (path, text) in sources.iter().filter(|(path, _)| !is_test(path)) {
            let own = root_module(path, &folder);
            if own == "lib" || own == "main" {
                continue;
            }
            let Some(own_place) = place(&own) else {
                wrong.push(format!("{}: `{own}` is not listed in lib.rs", shown(path, &folder)));
                continue;
            };
            for (line, name) in names_behind(text, "crate::") {
                if place(&name).is_some_and(|place| place > own_place) {
                    wrong.push(format!(
                        "{}:{line}: `{own}` imports `crate::{name}`, listed below it",
                        shown(path, &folder)
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn modules_within_a_folder_do_not_import_in_circles() {
    let mut wrong = Vec::new();
    for folder in crates() {
        let mut edges: BTreeMap<(PathBuf, String), BTreeSet<String>> = BTreeMap::new();
        for (path, text) in sources(&folder).iter().filter(|(path, _)| !is_test(path)) {
            let (Some(parent), Some(stem)) = (path.parent(), path.file_stem()) else { continue };
            let used = names_behind(text, "super::").into_iter().map(|(_, name)| name);
            let stem = stem.to_string_lossy().into_owned();
            let siblings = used.filter(|name| *name != stem && parent.join(format!("{name}.rs")).is_file());
            let siblings: BTreeSet<String> = siblings.collect();
            edges.insert((parent.to_owned(), stem), siblings);
        }
        for (parent, start) in edges.keys() {
            if let Some(chain) = circle(&edges, parent, start) {
                wrong.push(format!("{}: {}", shown(parent, &folder), chain.join(" → ")));
            }
        }
    }
    assert!(wrong.is_empty(), "modules import each other in circles\n{}", wrong.join("\n"));
}

/// A way from a module back to itself, if there is one.
fn circle(edges: &BTreeMap<(PathBuf, String), BTreeSet<String>>, parent: &Path, start: &str) -> Option<Vec<String>> {
    let mut open = vec![vec![start.to_owned()]];
    let mut seen = BTreeSet::new();
    while let Some(way) = open.pop() {
        let last = way.last()?.clone();
        for next in edges.get(&(parent.to_owned(), last)).into_iter().flatten() {
            let longer: Vec<String> = way.iter().cloned().chain([next.clone()]).collect();
            if next == start {
                return Some(longer);
            }
            if seen.insert(next.clone()) {
                open.push(longer);
            }
        }
    }
    None
}

#[test]
fn nothing_is_left_undone() {
    let marks = [concat!("todo", "!"), concat!("unimplemented", "!"), concat!("#[", "ignore"), concat!("dbg", "!(")];
    let mut wrong = Vec::new();
    for folder in crates() {
        for (path, text) in sources(&folder) {
            for (number, line) in text.lines().enumerate() {
                if let Some(mark) = marks.iter().find(|mark| line.contains(**mark)) {
                    wrong.push(format!("{}:{}: `{mark}`", shown(&path, &folder), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is() {
    let mut wrong = Vec::new();
    for folder in crates() {
        let silent = sources(&folder).into_iter().filter(|(_, text)| !text.starts_with("//!"));
        wrong.extend(silent.map(|(path, _)| shown(&path, &folder)));
    }
    assert!(wrong.is_empty(), "these do not begin with `//!`\n{}", wrong.join("\n"));
}

#[test]
fn the_readme_walks_past_every_module() {
    let mut wrong = Vec::new();
    for folder in crates() {
        let Ok(readme) = fs::read_to_string(folder.join("README.md")) else { continue };
        for module in listed(&sources(&folder)[&folder.join("src/lib.rs")]) {
            if !readme.contains(&format!("`{module}.rs`")) && !readme.contains(&format!("`{module}/`")) {
                wrong.push(format!("{}: no line for `{module}`", shown(&folder.join("README.md"), &folder)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_are_found_in_every_form() {
    let text = "use crate::a;\nuse crate::{b, c::{d, e},\n    f as g};\n// use crate::h;\nfn x() { crate::i::j() }\n";
    let names: Vec<(usize, String)> = names_behind(text, "crate::");
    let names: Vec<(usize, &str)> = names.iter().map(|(line, name)| (*line, name.as_str())).collect();
    assert_eq!(names, [(1, "a"), (2, "b"), (2, "c"), (2, "f"), (5, "i")]);
}
