//! What the marks of a tool say of its result, and of its parameters ⟶ labels, place by place.

use super::{Label, Tree, tree::Inner};
use crate::marks::{Given, Marks, Origin, Taken, Use};
use crate::types::Type;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The labels that a result may have, by whose word a place is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    /// Anybody's.
    pub(super) outside: Label,
    /// What the resources hold.
    pub(super) stored: Label,
    /// The server's own.
    pub(super) server: Label,
    /// What a secret place has besides.
    pub(super) secret: Label,
}

impl Words {
    fn of(self, place: Given<'_>) -> Label {
        let label = match place.origin {
            Origin::Outside => self.outside,
            Origin::Stored => self.stored,
            Origin::Server => self.server,
        };
        if place.is_secret { label.join(self.secret) } else { label }
    }

    /// The labels of a result.
    pub(super) fn tree(self, ty: &Type, marks: &Marks) -> Tree {
        let tree = self.place(ty, Given::whole(marks), Some(marks));
        match tree.inner {
            // That there is a record at all says no more than that the call has succeeded.
            Inner::Record(fields, rest) => Tree::record(Label::default(), (*fields).clone(), rest),
            Inner::Leaf | Inner::List(_) => tree,
        }
    }

    fn place(self, ty: &Type, place: Given<'_>, marks: Option<&Marks>) -> Tree {
        let marks = marks.filter(|marks| !marks.fields.is_empty());
        let tree = match (marks, ty.head().without_null().plain()) {
            (None, _) => Tree::leaf(self.of(place)),
            (Some(marks), Type::List(inner) | Type::Map(inner)) => {
                Tree::list(self.of(place), self.place(&inner, place, Some(marks)))
            }
            (Some(marks), Type::Record(record)) => {
                let fields = marks.fields.iter().map(|(name, inner)| {
                    let field = record.field(name).map_or(Type::Any, |field| field.ty.clone());
                    (name.clone(), self.place(&field, place.field(name), Some(inner)))
                });
                let fields: BTreeMap<SmolStr, Tree> = fields.collect();
                let is_open = record.is_open || record.fields.iter().any(|field| !fields.contains_key(&field.name));
                // No field has the empty name.
                let rest = if is_open { self.of(place.field("")) } else { Label::default() };
                Tree::record(self.of(place), fields, rest)
            }
            // One of several shapes: whatever is said of any place in any of them.
            (Some(_), _) => Tree::leaf(
                [self.outside, self.stored, self.server, self.secret].into_iter().fold(Label::default(), Label::join),
            ),
        };
        tree.marked_data(place.is_data)
    }
}

/// What an argument brings, by what it is for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Brought {
    /// To what decides.
    pub(super) control: Label,
    /// In all.
    pub(super) all: Label,
}

impl Brought {
    /// Adds an argument.
    pub(super) fn add(&mut self, tree: &Tree, taken: Taken<'_>) {
        self.all = self.all.join(tree.all);
        self.control = self.control.join(control(tree, taken));
    }
}

fn control(tree: &Tree, taken: Taken<'_>) -> Label {
    let here = |label: Label| match taken.for_use {
        Use::Control | Use::Exact => label,
        Use::Data => Label::default(),
    };
    match &tree.inner {
        Inner::Record(fields, rest) if taken.tells_fields_apart() => {
            let fields = fields.iter().map(|(name, field)| control(field, taken.field(name)));
            fields.fold(here(tree.own.join(*rest)), Label::join)
        }
        Inner::List(items) if taken.tells_fields_apart() => {
            here(tree.own).join(control(&Tree::item_by(items, tree.own), taken))
        }
        // What lies inside cannot be told apart: any of it may be for control.
        Inner::Leaf if taken.tells_fields_apart() => tree.all,
        Inner::Leaf | Inner::Record(..) | Inner::List(_) => here(tree.all),
    }
}
