//! The `fs.*` tools: arguments ⟶ looks at an overlay and changes of it ⟶ the result. None of them knows whether it is
//! simulated or about to be made true.
//!
//! Where an argument or what it names is known only after the run, what the call may touch becomes unknown, and so does
//! what the result cannot tell.

mod look;
mod search;
mod change;
mod tree;

pub use change::{append, edit, make_dir, write};
pub use look::{glob, list, read, stat};
pub use search::{MAX_LINE_CHARS, search};
pub use tree::{copy, delete, move_tree};

use super::{Args, ToolError};
use crate::workspace::{FileError, Overlay};
use planc_lang::effects::Resource;
use planc_lang::value::Value;

/// Makes a call that leaves the overlay as it was when it fails.
fn whole(
    overlay: &mut Overlay,
    call: impl FnOnce(&mut Overlay) -> Result<Value, ToolError>,
) -> Result<Value, ToolError> {
    let result = call(overlay);
    if result.is_err() {
        overlay.roll_back();
    }
    result
}

/// The call may touch a path that is not known.
fn touches_any_path(args: &Args, overlay: &mut Overlay) -> Value {
    let step = overlay.step().to_owned();
    overlay.mark_unknown(&Resource::AnyPath, &step);
    args.unknown_result()
}

/// The call does to a path what is not known, because of `by` or of itself.
fn touches(overlay: &mut Overlay, path: &str, by: Option<String>) {
    let by = by.unwrap_or_else(|| overlay.step().to_owned());
    overlay.mark_unknown(&Resource::Path(path.into()), &by);
}

/// The text of a file's content.
fn utf8<'a>(path: &str, bytes: &'a [u8]) -> Result<&'a str, ToolError> {
    std::str::from_utf8(bytes).map_err(|error| {
        ToolError::before(format!("`{path}` is not UTF-8: the byte at {} begins no character", error.valid_up_to()))
    })
}

fn count(number: usize) -> Value {
    Value::Int(number as i64)
}

/// The workspace itself is neither copied over, moved nor deleted.
fn not_root(path: &str, doing: &'static str) -> Result<(), FileError> {
    match path {
        "." => Err(FileError::Io { doing, path: ".".into(), why: "it is the workspace itself".into() }),
        _ => Ok(()),
    }
}
