//! What a condition proves: which names and fields are not null where it is true, or where it is false.

use super::Checker;
use crate::lexer::is_name;
use crate::syntax::{BinaryOp, Expr, ExprKind, StringPart, UnaryOp};
use crate::types::Quoted;

impl Checker<'_> {
    /// From here on, until `not_null` is cut back, the condition is true.
    pub(super) fn assume_true(&mut self, condition: &Expr) {
        facts(condition, true, &mut self.not_null);
    }

    /// From here on, until `not_null` is cut back, the condition is false.
    pub(super) fn assume_false(&mut self, condition: &Expr) {
        facts(condition, false, &mut self.not_null);
    }

    /// Whether a condition around has shown that this name or field is not null.
    pub(super) fn is_proven(&self, expr: &Expr) -> bool {
        if self.not_null.is_empty() {
            return false;
        }
        let mut path = String::new();
        path_of(expr, &mut path) && self.not_null.contains(&path)
    }
}

fn facts(condition: &Expr, truth: bool, found: &mut Vec<String>) {
    match &condition.kind {
        ExprKind::Paren(inner) => facts(inner, truth, found),
        ExprKind::Unary { op: UnaryOp::Not, operand } => facts(operand, !truth, found),
        ExprKind::Binary { op, operands, .. } => {
            let both = matches!((op, truth), (BinaryOp::And, true) | (BinaryOp::Or, false));
            let differs = matches!((op, truth), (BinaryOp::NotEqual, true) | (BinaryOp::Equal, false));
            if both {
                facts(&operands.0, truth, found);
                facts(&operands.1, truth, found);
            } else if differs {
                match (&operands.0.kind, &operands.1.kind) {
                    (_, ExprKind::Null) => not_null(&operands.0, found),
                    (ExprKind::Null, _) => not_null(&operands.1, found),
                    _ => {}
                }
            } else if matches!((op, truth), (BinaryOp::Equal, true) | (BinaryOp::NotEqual, false)) {
                // What equals a literal is not null.
                match (is_literal(&operands.0), is_literal(&operands.1)) {
                    (false, true) => not_null(&operands.0, found),
                    (true, false) => not_null(&operands.1, found),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn is_literal(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::String(_))
}

/// Records the path and, for `a?.b`, everything on the way to it.
fn not_null(expr: &Expr, found: &mut Vec<String>) {
    let mut path = String::new();
    if path_of(expr, &mut path) {
        found.push(path);
    }
    if let ExprKind::Field(field) = &expr.kind
        && field.optional
    {
        not_null(&field.base, found);
    }
}

/// Writes `[0]` or `["key"]` for an index that is constant; false for any other. A key that could be a field is one.
fn push_index(index: &Expr, path: &mut String) -> bool {
    match &index.kind {
        ExprKind::Int(at) => path.push_str(&format!("[{at}]")),
        ExprKind::String(literal) => match literal.parts.as_slice() {
            [StringPart::Text(key)] if is_name(key) => path.push_str(&format!(".{key}")),
            [StringPart::Text(key)] => path.push_str(&format!("[{}]", Quoted(key))),
            _ => return false,
        },
        ExprKind::Paren(inner) => return push_index(inner, path),
        _ => return false,
    }
    true
}

/// Writes `a.b[0]` for a name or a chain of fields and constant indexes of one; false for anything else.
fn path_of(expr: &Expr, path: &mut String) -> bool {
    match &expr.kind {
        ExprKind::Name(name) => {
            path.push_str(name);
            true
        }
        ExprKind::Field(field) => {
            let found = path_of(&field.base, path);
            path.push('.');
            path.push_str(&field.name.name);
            found
        }
        ExprKind::Index { base, index } => path_of(base, path) && push_index(index, path),
        ExprKind::Paren(inner) => path_of(inner, path),
        _ => false,
    }
}
