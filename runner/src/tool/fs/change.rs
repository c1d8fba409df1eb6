//! `fs.write`, `fs.edit`, `fs.append`, `fs.make_dir`: changes of single paths.

use super::super::{Args, ToolError};
use super::{count, touches, touches_any_path, utf8, whole};
use crate::workspace::{Executable, Kind, MAX_FILE_BYTES, Overlay, Sight};
use planc_lang::types::Type;
use planc_lang::value::Value;

/// `fs.write`
pub fn write(args: &Args, overlay: &mut Overlay) -> Result<Value, ToolError> {
    whole(overlay, |overlay| {
        let Some(given) = args.text("path") else { return Ok(touches_any_path(args, overlay)) };
        let path = overlay.resolve(given)?;
        let (Some(text), Some(executable)) = (args.text("text"), args.flag("executable")) else {
            let created = created(overlay.stat(&path)?.map(|info| info.kind == Kind::Missing));
            touches(overlay, &path, None);
            let bytes = args.text("text").map_or(Value::Unknown(Type::Int), |text| count(text.len()));
            return Ok(args.result_with([("path", Value::string(given)), ("bytes", bytes), ("created", created)]));
        };
        let executable = if executable { Executable::Yes } else { Executable::Unchanged };
        let is_new = overlay.write(&path, text.as_bytes().into(), executable)?;
        Ok(Value::record([("path", Value::string(given)), ("bytes", count(text.len())), ("created", created(is_new))]))
    })
}

/// `fs.append`
pub fn append(args: &Args, overlay: &mut Overlay) -> Result<Value, ToolError> {
    whole(overlay, |overlay| {
        let Some(given) = args.text("path") else { return Ok(touches_any_path(args, overlay)) };
        let path = overlay.resolve(given)?;
        let is_new = overlay.stat(&path)?.map(|info| info.kind == Kind::Missing);
        let before = match is_new {
            Sight::Known(true) => Sight::Known([].into()),
            Sight::Known(false) => overlay.read(&path, MAX_FILE_BYTES)?,
            Sight::Unknown { ref by } => Sight::Unknown { by: by.clone() },
        };
        let (before, text) = match (before, args.text("text")) {
            (Sight::Known(before), Some(text)) => (before, text),
            (before, _) => {
                let by = if let Sight::Unknown { by } = before { Some(by) } else { None };
                touches(overlay, &path, by);
                return Ok(args.result_with([("path", Value::string(given)), ("created", created(is_new))]));
            }
        };
        let bytes = [&before, text.as_bytes()].concat();
        let length = bytes.len();
        overlay.write(&path, bytes.into(), Executable::Unchanged)?;
        Ok(Value::record([("path", Value::string(given)), ("bytes", count(length)), ("created", created(is_new))]))
    })
}

/// `fs.make_dir`
pub fn make_dir(args: &Args, overlay: &mut Overlay) -> Result<Value, ToolError> {
    whole(overlay, |overlay| {
        let Some(given) = args.text("path") else { return Ok(touches_any_path(args, overlay)) };
        let path = overlay.resolve(given)?;
        let is_new = overlay.make_dir(&path)?;
        Ok(Value::record([("path", Value::string(given)), ("created", created(is_new))]))
    })
}

/// `fs.edit`
pub fn edit(args: &Args, overlay: &mut Overlay) -> Result<Value, ToolError> {
    whole(overlay, |overlay| {
        let Some(given) = args.text("path") else { return Ok(touches_any_path(args, overlay)) };
        let path = overlay.resolve(given)?;
        let bytes = match overlay.read(&path, MAX_FILE_BYTES)? {
            Sight::Known(bytes) => bytes,
            Sight::Unknown { by } => {
                touches(overlay, &path, Some(by));
                return Ok(args.result_with([("path", Value::string(given))]));
            }
        };
        let edits = args.get("edits");
        if !edits.is_known() {
            touches(overlay, &path, None);
            return Ok(args.result_with([("path", Value::string(given))]));
        }
        let (text, replaced) = edited(given, utf8(given, &bytes)?, edits.as_list().unwrap_or_default())?;
        let length = text.len();
        overlay.write(&path, text.into_bytes().into(), Executable::Unchanged)?;
        Ok(Value::record([
            ("path", Value::string(given)),
            ("replaced", Value::Int(replaced)),
            ("bytes", count(length)),
        ]))
    })
}

fn created(is_new: Sight<bool>) -> Value {
    is_new.known().map_or(Value::Unknown(Type::Bool), Value::Bool)
}

/// Makes edits one after the other; gives the text and how many places were replaced.
fn edited(path: &str, text: &str, edits: &[Value]) -> Result<(String, i64), ToolError> {
    let mut text = text.to_owned();
    let mut replaced = 0;
    for (index, edit) in edits.iter().enumerate() {
        let field = |name| edit.get(name).and_then(Value::as_str).unwrap_or_default();
        let (find, replace) = (field("find"), field("replace"));
        let wanted = edit.get("count").and_then(Value::as_int).unwrap_or(1);
        let failed = |why: String| ToolError::before(format!("could not make edit {} of `{path}`: {why}", index + 1));
        if find.is_empty() {
            return Err(failed("the text to find is empty".into()));
        }
        if wanted < 1 {
            return Err(failed(format!("`count` must be at least 1, it is {wanted}")));
        }
        let found = text.matches(find).count() as i64;
        if found != wanted {
            return Err(failed(miscounted(&text, find, found, wanted)));
        }
        let grown = text.len() as u64 + (wanted as u64) * (replace.len().saturating_sub(find.len()) as u64);
        if grown > MAX_FILE_BYTES {
            return Err(failed(format!("the file would have more than {MAX_FILE_BYTES} bytes")));
        }
        text = text.replace(find, replace);
        replaced += found;
    }
    Ok((text, replaced))
}

fn miscounted(text: &str, find: &str, found: i64, wanted: i64) -> String {
    let times = |count: i64| if count == 1 { "once".to_owned() } else { format!("{count} times") };
    match (found, nearest_line(text, find)) {
        (0, Some((number, line))) => format!(
            "the text to find does not occur; line {number} differs from it only in white space: {:?}",
            line.chars().take(120).collect::<String>()
        ),
        (0, None) => "the text to find does not occur".into(),
        _ => format!("the text to find occurs {}, not {}", times(found), times(wanted)),
    }
}

/// The first line that holds the first line of `find` when white space does not count.
fn nearest_line<'a>(text: &'a str, find: &str) -> Option<(usize, &'a str)> {
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = find.lines().map(squeezed).find(|line| !line.is_empty())?;
    text.lines().enumerate().find(|(_, line)| squeezed(line).contains(&wanted)).map(|(index, line)| (index + 1, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(find: &str, replace: &str) -> Value {
        Value::record([("find", Value::string(find)), ("replace", Value::string(replace))])
    }

    #[test]
    fn edits_apply_one_after_the_other() {
        let edits = [edit("a", "b"), edit("bb", "c")];
        assert_eq!(edited("f", "ab", &edits).map_err(|e| e.message), Ok(("c".to_owned(), 2)));
    }

    #[test]
    fn a_miscount_names_what_was_found() {
        let error = edited("f", "x x", &[edit("x", "y")]).unwrap_err();
        assert_eq!(error.message, "could not make edit 1 of `f`: the text to find occurs 2 times, not once");
    }

    #[test]
    fn a_difference_in_white_space_is_pointed_out() {
        let error = edited("f", "one\n\tlet  a = 1;\n", &[edit("    let a = 1;", "")]).unwrap_err();
        assert!(error.message.ends_with(r#"line 2 differs from it only in white space: "\tlet  a = 1;""#), "{error}");
    }
}
