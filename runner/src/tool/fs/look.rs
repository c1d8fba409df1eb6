//! `fs.read`, `fs.list`, `fs.glob`, `fs.stat`: what is there, as the overlay shows it.

use super::super::{Args, ToolError};
use super::{count, utf8};
use crate::workspace::{Kind, Overlay, Sight};
use planc_lang::types::Type;
use planc_lang::value::Value;

/// `fs.read`
pub fn read(args: &Args, overlay: &mut Overlay) -> Result<Value, ToolError> {
    let (Some(given), Some(max)) = (args.text("path"), args.size("max_bytes")?) else {
        return Ok(args.unknown_result());
    };
    let path = overlay.resolve(given)?;
    match overlay.read(&path, max)? {
        Sight::Unknown { .. } => Ok(args.result_with([("path", Value::string(given))])),
        Sight::Known(bytes) => Ok(Value::record([
            ("path", Value::string(given)),
            ("text", Value::string(utf8(given, &bytes)?)),
            ("bytes", count(bytes.len())),
        ])),
    }
}

/// `fs.list`
pub fn list(args: &Args, overlay: &mut Overlay) -> Result<Value, ToolError> {
    let Some(given) = args.text("path") else { return Ok(args.unknown_result()) };
    let path = overlay.resolve(given)?;
    let Sight::Known(entries) = overlay.list(&path)? else {
        return Ok(args.result_with([("path", Value::string(given))]));
    };
    let entries = entries.into_iter().map(|entry| {
        let path = if given == "." { entry.name.clone() } else { format!("{given}/{}", entry.name) };
        Value::record([
            ("name", Value::string(entry.name)),
            ("path", Value::string(path)),
            ("kind", Value::string(entry.kind.as_str())),
            ("bytes", Value::Int(entry.bytes as i64)),
        ])
    });
    Ok(Value::record([("path", Value::string(given)), ("entries", Value::list(entries))]))
}

/// `fs.glob`
pub fn glob(args: &Args, overlay: &mut Overlay) -> Result<Value, ToolError> {
    let (Some(pattern), Some(ignored)) = (args.text("pattern"), args.flag("ignored")) else {
        return Ok(args.unknown_result());
    };
    match overlay.glob(pattern, ignored)? {
        Sight::Unknown { .. } => Ok(args.result_with([])),
        Sight::Known(paths) => Ok(Value::record([("paths", Value::list(paths.into_iter().map(Value::string)))])),
    }
}

/// `fs.stat`
pub fn stat(args: &Args, overlay: &mut Overlay) -> Result<Value, ToolError> {
    let Some(given) = args.text("path") else { return Ok(args.unknown_result()) };
    let path = overlay.resolve_link(given)?;
    let Sight::Known(info) = overlay.stat(&path)? else {
        return Ok(args.result_with([("path", Value::string(given))]));
    };
    let mode = match (info.kind, info.mode) {
        (Kind::Missing, _) => Value::string(""),
        (_, Some(mode)) => Value::string(format!("{mode:04o}")),
        (_, None) => Value::Unknown(Type::String),
    };
    Ok(Value::record([
        ("path", Value::string(given)),
        ("kind", Value::string(info.kind.as_str())),
        ("bytes", Value::Int(info.bytes as i64)),
        ("mode", mode),
    ]))
}
