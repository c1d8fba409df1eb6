//! The text of the built-in catalogue, in the catalogue language; and the call that a gate stands for.

use crate::catalogue::{Param, Tool};
use crate::effects::Effects;
use crate::marks::Marks;
use crate::source::Span;
use crate::syntax::{Approval, Mark};
use crate::types::Type;

/// The catalogues of tools that planc itself brings.
pub const TEXT: &str = include_str!("../catalogue/builtin.pl");

/// Their names, which no other catalogue may have.
pub const CATALOGUES: [&str; 4] = ["fs", "process", "http", "model"];

/// The tool of [`gate`].
pub const GATE: &str = "gate";

/// What a gate calls: a person agrees to a text and the values that are shown with it. No catalogue has it and no step can
/// name it; it does nothing.
pub fn gate() -> Tool {
    let param = |name: &str, doc: &str, ty: Type| Param {
        name: name.into(),
        doc: doc.into(),
        ty,
        marks: Marks::default().with([Mark::Data]),
        optional: false,
        default: None,
        wire_name: None,
    };
    Tool {
        name: GATE.into(),
        doc: "A person agrees here to the values that are shown.".into(),
        params: vec![
            param("text", "What they agree to.", Type::String),
            param("show", "The values, by the names that the plan gives them.", Type::Any),
        ],
        result: Type::Null,
        result_marks: Marks::default(),
        effects: Effects::Declared(Vec::new()),
        approval: Approval::Ask,
        idempotent: true,
        independent: false,
        timeout_ms: None,
        probe: None,
        category: None,
        general: None,
        wire_name: None,
        pinned: None,
        simulate: None,
        limit: None,
        paged: None,
        span: Span::default(),
    }
}
