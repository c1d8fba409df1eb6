//! Type expressions ⟶ types.

use super::recursion::{self, Together};
use super::{duplicate, list_of, refine};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::forms::Form;
use crate::marks::{Marks, Side};
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::{self, TypeDef, TypeExpr, TypeExprKind};
use crate::types::{Definition, Field, Group, Literal, MAX_TYPE_DEPTH, MAX_TYPE_PARTS, Named, RecordType, Type};
use rustc_hash::FxHashMap;
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

/// The name of the type that takes another one, `map<T>`.
const MAP: &str = "map";

/// Named types in scope.
pub struct Types<'a> {
    pub(super) definitions: BTreeMap<SmolStr, &'a TypeDef>,
    resolved: FxHashMap<SmolStr, Type>,
    /// The definitions at hand, which contain each other, by name; their places in the group to come.
    within: FxHashMap<SmolStr, u32>,
    /// What named types say of the fields in them, once they were asked.
    pub(super) marked: FxHashMap<(SmolStr, Side), Arc<Marks>>,
    pub(super) report: &'a Diagnostics,
}

impl<'a> Types<'a> {
    /// A scope of these definitions; two of one name are reported.
    pub fn new(definitions: impl IntoIterator<Item = &'a TypeDef>, report: &'a Diagnostics) -> Types<'a> {
        let mut types = Types {
            definitions: BTreeMap::new(),
            resolved: FxHashMap::default(),
            within: FxHashMap::default(),
            marked: FxHashMap::default(),
            report,
        };
        for definition in definitions {
            let name = &definition.name;
            if name.name == MAP || TYPE_NAMES.iter().any(|(builtin, _)| *builtin == name.name) {
                report.push(
                    Diagnostic::new(Code::ReservedName, name.span, format!("`{}` is a built-in type", name.name))
                        .label("cannot be declared again"),
                );
            } else if let Some(first) = types.definitions.get(&name.name) {
                report.push(duplicate("type", name, first.name.span));
            } else {
                types.definitions.insert(name.name.clone(), definition);
            }
        }
        for group in recursion::groups(&types.definitions) {
            match group {
                Together::One(name) => {
                    types.define(&name);
                    types.find_marks(&name);
                }
                Together::Circle(names) => {
                    types.define_together(&names);
                    names.iter().for_each(|name| types.find_marks(name));
                }
            }
        }
        types
    }

    /// What a name is declared as.
    pub fn definition(&self, name: &str) -> Option<&'a TypeDef> {
        self.definitions.get(name).copied()
    }

    /// The type that an expression stands for.
    pub fn resolve(&mut self, expr: &TypeExpr) -> Type {
        let ty = self.of(expr);
        match ty.is_too_large_written() {
            true => {
                self.report.push(too_large(expr.span, "this type is too large".to_owned()));
                Type::Error
            }
            false => ty,
        }
    }

    fn of(&mut self, expr: &TypeExpr) -> Type {
        match &expr.kind {
            TypeExprKind::Name(name) => self.named(name, expr.span),
            TypeExprKind::String(text) => Type::Literal(Literal::String(text.as_str().into())),
            TypeExprKind::Int(int) => Type::Literal(Literal::Int(*int)),
            TypeExprKind::Bool(bool) => Type::Literal(Literal::Bool(*bool)),
            TypeExprKind::Null => Type::Null,
            TypeExprKind::List(element) => Type::list(self.of(element)),
            TypeExprKind::Map(value) => Type::map(self.of(value)),
            TypeExprKind::Record { fields, rest } => self.record(fields, *rest),
            TypeExprKind::Refined { base, args, parens } => {
                let base = self.of(base);
                refine::refined(base, args, *parens, self.report).unwrap_or(Type::Error)
            }
            TypeExprKind::Union(members) => {
                let members: Vec<Type> = members.iter().map(|member| self.of(member)).collect();
                Type::union(members)
            }
            TypeExprKind::Optional(inner) => self.of(inner).optional(),
            TypeExprKind::Paren(inner) => self.of(inner),
            TypeExprKind::Error => Type::Error,
        }
    }

    fn record(&mut self, fields: &[syntax::FieldType], rest: Option<Span>) -> Type {
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
            super::clashes::check(&field.marks, self.report);
            list.push(Field { name: field.name.name.clone(), optional: field.optional, ty: self.of(&field.ty) });
        }
        Type::Record(Arc::new(RecordType { name: None, fields: list, is_open: rest.is_some() }))
    }

    fn named(&mut self, name: &SmolStr, span: Span) -> Type {
        if let Some((_, ty)) = TYPE_NAMES.iter().find(|(builtin, _)| builtin == name) {
            return ty.clone();
        }
        if let Some(index) = self.within.get(name) {
            return Type::Within(*index);
        }
        match self.resolved.get(name) {
            Some(ty) => ty.clone(),
            None => {
                self.report.push(self.unknown(name, span));
                Type::Error
            }
        }
    }

    /// A type that does not contain itself stands for what it is declared as.
    fn define(&mut self, name: &SmolStr) {
        let Some(definition) = self.definitions.get(name).copied() else { return };
        let ty = named_record(self.of(&definition.ty), name);
        let ty = match ty.is_too_large_written() {
            true => {
                self.report.push(too_large(definition.name.span, format!("`{name}` is too large")));
                Type::Error
            }
            false => ty,
        };
        self.resolved.insert(name.clone(), ty);
    }

    /// Types that contain themselves through each other; in the order of their names, so that it does not matter where
    /// they are declared.
    fn define_together(&mut self, names: &[SmolStr]) {
        self.within = names.iter().cloned().zip(0..).collect();
        let declared: Vec<&TypeDef> = names.iter().filter_map(|name| self.definitions.get(name).copied()).collect();
        let definitions: Vec<Definition> = declared
            .iter()
            .map(|declared| {
                let name = &declared.name.name;
                Definition { name: name.clone(), ty: named_record(self.of(&declared.ty), name) }
            })
            .collect();
        self.within.clear();
        let group = Arc::new(Group { definitions });
        let whole = Type::Named(Named { group: group.clone(), index: 0 });
        let mistake = match whole.is_too_large_written() {
            true => Some(too_large(declared[0].name.span, format!("`{}` is too large", names[0]))),
            false => recursion::endless(&group, &declared),
        };
        let is_right = mistake.is_none();
        mistake.into_iter().for_each(|mistake| self.report.push(mistake));
        for (name, index) in names.iter().zip(0..) {
            let ty = if is_right { Type::Named(Named { group: group.clone(), index }) } else { Type::Error };
            self.resolved.insert(name.clone(), ty);
        }
    }

    fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        if name == MAP {
            return Diagnostic::new(Code::UnknownType, span, "a map has the type of its values")
                .label("values of which type?")
                .edit("take any values", span, "map<any>");
        }
        let diagnostic = Diagnostic::new(Code::UnknownType, span, format!("there is no type `{name}`"));
        if name == "secret" {
            return diagnostic
                .label("a word behind the type of an input")
                .edit("write `string secret`", span, "string secret")
                .maybe();
        }
        if matches!(name, "array" | "Array" | "list" | "List") {
            return diagnostic
                .label("of what?")
                .help("a list type stands in brackets: `[string]`, of anything `[any]`");
        }
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
            Some(near) => {
                // A number of other languages may be an integer, and an object a record.
                let is_same = habit.is_some() && !matches!(near, "float" | "any");
                let diagnostic = diagnostic.label("not declared").edit(format!("use `{near}`"), span, near);
                if is_same { diagnostic } else { diagnostic.maybe() }
            }
            None => diagnostic.label("not declared").help(format!("the types are {}", list_of(&known))),
        }
    }
}

/// A record by its name, where it has none yet.
fn named_record(ty: Type, name: &SmolStr) -> Type {
    match ty {
        Type::Record(record) if record.name.is_none() => Type::Record(Arc::new(RecordType {
            name: Some(name.clone()),
            fields: record.fields.clone(),
            is_open: record.is_open,
        })),
        other => other,
    }
}

fn too_large(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(Code::TypeTooLarge, span, message)
        .label(format!("more than {MAX_TYPE_PARTS} parts in all, or {MAX_TYPE_DEPTH} within each other"))
        .help("use `any` for the parts that the plan does not look into")
}
