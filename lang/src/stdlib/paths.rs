//! Functions on paths, purely lexical.

use super::strings::function;
use super::{Function, Needs, takes, text};
use crate::paths::check_path;
use crate::types::Type;
use crate::value::Value;

use Type::{Bool, Path, String as Text};

#[rustfmt::skip]
pub(super) static TABLE: &[Function] = &[
    function!("path.name() -> string", "The last part; `.` for the workspace itself.",
        ("\"src/main.rs\".name()", "\"main.rs\""), [], 0, Text, |p, _| Ok(Value::string(name(text(p)?)))),
    function!("path.parent() -> path", "The directory that holds it; `.` for the workspace itself and what lies directly in it.",
        ("\"src/main.rs\".parent()", "\"src\""), [], 0, Path, |p, _| Ok(Value::string(parent(text(p)?)))),
    function!("path.stem() -> string", "The last part without its extension.",
        ("\"src/main.rs\".stem()", "\"main\""), [], 0, Text, |p, _| Ok(Value::string(split(text(p)?).0))),
    function!("path.extension() -> string?", "What follows the last dot of the last part; null where there is none.",
        ("\"src/main.rs\".extension()", "\"rs\""), [], 0, Text.optional(),
        |p, _| Ok(split(text(p)?).1.map_or(Value::Null, Value::string))),
    function!("path.with_extension(extension: string) -> path", "The path with another extension in place of its own, or without one for an empty text.",
        ("\"notes/a.md\".with_extension(\"html\")", "\"notes/a.html\""), [Text], 0, Path,
        |p, a| with_extension(text(p)?, text(&a[0])?)),
    function!("path.is_within(directory: path) -> bool", "Whether the path is the directory or lies beneath it, going by the texts alone.",
        ("\"src/main.rs\".is_within(\"src\")", "true"), [Path], 0, Bool,
        |p, a| Ok(Value::Bool(is_within(text(p)?, text(&a[0])?)))),
    function!("path.join(part: path) -> path", "The path of `part` beneath it.",
        ("\"src\".join(\"main.rs\")", "\"src/main.rs\""), [Path], 0, Path, |p, a| join(text(p)?, text(&a[0])?)),
];

fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(parent, _)| parent)
}

/// Stem and extension of the last part. A leading dot begins no extension: `.gitignore` has none.
fn split(path: &str) -> (&str, Option<&str>) {
    let name = name(path);
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && !extension.is_empty() => (stem, Some(extension)),
        _ => (name, None),
    }
}

fn with_extension(path: &str, extension: &str) -> Result<Value, String> {
    if path == "." {
        return Err("the workspace itself has no extension".into());
    }
    if extension.contains('/') || extension.starts_with('.') {
        return Err(format!("an extension has no `/` and no leading dot, found {extension:?}"));
    }
    let name = match extension.is_empty() {
        true => split(path).0.to_owned(),
        false => format!("{}.{extension}", split(path).0),
    };
    join(parent(path), &name)
}

fn is_within(path: &str, directory: &str) -> bool {
    directory == "." || path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn join(path: &str, part: &str) -> Result<Value, String> {
    let joined = match (path, part) {
        (".", part) => part.to_owned(),
        (path, ".") => path.to_owned(),
        (path, part) => format!("{path}/{part}"),
    };
    check_path(part)?;
    check_path(&joined)?;
    Ok(Value::string(joined))
}
