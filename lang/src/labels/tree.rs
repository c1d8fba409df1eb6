//! Labels of a value, place by place: of the whole, of the fields of records, of the items of lists.
//!
//! A tree has a bounded number of places; what would have more is one place with the label of all that is in it, which errs
//! on the safe side and keeps the whole analysis linear.

use super::Label;
use crate::types::Type;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most places of a tree.
pub const MAX_PLACES: u32 = 128;

/// How far a type is looked into for lists.
const MAX_LOOK: u32 = 64;

/// The labels of a value.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// Of a record: of whether it is there. Of a list: of that, and of how many items it has. Otherwise of all of it.
    pub(super) own: Label,
    /// Of everything in it.
    pub(super) all: Label,
    /// Whether endorsing a whole that holds it leaves it as it is.
    pub(super) is_data: bool,
    places: u32,
    pub(super) inner: Inner,
}

/// What is told apart in a value.
#[derive(Clone, Debug)]
pub(super) enum Inner {
    /// Nothing.
    Leaf,
    /// The fields of a record; those without an entry have the label beside.
    Record(Arc<BTreeMap<SmolStr, Tree>>, Label),
    /// The items of a list, or the values of a map, all alike.
    List(Arc<Tree>),
}

impl Tree {
    /// A value of which nothing is told apart.
    pub(super) fn leaf(label: Label) -> Tree {
        Tree { own: label, all: label, is_data: false, places: 1, inner: Inner::Leaf }
    }

    /// A list, or a map.
    pub(super) fn list(own: Label, items: Tree) -> Tree {
        Tree {
            own,
            all: own.join(items.all),
            is_data: false,
            places: items.places + 1,
            inner: Inner::List(Arc::new(items)),
        }
        .bounded()
    }

    /// A record, with the label of fields that have none of their own.
    pub(super) fn record(own: Label, fields: BTreeMap<SmolStr, Tree>, rest: Label) -> Tree {
        let all = fields.values().fold(own.join(rest), |all, field| all.join(field.all));
        let places = fields.values().fold(1_u32, |places, field| places.saturating_add(field.places));
        Tree { own, all, is_data: false, places, inner: Inner::Record(Arc::new(fields), rest) }.bounded()
    }

    /// The same, as content or not.
    pub(super) fn marked_data(self, is_data: bool) -> Tree {
        Tree { is_data, ..self }
    }

    /// The same in less room where nothing is to be told of any place, and a choice of such values tells the places of the type
    /// apart no better.
    pub(super) fn settled(self, ty: &Type) -> Tree {
        match self.all.is_bottom() && !may_hold_list(ty, &mut MAX_LOOK.clone()) {
            true => Tree::leaf(Label::default()),
            false => self,
        }
    }

    fn bounded(self) -> Tree {
        match self.places > MAX_PLACES {
            true => Tree { is_data: self.is_data, ..Tree::leaf(self.all) },
            false => self,
        }
    }

    /// The labels of a field.
    pub(super) fn field(&self, name: &str) -> Tree {
        match &self.inner {
            Inner::Leaf => self.clone(),
            Inner::Record(fields, rest) => fields.get(name).cloned().unwrap_or_else(|| Tree::leaf(*rest)),
            Inner::List(items) => (**items).clone().over(self.own),
        }
    }

    /// The labels of an item.
    pub(super) fn items(&self) -> Tree {
        match &self.inner {
            Inner::Leaf => self.clone(),
            Inner::Record(..) => Tree::leaf(self.all),
            Inner::List(items) => (**items).clone(),
        }
    }

    /// The labels of a value that is one of two.
    pub(super) fn join(&self, other: &Tree) -> Tree {
        let own = self.own.join(other.own);
        let is_data = self.is_data || other.is_data;
        let joined = match (&self.inner, &other.inner) {
            (Inner::Leaf, Inner::Leaf) => Tree::leaf(own),
            (Inner::Leaf, _) => other.clone().over(self.own),
            (_, Inner::Leaf) => self.clone().over(other.own),
            (Inner::List(a), Inner::List(b)) => Tree::list(own, a.join(b)),
            (Inner::Record(a, rest), Inner::Record(b, other_rest)) => {
                let mut fields = (**a).clone();
                for (name, theirs) in b.iter() {
                    let field = match fields.get(name) {
                        Some(ours) => ours.join(theirs),
                        None => theirs.clone().over(*rest),
                    };
                    fields.insert(name.clone(), field);
                }
                for (name, field) in &mut fields {
                    if !b.contains_key(name) {
                        *field = field.clone().over(*other_rest);
                    }
                }
                Tree::record(own, fields, rest.join(*other_rest))
            }
            (Inner::Record(..), Inner::List(_)) | (Inner::List(_), Inner::Record(..)) => {
                Tree::leaf(self.all.join(other.all))
            }
        };
        Tree { is_data, ..joined }
    }

    /// The same with a label added everywhere.
    pub(super) fn over(self, label: Label) -> Tree {
        match label.is_bottom() {
            true => self,
            false => self.map(&|place, _| place.join(label)),
        }
    }

    /// The same with a label added to the whole: whether it is there.
    pub(super) fn own_over(mut self, label: Label) -> Tree {
        self.own = self.own.join(label);
        self.all = self.all.join(label);
        self
    }

    /// The labels of one of several values of a type among which who has this label has chosen. That chooses values, but
    /// lists of different lengths are no choice of values.
    pub(super) fn picked(self, by: Label, ty: &Type) -> Tree {
        if by.is_bottom() {
            return self;
        }
        let tree = match (&self.inner, ty.without_null().plain()) {
            (Inner::Leaf, Type::List(element)) => {
                let items = Tree::leaf(self.own).picked(by, &element.head());
                return Tree { is_data: self.is_data, ..Tree::list(self.own.join(by), items) };
            }
            (Inner::Leaf, ty) if may_hold_list(&ty, &mut MAX_LOOK.clone()) => return self.over(by),
            _ => self,
        };
        tree.map(&|place, kind| match kind {
            Kind::Value => place.join(by.as_choice()),
            Kind::Length => place.join(by),
        })
    }

    /// The labels of the items of a list that outside text may make longer or shorter: places that are looked at one by one.
    pub(super) fn item_by(items: &Tree, own: Label) -> Tree {
        match own.is_bottom() {
            true => items.clone(),
            false => items.clone().map(&|place, _| place.join(own.as_choice())),
        }
    }

    /// The same with each label replaced.
    pub(super) fn map(self, change: &dyn Fn(Label, Kind) -> Label) -> Tree {
        let is_data = self.is_data;
        let tree = match self.inner {
            Inner::Leaf => Tree::leaf(change(self.own, Kind::Value)),
            Inner::List(items) => Tree::list(change(self.own, Kind::Length), (*items).clone().map(change)),
            Inner::Record(fields, rest) => {
                let fields = fields.iter().map(|(name, field)| (name.clone(), field.clone().map(change)));
                Tree::record(change(self.own, Kind::Value), fields.collect(), change(rest, Kind::Value))
            }
        };
        Tree { is_data, ..tree }
    }

    /// The same, endorsed: all of it but the content of a whole.
    pub(super) fn endorsed(self) -> Tree {
        let keeps = |tree: Tree| if tree.is_data { tree } else { tree.endorsed() };
        match self.inner {
            _ if self.is_data => self.map(&|place, _| place.trusted()),
            Inner::Leaf => Tree::leaf(self.own.trusted()),
            Inner::List(items) => Tree::list(self.own.trusted(), keeps((*items).clone())),
            Inner::Record(fields, rest) => {
                let fields = fields.iter().map(|(name, field)| (name.clone(), keeps(field.clone())));
                Tree::record(self.own.trusted(), fields.collect(), rest.trusted())
            }
        }
    }
}

/// What the label of a place is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A value, or whether it is there.
    Value,
    /// How many items there are.
    Length,
}

/// Whether a value of this type may hold a list.
fn may_hold_list(ty: &Type, left: &mut u32) -> bool {
    if *left == 0 {
        return true;
    }
    *left -= 1;
    match ty {
        Type::Any | Type::List(_) | Type::Map(_) | Type::Named(_) | Type::Within(_) => true,
        Type::Record(record) => {
            record.is_open || record.fields.iter().any(|field| field.optional || may_hold_list(&field.ty, left))
        }
        Type::Union(members) => members.iter().any(|member| may_hold_list(member, left)),
        Type::Refined(refined) => may_hold_list(&refined.base, left),
        Type::Null
        | Type::Bool
        | Type::Int
        | Type::Float
        | Type::String
        | Type::Path
        | Type::Glob
        | Type::Form(_)
        | Type::Literal(_)
        | Type::Error => false,
    }
}
