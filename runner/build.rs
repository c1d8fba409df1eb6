//! The folder `examples` ⟶ a table of files for `planc demo`. A package without that folder has an empty table.

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
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("examples.rs");
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
