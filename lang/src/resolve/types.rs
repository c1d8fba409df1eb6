//! Type expressions ⟶ types.

use super::{duplicate, list_of};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::forms::Form;
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::{self, TypeDef, TypeExpr, TypeExprKind};
use crate::types::{Field, Literal, MAX_TYPE_DEPTH, MAX_TYPE_PARTS, RecordType, Type};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The built-in names of types.
pub const TYPE_NAMES: [(&str, Type); 13] = [
    ("any", Type::Any),
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("float", Type::Float),
    ("string", Type::String),
    ("path", Type::Path),
    ("glob", Type::Glob),
    ("null", Type::Null),
    (Form::Bytes.name(), Type::Form(Form::Bytes)),
    (Form::Duration.name(), Type::Form(Form::Duration)),
    (Form::Date.name(), Type::Form(Form::Date)),
    (Form::Time.name(), Type::Form(Form::Time)),
    (Form::Datetime.name(), Type::Form(Form::Datetime)),
];

/// Names of types that are reserved for a later version.
const RESERVED_TYPES: [&str; 1] = ["map"];

/// How far named types may lead from one to the next.
pub const MAX_TYPE_CHAIN: usize = 64;

/// Named types in scope.
pub struct Types<'a> {
    definitions: BTreeMap<SmolStr, &'a TypeDef>,
    resolved: FxHashMap<SmolStr, Type>,
    under_way: Vec<SmolStr>,
    /// Types that contain themselves; reported.
    circular: FxHashSet<SmolStr>,
    report: &'a Diagnostics,
}

impl<'a> Types<'a> {
    /// A scope of these definitions; two of one name are reported.
    pub fn new(definitions: impl IntoIterator<Item = &'a TypeDef>, report: &'a Diagnostics) -> Types<'a> {
        let mut types = Types {
            definitions: BTreeMap::new(),
            resolved: FxHashMap::default(),
            under_way: Vec::new(),
            circular: FxHashSet::default(),
            report,
        };
        let mut order = Vec::new();
        for definition in definitions {
            let name = &definition.name;
            if TYPE_NAMES.iter().any(|(builtin, _)| *builtin == name.name) {
                report.push(
                    Diagnostic::new(Code::ReservedName, name.span, format!("`{}` is a built-in type", name.name))
                        .label("cannot be declared again"),
                );
            } else if let Some(first) = types.definitions.get(&name.name) {
                report.push(duplicate("type", name, first.name.span));
            } else {
                types.definitions.insert(name.name.clone(), definition);
                order.push(name.name.clone());
            }
        }
        for name in order {
            types.named(&name, Span::default());
        }
        types
    }

    /// The type that an expression stands for.
    pub fn resolve(&mut self, expr: &TypeExpr) -> Type {
        match &expr.kind {
            TypeExprKind::Name(name) => self.named(name, expr.span),
            TypeExprKind::String(text) => Type::Literal(Literal::String(text.as_str().into())),
            TypeExprKind::Int(int) => Type::Literal(Literal::Int(*int)),
            TypeExprKind::Bool(bool) => Type::Literal(Literal::Bool(*bool)),
            TypeExprKind::Null => Type::Null,
            TypeExprKind::List(element) => Type::list(self.resolve(element)),
            TypeExprKind::Record(fields) => self.record(fields),
            TypeExprKind::Union(members) => {
                let members: Vec<Type> = members.iter().map(|member| self.resolve(member)).collect();
                Type::union(members)
            }
            TypeExprKind::Optional(inner) => self.resolve(inner).optional(),
            TypeExprKind::Paren(inner) => self.resolve(inner),
            TypeExprKind::Error => Type::Error,
        }
    }

    fn record(&mut self, fields: &[syntax::FieldType]) -> Type {
        let mut list: Vec<Field> = Vec::with_capacity(fields.len());
        for (index, field) in fields.iter().enumerate() {
            if list.iter().any(|other| other.name == field.name.name) {
                let message = format!("the field `{}` is declared twice", field.name.name);
                let diagnostic = Diagnostic::new(Code::DuplicateArgument, field.name.span, message);
                let first = fields[..index].iter().find(|other| other.name.name == field.name.name);
                let diagnostic = diagnostic.label("declared again");
                self.report.push(match first {
                    Some(first) => diagnostic.related(first.name.span, "first declared here"),
                    None => diagnostic,
                });
                continue;
            }
            list.push(Field { name: field.name.name.clone(), optional: field.optional, ty: self.resolve(&field.ty) });
        }
        Type::Record(Arc::new(RecordType { name: None, fields: list }))
    }

    fn named(&mut self, name: &SmolStr, span: Span) -> Type {
        if let Some((_, ty)) = TYPE_NAMES.iter().find(|(builtin, _)| builtin == name) {
            return ty.clone();
        }
        if let Some(ty) = self.resolved.get(name) {
            return ty.clone();
        }
        let Some(definition) = self.definitions.get(name).copied() else {
            self.report.push(self.unknown(name, span));
            return Type::Error;
        };
        if self.under_way.contains(name) {
            let from = self.under_way.iter().position(|other| other == name).unwrap_or(0);
            let through: Vec<&str> = self.under_way[from + 1..].iter().map(SmolStr::as_str).collect();
            let message = match through.as_slice() {
                [] => format!("the type `{name}` contains itself"),
                through => format!("the type `{name}` contains itself through {}", list_of(through)),
            };
            self.circular.extend(self.under_way[from..].iter().cloned());
            self.report.push(
                Diagnostic::new(Code::RecursiveType, definition.name.span, message)
                    .label("declared here")
                    .help("recursive types are reserved for a later version; `any` stands for JSON of unknown shape"),
            );
            return Type::Error;
        }
        if self.under_way.len() >= MAX_TYPE_CHAIN {
            self.report.push(
                Diagnostic::new(Code::TypeTooLarge, definition.name.span, format!("`{name}` lies too deep"))
                    .label(format!("more than {MAX_TYPE_CHAIN} types stand between this one and one that uses it"))
                    .help("declare types before those that use them, or write fewer of them"),
            );
            self.resolved.insert(name.clone(), Type::Error);
            return Type::Error;
        }
        self.under_way.push(name.clone());
        let ty = match self.resolve(&definition.ty) {
            _ if self.circular.contains(name) => Type::Error,
            ty if ty.is_too_large() => {
                self.report.push(
                    Diagnostic::new(Code::TypeTooLarge, definition.name.span, format!("`{name}` is too large"))
                        .label(format!(
                            "more than {MAX_TYPE_PARTS} parts in all, or {MAX_TYPE_DEPTH} within each other"
                        ))
                        .help("use `any` for the parts that the plan does not look into"),
                );
                Type::Error
            }
            Type::Record(record) if record.name.is_none() => {
                Type::Record(Arc::new(RecordType { name: Some(name.clone()), fields: record.fields.clone() }))
            }
            other => other,
        };
        self.under_way.pop();
        self.resolved.insert(name.clone(), ty.clone());
        ty
    }

    fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        if RESERVED_TYPES.contains(&name) {
            return Diagnostic::new(Code::ReservedSyntax, span, format!("the type `{name}` is reserved"))
                .label("comes with a later version of the language")
                .help("use `string` or `any` for now");
        }
        let diagnostic = Diagnostic::new(Code::UnknownType, span, format!("there is no type `{name}`"));
        let mut known: Vec<&str> = TYPE_NAMES.iter().map(|(name, _)| *name).collect();
        known.extend(self.definitions.keys().map(SmolStr::as_str));
        known.sort_unstable();
        let habit = match name {
            "str" | "String" | "text" | "Text" => Some("string"),
            "integer" | "Integer" | "i64" | "Int" => Some("int"),
            "number" | "Number" | "double" | "f64" => Some("float"),
            "boolean" | "Boolean" | "Bool" => Some("bool"),
            "object" | "dict" | "json" | "JSON" => Some("any"),
            _ => None,
        };
        match habit.or_else(|| nearest(name, known.iter().copied())) {
            Some(near) => diagnostic.label("not declared").edit(format!("use `{near}`"), span, near).maybe(),
            None => diagnostic.label("not declared").help(format!("the types are {}", list_of(&known))),
        }
    }
}
