//! How types relate: which values of one are values of another, and whether two may have a value in common.
//!
//! A named type is compared by what it stands for. A pair of which one is a name is taken to fit while it is looked at
//! (coinduction), and remembered, so that comparing ends, in a time that is bounded by the product of the sizes.

use super::{Field, Literal, RecordType, Type, View};
use rustc_hash::FxHashMap;

/// How many pairs of parts are compared before two types count as different.
pub const MAX_COMPARISONS: usize = 1_000_000;

/// How deep two types are compared before they count as different.
pub const MAX_COMPARISON_DEPTH: usize = 512;

/// How deep two types are looked into to find that they have no value in common.
const MAX_MEETING_DEPTH: usize = 16;

impl Type {
    /// Whether every value of this type is a value of `other`, rules of form aside: a path is a string, and an integer a
    /// float, where it is exact as one.
    ///
    /// `any` accepts everything and is accepted nowhere else; errors agree with everything.
    pub fn is_subtype(&self, other: &Type) -> bool {
        Comparison::new(Relation::Subtype).fits(View::of(self), View::of(other))
    }

    /// Whether a value of this type may be given where `wanted` is wanted: a subtype, or one but for rules of form and
    /// refinements, which are then checked on the value itself.
    pub fn is_accepted_as(&self, wanted: &Type) -> bool {
        Comparison::new(Relation::Accepted).fits(View::of(self), View::of(wanted))
    }

    /// Whether a value may be of both types; where that is hard to tell, it may.
    pub fn meets(&self, other: &Type) -> bool {
        meets(View::of(self), View::of(other), 0, &mut 0)
    }
}

/// What is asked of two types.
#[derive(Clone, Copy, PartialEq)]
enum Relation {
    Subtype,
    Accepted,
}

struct Comparison {
    relation: Relation,
    /// What is known, or taken for granted for now, of pairs that were compared, by their places.
    known: FxHashMap<(*const Type, *const Type), bool>,
    /// The pairs that are taken to fit, in the order in which that was done.
    trail: Vec<(*const Type, *const Type)>,
    left: usize,
    depth: usize,
}

impl Comparison {
    fn new(relation: Relation) -> Comparison {
        Comparison { relation, known: FxHashMap::default(), trail: Vec::new(), left: MAX_COMPARISONS, depth: 0 }
    }

    fn fits(&mut self, a: View<'_>, b: View<'_>) -> bool {
        if self.left == 0 || self.depth == MAX_COMPARISON_DEPTH {
            return false;
        }
        self.left -= 1;
        self.depth += 1;
        let fits = match (a.definition(), b.definition()) {
            (None, None) => self.forms_fit(a, b),
            (named_a, named_b) => self.definitions_fit(named_a.unwrap_or(a), named_b.unwrap_or(b)),
        };
        self.depth -= 1;
        fits
    }

    fn definitions_fit(&mut self, a: View<'_>, b: View<'_>) -> bool {
        let pair = (std::ptr::from_ref(a.ty), std::ptr::from_ref(b.ty));
        if pair.0 == pair.1 {
            return true;
        }
        if let Some(known) = self.known.get(&pair) {
            return *known;
        }
        let before = self.trail.len();
        self.known.insert(pair, true);
        self.trail.push(pair);
        let fits = self.fits(a, b);
        if !fits {
            // What was concluded from it falls with it.
            for taken in self.trail.drain(before..) {
                self.known.remove(&taken);
            }
            self.known.insert(pair, false);
        }
        fits
    }

    fn forms_fit(&mut self, a: View<'_>, b: View<'_>) -> bool {
        match (a.ty, b.ty) {
            (Type::Error, _) | (_, Type::Error) | (_, Type::Any) => true,
            (Type::Any, _) => false,
            (Type::Union(members), _) => members.iter().all(|member| self.fits(a.at(member), b)),
            (_, Type::Union(members)) => members.iter().any(|member| self.fits(a, b.at(member))),
            (Type::Refined(given), Type::Refined(wanted)) => {
                let rules = match self.relation {
                    Relation::Subtype => given.rule.implies(&wanted.rule),
                    Relation::Accepted => given.rule.meets(&wanted.rule),
                };
                rules && self.fits(a.at(&given.base), b.at(&wanted.base))
            }
            (Type::Refined(given), _) => self.fits(a.at(&given.base), b),
            (Type::Literal(literal), Type::Refined(wanted)) => {
                let rule = self.relation == Relation::Accepted || wanted.rule.literal(literal);
                rule && self.fits(a, b.at(&wanted.base))
            }
            (_, Type::Refined(wanted)) => self.relation == Relation::Accepted && self.fits(a, b.at(&wanted.base)),
            (Type::Int, Type::Float) => true,
            (Type::Path | Type::Glob, Type::String) => true,
            (Type::String | Type::Path | Type::Glob | Type::Literal(Literal::String(_)), Type::Path | Type::Glob)
                if self.relation == Relation::Accepted =>
            {
                true
            }
            (Type::Literal(Literal::String(text)), Type::Form(form)) if self.relation == Relation::Accepted => {
                form.read(text).is_some()
            }
            (Type::Literal(Literal::String(_)), Type::String) => true,
            (Type::Literal(Literal::Int(_)), Type::Int | Type::Float) => true,
            (Type::Literal(Literal::Bool(_)), Type::Bool) => true,
            (Type::List(part), Type::List(wanted)) | (Type::Map(part), Type::Map(wanted)) => {
                self.fits(a.at(part), b.at(wanted))
            }
            (Type::Record(given), Type::Record(wanted)) => self.records_fit((a, given), (b, wanted)),
            (Type::Record(given), Type::Map(value)) => self.record_fits_map((a, given), b.at(value)),
            (Type::Map(value), Type::Record(wanted)) => self.map_fits_record(a.at(value), (b, wanted)),
            (given, wanted) => given == wanted,
        }
    }

    /// Each field of `a` must be one of `b`, which is open otherwise, and each required field of `b` one of `a`. What an
    /// open record may have besides must fit as well.
    fn records_fit(&mut self, a: (View<'_>, &RecordType), b: (View<'_>, &RecordType)) -> bool {
        let ((a, given), (b, wanted)) = (a, b);
        if given.is_open && !wanted.is_open {
            return false;
        }
        let declared = given.fields.iter().all(|field| match wanted.field(&field.name) {
            Some(other) => {
                (other.optional || !field.optional) && self.field_fits(a.at(&field.ty), b.at(&other.ty), other)
            }
            None => wanted.is_open,
        });
        let mut others = wanted.fields.iter().filter(|other| given.field(&other.name).is_none());
        declared
            && others
                .all(|other| other.optional && (!given.is_open || self.fits(View::of(&Type::Any), b.at(&other.ty))))
    }

    fn record_fits_map(&mut self, a: (View<'_>, &RecordType), value: View<'_>) -> bool {
        let (a, given) = a;
        let declared = given.fields.iter().all(|field| {
            // A field that may be absent may as well be null.
            self.fits(a.at(&field.ty), value) && (!field.optional || self.fits(View::of(&Type::Null), value))
        });
        declared && (!given.is_open || self.fits(View::of(&Type::Any), value))
    }

    fn map_fits_record(&mut self, value: View<'_>, b: (View<'_>, &RecordType)) -> bool {
        let (b, wanted) = b;
        wanted.is_open
            && wanted.fields.iter().all(|field| field.optional && self.field_fits(value, b.at(&field.ty), field))
    }

    fn field_fits(&mut self, a: View<'_>, b: View<'_>, wanted: &Field) -> bool {
        match wanted.optional {
            true => self.fits_beside_null(a, b),
            false => self.fits(a, b),
        }
    }

    /// Whether all that is not null fits.
    fn fits_beside_null(&mut self, a: View<'_>, b: View<'_>) -> bool {
        if let Some(definition) = a.definition() {
            return self.fits_beside_null(definition, b);
        }
        match a.ty {
            Type::Null => true,
            Type::Union(members) => members.iter().all(|member| self.fits_beside_null(a.at(member), b)),
            _ => self.fits(a, b),
        }
    }
}

/// Whether a value may be of both types. Past the limits it may.
fn meets(a: View<'_>, b: View<'_>, depth: usize, compared: &mut usize) -> bool {
    *compared += 1;
    if depth > MAX_MEETING_DEPTH || *compared > MAX_COMPARISONS {
        return true;
    }
    let mut deeper = |a, b| meets(a, b, depth + 1, compared);
    if a.definition().is_some() || b.definition().is_some() {
        return deeper(a.definition().unwrap_or(a), b.definition().unwrap_or(b));
    }
    match (a.ty, b.ty) {
        (Type::Any | Type::Error, _) | (_, Type::Any | Type::Error) => true,
        (Type::Union(members), _) => members.iter().any(|member| deeper(a.at(member), b)),
        (_, Type::Union(members)) => members.iter().any(|member| deeper(a, b.at(member))),
        (Type::Refined(x), Type::Refined(y)) => x.rule.meets(&y.rule) && deeper(a.at(&x.base), b.at(&y.base)),
        (Type::Refined(x), Type::Literal(literal)) | (Type::Literal(literal), Type::Refined(x)) => {
            kind(&x.base) == kind(&Type::Literal(literal.clone())) && x.rule.literal(literal)
        }
        (Type::Refined(x), _) => deeper(a.at(&x.base), b),
        (_, Type::Refined(y)) => deeper(a, b.at(&y.base)),
        (Type::Literal(x), Type::Literal(y)) => x == y,
        (Type::Record(x), Type::Record(y)) => records_meet((a, x), (b, y), &mut deeper),
        (Type::Record(x), Type::Map(value)) => {
            let value = b.at(value);
            x.fields.iter().all(|field| field.optional || deeper(a.at(&field.ty), value))
        }
        (Type::Map(value), Type::Record(y)) => {
            let value = a.at(value);
            y.fields.iter().all(|field| field.optional || deeper(value, b.at(&field.ty)))
        }
        // Two lists may both be empty, and so may two maps.
        (x, y) => kind(x) == kind(y),
    }
}

/// Records that both must have a field with no value in common have none in common themselves, nor have a closed record
/// and one that must have a further field.
fn records_meet<'t>(
    a: (View<'t>, &'t RecordType),
    b: (View<'t>, &'t RecordType),
    deeper: &mut impl FnMut(View<'t>, View<'t>) -> bool,
) -> bool {
    let ((a, x), (b, y)) = (a, b);
    let lacks = |x: &RecordType, y: &RecordType| {
        !y.is_open && x.fields.iter().any(|field| !field.optional && y.field(&field.name).is_none())
    };
    let shared = x.fields.iter().filter(|field| !field.optional).all(|field| match y.field(&field.name) {
        Some(other) if !other.optional => deeper(a.at(&field.ty), b.at(&other.ty)),
        _ => true,
    });
    shared && !lacks(x, y) && !lacks(y, x)
}

/// What a type is made of, as far as equality goes.
fn kind(ty: &Type) -> u8 {
    match ty {
        Type::Null => 0,
        Type::Bool | Type::Literal(Literal::Bool(_)) => 1,
        Type::Int | Type::Float | Type::Literal(Literal::Int(_)) => 2,
        Type::String | Type::Path | Type::Glob | Type::Literal(Literal::String(_)) => 3,
        Type::List(_) => 4,
        Type::Record(_) | Type::Map(_) => 5,
        Type::Refined(refined) => kind(&refined.base),
        Type::Union(_) | Type::Any | Type::Named(_) | Type::Within(_) | Type::Error => 6,
        Type::Form(form) => 7 + *form as u8,
    }
}
