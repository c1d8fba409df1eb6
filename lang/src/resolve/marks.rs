//! Marks as written ⟶ the marks of a parameter or a result, named types followed.

use super::clashes;
use super::types::Types;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::marks::{Marks, Side};
use crate::syntax::{FieldType, Mark, Marked, TypeExpr, TypeExprKind};
use smol_str::SmolStr;
use std::sync::Arc;

/// How many types that contain each other are told apart in what they say of their fields.
const MAX_TOLD_APART: usize = 64;

impl Types<'_> {
    /// The marks of what is declared with this type and these marks of its own.
    pub fn marks(&mut self, own: &[Marked], ty: &TypeExpr, side: Side) -> Marks {
        clashes::check(own, self.report);
        check_side(own, side, self.report);
        check_inline(ty, side, self.report);
        let mut under_way = Vec::new();
        let inner = self.inner_marks(ty, side, &mut under_way);
        let own = own.iter().map(|marked| marked.mark).filter(|mark| side.takes(*mark));
        Marks::clone(&inner).with(own)
    }

    /// Finds out what a named type says of the fields in it, after those that it refers to: a chain of names may be long.
    pub(super) fn find_marks(&mut self, name: &SmolStr) {
        for side in [Side::Parameter, Side::Result] {
            self.named_marks(name, side, &mut Vec::new());
        }
    }

    /// What a type says of the fields in it.
    fn inner_marks(&mut self, ty: &TypeExpr, side: Side, under_way: &mut Vec<SmolStr>) -> Arc<Marks> {
        match &ty.kind {
            TypeExprKind::Name(name) => self.named_marks(name, side, under_way),
            TypeExprKind::List(inner)
            | TypeExprKind::Map(inner)
            | TypeExprKind::Refined { base: inner, .. }
            | TypeExprKind::Optional(inner)
            | TypeExprKind::Paren(inner) => self.inner_marks(inner, side, under_way),
            TypeExprKind::Record { fields, rest: _ } => {
                let mut marks = Marks::default();
                for field in fields {
                    let own = field.marks.iter().map(|marked| marked.mark).filter(|mark| side.takes(*mark));
                    let inner = Marks::clone(&self.inner_marks(&field.ty, side, under_way)).with(own);
                    if !inner.is_empty() {
                        marks.fields.insert(field.name.name.clone(), Arc::new(inner));
                    }
                }
                Arc::new(marks)
            }
            TypeExprKind::Union(members) => {
                let all: Vec<Arc<Marks>> =
                    members.iter().map(|member| self.inner_marks(member, side, under_way)).collect();
                all.into_iter().reduce(|a, b| Arc::new(a.of_either(&b, side))).unwrap_or_default()
            }
            TypeExprKind::String(_)
            | TypeExprKind::Int(_)
            | TypeExprKind::Bool(_)
            | TypeExprKind::Null
            | TypeExprKind::Error => Arc::default(),
        }
    }

    fn named_marks(&mut self, name: &SmolStr, side: Side, under_way: &mut Vec<SmolStr>) -> Arc<Marks> {
        if let Some(known) = self.marked.get(&(name.clone(), side)) {
            return known.clone();
        }
        let Some(definition) = self.definitions.get(name).copied() else { return Arc::default() };
        if under_way.contains(name) || under_way.len() >= MAX_TOLD_APART {
            return Arc::new(self.marks_further_on(name));
        }
        under_way.push(name.clone());
        let marks = self.inner_marks(&definition.ty, side, under_way);
        under_way.pop();
        self.marked.insert((name.clone(), side), marks.clone());
        marks
    }

    /// What is said of a type where it goes on in itself: that nothing there is told apart, and that all of it is secret
    /// where any of it is.
    fn marks_further_on(&self, name: &SmolStr) -> Marks {
        let mut seen: Vec<SmolStr> = vec![name.clone()];
        let mut found: Vec<Mark> = Vec::new();
        let mut at = 0;
        while let Some(definition) = seen.get(at).and_then(|name| self.definitions.get(name)) {
            marks_in(&definition.ty, &mut found, &mut |name| {
                if self.definitions.contains_key(name) && !seen.contains(name) {
                    seen.push(name.clone());
                }
            });
            at += 1;
        }
        let secret = found.contains(&Mark::Secret).then_some(Mark::Secret);
        Marks { goes_on: !found.is_empty(), ..Marks::default() }.with(secret)
    }
}

/// Every mark inside a type as written, and every name of a type.
fn marks_in(ty: &TypeExpr, found: &mut Vec<Mark>, named: &mut dyn FnMut(&SmolStr)) {
    match &ty.kind {
        TypeExprKind::Name(name) => named(name),
        TypeExprKind::List(inner)
        | TypeExprKind::Map(inner)
        | TypeExprKind::Refined { base: inner, .. }
        | TypeExprKind::Optional(inner)
        | TypeExprKind::Paren(inner) => {
            marks_in(inner, found, named);
        }
        TypeExprKind::Record { fields, rest: _ } => {
            for field in fields {
                found.extend(field.marks.iter().map(|marked| marked.mark));
                marks_in(&field.ty, found, named);
            }
        }
        TypeExprKind::Union(members) => members.iter().for_each(|member| marks_in(member, found, named)),
        TypeExprKind::String(_)
        | TypeExprKind::Int(_)
        | TypeExprKind::Bool(_)
        | TypeExprKind::Null
        | TypeExprKind::Error => {}
    }
}

/// Reports marks that say nothing on their side.
fn check_side(marks: &[Marked], side: Side, report: &Diagnostics) {
    for marked in marks.iter().filter(|marked| !side.takes(marked.mark)) {
        let word = marked.mark.as_str();
        let diagnostic = match side {
            Side::Parameter => Diagnostic::new(Code::BadMark, marked.span, format!("a parameter cannot be `{word}`"))
                .label("says whose word a result is")
                .help("parameters are `data`, `exact` or `secret`"),
            Side::Result => Diagnostic::new(Code::BadMark, marked.span, format!("a result cannot be `{word}`"))
                .label("says what a parameter takes")
                .help("results are `trusted`, `stored`, `data` or `secret`"),
        };
        report.push(diagnostic);
    }
}

/// The same for the records that are written out in a type; what named types say counts on either side.
fn check_inline(ty: &TypeExpr, side: Side, report: &Diagnostics) {
    match &ty.kind {
        TypeExprKind::List(inner)
        | TypeExprKind::Map(inner)
        | TypeExprKind::Refined { base: inner, .. }
        | TypeExprKind::Optional(inner)
        | TypeExprKind::Paren(inner) => {
            check_inline(inner, side, report);
        }
        TypeExprKind::Record { fields, rest: _ } => fields.iter().for_each(|field: &FieldType| {
            check_side(&field.marks, side, report);
            check_inline(&field.ty, side, report);
        }),
        TypeExprKind::Union(members) => members.iter().for_each(|member| check_inline(member, side, report)),
        TypeExprKind::Name(_)
        | TypeExprKind::String(_)
        | TypeExprKind::Int(_)
        | TypeExprKind::Bool(_)
        | TypeExprKind::Null
        | TypeExprKind::Error => {}
    }
}
