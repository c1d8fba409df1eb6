//! What ties a tool to its server: the names there, and the pin of the definition there.

use super::param_of;
use crate::catalogue::Tool;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::digest::{Digest, NotADigest};
use crate::syntax::{Ident, Text};

/// The longest name that a server may know a tool or a parameter by, in bytes.
pub const MAX_WIRE_NAME_BYTES: usize = 256;

/// `named`, of the tool or of a parameter.
pub(super) fn name(of: Option<&Ident>, name: &Text, tool: &mut Tool, report: &Diagnostics) {
    if name.value.is_empty() || name.value.len() > MAX_WIRE_NAME_BYTES {
        let message = format!("a name has 1 to {MAX_WIRE_NAME_BYTES} bytes");
        report.push(Diagnostic::new(Code::InvalidValue, name.span, message).label("no name"));
        return;
    }
    let taken = match of {
        None => tool.wire_name.replace(name.value.as_str().into()).is_some(),
        Some(of) => match param_of(&of.name, of.span, tool, report) {
            Some(index) => tool.params[index].wire_name.replace(name.value.as_str().into()).is_some(),
            None => false,
        },
    };
    let of = of.map_or_else(|| format!("the tool `{}`", tool.name), |of| format!("the parameter `{}`", of.name));
    if taken {
        let message = format!("{of} has two names at its server");
        report.push(Diagnostic::new(Code::DuplicateSection, name.span, message).label("named again"));
    }
}

/// `pinned`.
pub(super) fn pin(digest: &Text, report: &Diagnostics) -> Option<Digest> {
    let read = match digest.value.starts_with("sha256:") {
        true => digest.value.parse::<Digest>(),
        false => Err(NotADigest),
    };
    read.map_err(|error| {
        let diagnostic = Diagnostic::new(Code::InvalidValue, digest.span, error.to_string()).label("no digest");
        report.push(diagnostic.help("`planc tools import` writes the digest of what the server says of the tool"));
    })
    .ok()
}
