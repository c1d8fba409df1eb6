//! Types that contain themselves: definitions that refer to each other by index, so that a type stays finite and needs
//! no circle of pointers.
//!
//! A [`Group`] holds the definitions that are recursive through each other. Inside they refer to each other as
//! [`Type::Within`]; everybody else holds the whole group as [`Type::Named`]. A [`View`] is a type together with the
//! group it stands in: one can walk it without copying anything.

use super::{Field, MAX_TYPE_DEPTH, MAX_TYPE_PARTS, RecordType, Refined, Type};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::sync::Arc;

/// Definitions that contain each other, in the order of their names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// None of them is a name alone, or a union with one.
    pub definitions: Vec<Definition>,
}

/// A named type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Its name.
    pub name: SmolStr,
    /// What it stands for.
    pub ty: Type,
}

/// One of the definitions of a group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Named {
    /// All that it may refer to.
    pub group: Arc<Group>,
    /// Which it is.
    pub index: u32,
}

impl PartialEq for Named {
    fn eq(&self, other: &Named) -> bool {
        self.index == other.index && (Arc::ptr_eq(&self.group, &other.group) || self.group == other.group)
    }
}

impl Named {
    /// Its name.
    pub fn name(&self) -> &str {
        self.definition().map_or("", |definition| &definition.name)
    }

    fn definition(&self) -> Option<&Definition> {
        self.group.definitions.get(self.index as usize)
    }
}

/// A type with the group it stands in.
#[derive(Clone, Copy)]
pub(crate) struct View<'t> {
    pub ty: &'t Type,
    group: Option<&'t Arc<Group>>,
}

impl<'t> View<'t> {
    /// A type that stands in no group.
    pub fn of(ty: &'t Type) -> View<'t> {
        View { ty, group: None }
    }

    /// A part of it.
    pub fn at(self, part: &'t Type) -> View<'t> {
        View { ty: part, ..self }
    }

    /// What it refers to, if it is a name.
    pub fn definition(self) -> Option<View<'t>> {
        match self.ty {
            Type::Named(named) => Some(View { ty: &named.definition()?.ty, group: Some(&named.group) }),
            Type::Within(index) => {
                Some(View { ty: &self.group?.definitions.get(*index as usize)?.ty, group: self.group })
            }
            _ => None,
        }
    }

    /// The type by itself, as it is shown.
    pub fn closed(self) -> Type {
        match self.group {
            Some(group) => self.ty.closed(group),
            None => self.ty.clone(),
        }
    }
}

impl Type {
    /// The type with its form in sight: a named type, alone or in a union, is replaced by what it stands for, in which it
    /// may occur again by name.
    pub fn head(&self) -> Type {
        match self {
            Type::Named(_) => View::of(self).definition().map_or(Type::Error, |view| view.closed().head()),
            Type::Union(members) if members.iter().any(|member| matches!(member, Type::Named(_))) => {
                Type::union(members.iter().map(Type::head))
            }
            other => other.clone(),
        }
    }

    /// A part of a definition by itself: what it refers to stands there with the group.
    fn closed(&self, group: &Arc<Group>) -> Type {
        let close = |ty: &Type| ty.closed(group);
        match self {
            Type::Within(index) => Type::Named(Named { group: group.clone(), index: *index }),
            Type::List(element) => Type::list(close(element)),
            Type::Map(value) => Type::map(close(value)),
            Type::Record(record) => Type::Record(Arc::new(RecordType {
                name: record.name.clone(),
                fields: record.fields.iter().map(|field| Field { ty: close(&field.ty), ..field.clone() }).collect(),
                is_open: record.is_open,
            })),
            Type::Union(members) => Type::union(members.iter().map(close)),
            Type::Refined(refined) => {
                Type::Refined(Arc::new(Refined { base: close(&refined.base), rule: refined.rule.clone() }))
            }
            Type::Any
            | Type::Null
            | Type::Bool
            | Type::Int
            | Type::Float
            | Type::String
            | Type::Path
            | Type::Glob
            | Type::Form(_)
            | Type::Literal(_)
            | Type::Named(_)
            | Type::Error => self.clone(),
        }
    }

    /// Whether the type has more than [`MAX_TYPE_PARTS`] parts, each group counted once, or is deeper than
    /// [`MAX_TYPE_DEPTH`].
    pub fn is_too_large(&self) -> bool {
        let mut groups: Vec<*const Group> = Vec::new();
        self.is_larger(|group| {
            let is_new = !groups.contains(&group);
            groups.push(group);
            is_new
        })
    }

    /// As [`Type::is_too_large`], each group counted wherever it stands: so much is written of it.
    pub fn is_too_large_written(&self) -> bool {
        self.is_larger(|_| true)
    }

    fn is_larger(&self, mut counts: impl FnMut(*const Group) -> bool) -> bool {
        let mut parts = 0;
        let mut open = vec![(self, 0)];
        while let Some((ty, depth)) = open.pop() {
            parts += 1;
            if parts + open.len() > MAX_TYPE_PARTS || depth > MAX_TYPE_DEPTH {
                return true;
            }
            match ty {
                Type::List(part) | Type::Map(part) => open.push((part, depth + 1)),
                Type::Record(record) => open.extend(record.fields.iter().map(|field| (&field.ty, depth + 1))),
                Type::Union(members) => open.extend(members.iter().map(|member| (member, depth))),
                Type::Refined(refined) => open.push((&refined.base, depth)),
                Type::Named(named) => {
                    if counts(Arc::as_ptr(&named.group)) {
                        let definitions = &named.group.definitions;
                        open.extend(definitions.iter().map(|definition| (&definition.ty, depth + 1)));
                    }
                }
                Type::Any
                | Type::Null
                | Type::Bool
                | Type::Int
                | Type::Float
                | Type::String
                | Type::Path
                | Type::Glob
                | Type::Form(_)
                | Type::Literal(_)
                | Type::Within(_)
                | Type::Error => {}
            }
        }
        false
    }
}
