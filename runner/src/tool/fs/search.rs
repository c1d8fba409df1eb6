//! `fs.search`: a regular expression ⟶ the lines that it matches in all text files of a glob.

use super::super::{Args, ToolError};
use super::count;
use crate::workspace::{FileError, MAX_FILE_BYTES, Overlay, Sight};
use planc_lang::value::Value;
use regex::{Regex, RegexBuilder};

/// The most characters of a line that are given; what is cut off is marked by `…`.
pub const MAX_LINE_CHARS: usize = 500;
/// The largest compiled expression, in bytes.
const MAX_PATTERN_BYTES: usize = 10 << 20;

/// `fs.search`
pub fn search(args: &Args, overlay: &mut Overlay) -> Result<Value, ToolError> {
    let (Some(pattern), Some(files), Some(max), Some(ignored)) =
        (args.text("pattern"), args.text("files"), args.size("max_matches")?, args.flag("ignored"))
    else {
        return Ok(args.unknown_result());
    };
    let regex = RegexBuilder::new(pattern)
        .size_limit(MAX_PATTERN_BYTES)
        .build()
        .map_err(|error| ToolError::before(format!("`{pattern}` is not a regular expression: {}", reason(&error))))?;
    let Sight::Known(paths) = overlay.glob(files, ignored)? else { return Ok(args.result_with([])) };
    let mut matches = Vec::new();
    let mut searched = 0;
    for path in &paths {
        match text_of(overlay, path)? {
            Sight::Unknown { .. } => return Ok(args.result_with([])),
            Sight::Known(None) => {}
            Sight::Known(Some(text)) => {
                searched += 1;
                collect(&regex, path, &text, max, &mut matches);
            }
        }
        if matches.len() as u64 > max {
            return Err(ToolError::before(format!("`{pattern}` matches more than {max} lines in `{files}`")));
        }
    }
    Ok(Value::record([("matches", Value::list(matches)), ("files", count(searched))]))
}

/// The text of a file; none where it is binary or too large. That it was looked at counts all the same.
fn text_of(overlay: &mut Overlay, path: &str) -> Result<Sight<Option<String>>, FileError> {
    match overlay.stat(path)? {
        Sight::Unknown { by } => return Ok(Sight::Unknown { by }),
        Sight::Known(info) if info.bytes > MAX_FILE_BYTES => return Ok(Sight::Known(None)),
        Sight::Known(_) => {}
    }
    let bytes = overlay.read(path, MAX_FILE_BYTES)?;
    Ok(bytes.map(|bytes| match bytes.contains(&0) {
        true => None,
        false => std::str::from_utf8(&bytes).ok().map(str::to_owned),
    }))
}

/// Adds the lines that match, up to one more than `max` in all: enough to tell that there are too many.
fn collect(regex: &Regex, path: &str, text: &str, max: u64, matches: &mut Vec<Value>) {
    for (index, line) in text.lines().enumerate().filter(|(_, line)| regex.is_match(line)) {
        matches.push(Value::record([
            ("path", Value::string(path)),
            ("line", count(index + 1)),
            ("text", Value::string(clipped(line))),
        ]));
        if matches.len() as u64 > max {
            return;
        }
    }
}

fn clipped(line: &str) -> String {
    match line.char_indices().nth(MAX_LINE_CHARS) {
        None => line.to_owned(),
        Some((at, _)) => format!("{}…", &line[..at]),
    }
}

/// The last line of what the library says: the reason, without the drawing.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_held_than_tells_that_there_is_too_much() {
        let regex = Regex::new("a").unwrap();
        let mut matches = Vec::new();
        collect(&regex, "f", &"a\n".repeat(1000), 10, &mut matches);
        assert_eq!(matches.len(), 11);
    }
}
