//! The folder `examples` ⟶ a table of files for `planc demo`, and `spec/schemas` ⟶ one for `planc schema`. A package without
//! these folders has empty tables.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let examples = manifest.join("../examples");
    println!("cargo:rerun-if-changed=build.rs");
    if examples.is_dir() {
        println!("cargo:rerun-if-changed={}", examples.display());
    }
    let mut table = "&[\n".to_owned();
    for example in sorted(&examples).into_iter().filter(|path| path.is_dir()) {
        let mut files = Vec::new();
        walk(&example, &mut files);
        if !files.iter().any(|path| path.extension().is_some_and(|extension| extension == "pl")) {
            continue;
        }
        let name = example.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let _ = writeln!(table, "    Example {{ name: {name:?}, files: &[");
        for file in files {
            let inside = file.strip_prefix(&example).unwrap_or(&file).to_string_lossy().into_owned();
            let path = file.canonicalize().unwrap_or(file.clone());
            let _ = writeln!(table, "        ({inside:?}, include_bytes!({path:?})),");
        }
        table.push_str("    ] },\n");
    }
    table.push_str("]\n");
    write("examples.rs", &table);
    write("schemas.rs", &schemas(&manifest.join("../spec/schemas")));
}

/// The schemas of published forms, each by the name of its file.
fn schemas(folder: &Path) -> String {
    if folder.is_dir() {
        println!("cargo:rerun-if-changed={}", folder.display());
    }
    let mut table = "&[\n".to_owned();
    for path in sorted(folder) {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix(".schema.json") else { continue };
        let path = path.canonicalize().unwrap_or(path.clone());
        let _ = writeln!(table, "    Schema {{ name: {name:?}, text: include_str!({path:?}) }},");
    }
    table + "]\n"
}

fn write(name: &str, table: &str) {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join(name);
    if let Err(error) = std::fs::write(&out, table) {
        println!("cargo:error=cannot write {}: {error}", out.display());
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in sorted(folder) {
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_dir() => walk(&path, files),
            Ok(metadata) if metadata.is_file() => files.push(path),
            _ => {}
        }
    }
}
