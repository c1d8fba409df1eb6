//! Types against each other and against values: whatever is a value of a type is one of every type that it fits.

use planc_lang::conform::check_value;
use planc_lang::types::{Bounds, Definition, Field, Group, Literal, Named, RecordType, Rule, Type};
use planc_lang::value::Value;
use proptest::prelude::*;
use std::sync::Arc;

/// A source of choices from a seed: types, and values of a type or near it.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % sides
    }

    fn small(&mut self) -> i64 {
        i64::try_from(self.roll(5)).expect("less than five") - 1
    }

    fn bounds(&mut self) -> (Option<i64>, Option<i64>) {
        let min = (self.roll(2) == 0).then(|| self.small());
        let max = (self.roll(2) == 0).then(|| min.unwrap_or(0) + i64::try_from(self.roll(3)).expect("less than three"));
        (min, max)
    }

    fn lengths(&mut self) -> Bounds<u64> {
        let (min, max) = self.bounds();
        let of = |bound: Option<i64>| bound.map(|bound| u64::try_from(bound).unwrap_or(0));
        Bounds { min: of(min), max: of(max) }
    }

    /// A type. Inside a group of `within` definitions it may refer to them.
    fn ty(&mut self, depth: u64, within: u32) -> Type {
        let leaf = depth == 0;
        match self.roll(if leaf { 11 } else { 18 }) {
            0 => Type::Any,
            1 => Type::Null,
            2 => Type::Bool,
            3 => Type::Int,
            4 => Type::Float,
            5 => Type::String,
            6 => Type::Literal(Literal::Int(self.small())),
            7 => Type::Literal(Literal::String(["a", "bb", "c1"][self.roll(3) as usize].into())),
            8 => {
                let (min, max) = self.bounds();
                match self.roll(2) {
                    0 => Type::refined(Type::Int, Rule::Int(Bounds { min, max })),
                    _ => {
                        let of = |bound: Option<i64>| bound.map(|bound| bound as f64);
                        Type::refined(Type::Float, Rule::Float(Bounds { min: of(min), max: of(max) }))
                    }
                }
            }
            9 => {
                let pattern = ["^[a-z]+$", "1", "b"][self.roll(3) as usize];
                let pattern = (self.roll(2) == 0).then(|| pattern.into());
                Type::refined(Type::String, Rule::Text { length: self.lengths(), pattern })
            }
            10 if within > 0 => Type::list(Type::Within(self.roll(u64::from(within)) as u32)),
            10 => Type::Literal(Literal::Bool(true)),
            11 => Type::list(self.ty(depth - 1, within)),
            12 => {
                let base = Type::list(self.ty(depth - 1, within));
                let lengths = self.lengths();
                Type::refined(base, Rule::Items(lengths))
            }
            13 => Type::map(self.ty(depth - 1, within)),
            14 => Type::union([self.ty(depth - 1, within), self.ty(depth - 1, within)]),
            15 if within > 0 => Type::union([Type::Within(self.roll(u64::from(within)) as u32), Type::Null]),
            _ => self.record(depth, within),
        }
    }

    fn record(&mut self, depth: u64, within: u32) -> Type {
        let mut fields = Vec::new();
        for name in ["a", "b", "c d"] {
            if self.roll(2) == 0 {
                let ty = self.ty(depth - 1, within);
                fields.push(Field { name: name.into(), optional: self.roll(2) == 0, ty });
            }
        }
        Type::Record(Arc::new(RecordType { name: None, fields, is_open: self.roll(3) == 0 }))
    }

    /// A type that may be one of a group of definitions that refer to each other, each behind a record.
    fn root(&mut self) -> Type {
        if self.roll(2) == 0 {
            return self.ty(3, 0);
        }
        let count = 1 + self.roll(3) as u32;
        let definitions =
            (0..count).map(|at| Definition { name: format!("T{at}").into(), ty: self.record(2, count) }).collect();
        let group = Arc::new(Group { definitions });
        let named = Type::Named(Named { group, index: self.roll(u64::from(count)) as u32 });
        if self.roll(3) == 0 { Type::list(named) } else { named }
    }

    /// A value that is most likely one of a type; past the depth null, which may be none.
    fn value(&mut self, ty: &Type, depth: u64) -> Value {
        if depth == 0 || self.roll(40) == 0 {
            return Value::Null;
        }
        match &ty.head() {
            Type::Any | Type::Error | Type::Within(_) | Type::Named(_) => {
                let shape = self.ty(2, 0);
                if matches!(shape, Type::Any) { Value::Int(1) } else { self.value(&shape, depth - 1) }
            }
            Type::Null => Value::Null,
            Type::Bool => Value::Bool(self.roll(2) == 0),
            Type::Int => Value::Int(self.small()),
            Type::Float if self.roll(2) == 0 => Value::Float(self.small() as f64 + 0.5),
            Type::Float => Value::Int(self.small()),
            Type::String | Type::Path | Type::Glob | Type::Form(_) => {
                Value::string(["a", "bb", "c1", "abc", ""][self.roll(5) as usize])
            }
            Type::Literal(Literal::String(text)) => Value::string(text.as_str()),
            Type::Literal(Literal::Int(int)) => Value::Int(*int),
            Type::Literal(Literal::Bool(bool)) => Value::Bool(*bool),
            Type::List(element) => {
                let count = self.roll(4);
                Value::list((0..count).map(|_| self.value(element, depth - 1)).collect::<Vec<_>>())
            }
            Type::Map(value) => {
                let names: Vec<&str> = ["a", "b", "x"].into_iter().filter(|_| self.roll(2) == 0).collect();
                Value::record(names.into_iter().map(|name| (name, self.value(value, depth - 1))).collect::<Vec<_>>())
            }
            Type::Record(record) => {
                let mut fields = Vec::new();
                for field in &record.fields {
                    if !field.optional || self.roll(2) == 0 {
                        fields.push((field.name.clone(), self.value(&field.ty, depth - 1)));
                    }
                }
                if record.is_open && self.roll(2) == 0 {
                    fields.push((["a", "b", "x"][self.roll(3) as usize].into(), Value::Int(7)));
                }
                Value::record(fields)
            }
            Type::Union(members) if members.is_empty() => Value::Null,
            Type::Union(members) => {
                let at = self.roll(members.len() as u64) as usize;
                self.value(&members[at], depth)
            }
            Type::Refined(refined) => self.value(&refined.base, depth),
        }
    }
}

/// A type that is often a wider one than another: the same with something let go.
fn wider(dice: &mut Dice, ty: &Type) -> Type {
    match &ty.head() {
        _ if dice.roll(6) == 0 => Type::union([ty.clone(), dice.ty(1, 0)]),
        Type::Literal(Literal::Int(_)) => Type::Int,
        Type::Literal(Literal::String(_)) => Type::String,
        Type::Int => Type::Float,
        Type::List(element) => Type::list(wider(dice, element)),
        Type::Map(value) => Type::map(wider(dice, value)),
        Type::Refined(refined) => match (&refined.rule, dice.roll(2)) {
            (Rule::Int(bounds), 0) => {
                Type::refined(Type::Int, Rule::Int(Bounds { min: bounds.min.map(|min| min - 1), max: None }))
            }
            _ => refined.base.clone(),
        },
        Type::Record(record) if dice.roll(3) > 0 => {
            let mut fields: Vec<Field> = Vec::new();
            for field in &record.fields {
                if dice.roll(4) > 0 {
                    let ty = wider(dice, &field.ty);
                    fields.push(Field { name: field.name.clone(), optional: field.optional || dice.roll(3) == 0, ty });
                }
            }
            let is_open = record.is_open || fields.len() < record.fields.len() || dice.roll(3) == 0;
            Type::Record(Arc::new(RecordType { name: None, fields, is_open }))
        }
        Type::Record(record) => Type::map(Type::union(record.fields.iter().map(|field| field.ty.clone()))),
        _ => ty.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn what_is_a_value_of_a_type_is_one_of_every_type_that_it_fits(seed in 1_u64..) {
        let mut dice = Dice(seed);
        let a = dice.root();
        let b = if dice.roll(3) > 0 { wider(&mut dice, &a) } else { dice.root() };
        for _ in 0..8 {
            let value = dice.value(&a, 6);
            let (of_a, of_b) = (check_value(&value, &a), check_value(&value, &b));
            if of_a.is_ok() {
                prop_assert!(!a.is_subtype(&b) || of_b.is_ok(), "{a:?}\n fits {b:?}\n but {value} does not: {of_b:?}");
                prop_assert!(of_b.is_err() || a.meets(&b), "{value} is of {a:?}\n and of {b:?}\n which do not meet");
            }
        }
    }

    #[test]
    fn fitting_is_reflexive_and_transitive(seed in 1_u64..) {
        let mut dice = Dice(seed);
        let a = dice.root();
        prop_assert!(a.is_subtype(&a), "{a:?}");
        prop_assert!(a.is_subtype(&a.head()) && a.head().is_subtype(&a), "{a:?}");
        prop_assert!(a.is_subtype(&a.clone().optional()));
        let b = wider(&mut dice, &a);
        let c = wider(&mut dice, &b);
        if a.is_subtype(&b) && b.is_subtype(&c) {
            prop_assert!(a.is_subtype(&c), "{a:?}\n{b:?}\n{c:?}");
        }
        // What fits is accepted.
        prop_assert!(!a.is_subtype(&b) || a.is_accepted_as(&b), "{a:?}\n{b:?}");
    }

    #[test]
    fn a_type_is_the_same_when_it_is_read_back(seed in 1_u64..) {
        let ty = Dice(seed).root();
        let json = serde_json::to_string(&ty).expect("a type is JSON");
        let back: Type = serde_json::from_str(&json).expect("and back");
        prop_assert!(back == ty, "{json}");
    }
}

/// `type T0 = [T1] … type Tn = [T0]`: as many lists within each other as one likes.
fn circle(length: u32, leaf: Option<Type>) -> Type {
    let next = |at: u32| Type::Within((at + 1) % length);
    let element = |at: u32| leaf.iter().cloned().fold(next(at), |ty, leaf| Type::union([ty, leaf]));
    let definitions =
        (0..length).map(|at| Definition { name: format!("T{at}").into(), ty: Type::list(element(at)) }).collect();
    Type::Named(Named { group: Arc::new(Group { definitions }), index: 0 })
}

#[test]
fn types_that_unfold_to_the_same_fit_each_other() {
    assert!(circle(2, None).is_subtype(&circle(3, None)));
    assert!(circle(3, None).is_subtype(&circle(1, Some(Type::Int))));
    assert!(!circle(1, Some(Type::Int)).is_subtype(&circle(3, None)));
    assert!(circle(4, Some(Type::Literal(Literal::Int(3)))).is_subtype(&circle(6, Some(Type::Float))));
}

#[test]
fn comparing_ends_where_the_pairs_are_very_many() {
    // The circles meet again only after the product of their lengths.
    let (a, b) = (circle(1000, None), circle(999, None));
    assert!(!a.is_subtype(&b));
    assert!(a.meets(&b));
}

#[test]
fn a_value_that_fits_none_of_two_alike_is_refused_in_good_time() {
    // Either member asks for the next level first, and for what tells them apart last.
    let member = |tag: i64| {
        let next = Type::union([Type::Within(0), Type::Null]);
        Type::record([("next", next), ("tag", Type::Literal(Literal::Int(tag)))])
    };
    let definitions = vec![Definition { name: "T".into(), ty: Type::union([member(1), member(2)]) }];
    let ty = Type::Named(Named { group: Arc::new(Group { definitions }), index: 0 });
    let value = (0..200).fold(Value::Null, |next, _| Value::record([("next", next), ("tag", Value::Int(3))]));
    assert!(check_value(&value, &ty).is_err());
    let value = (0..200).fold(Value::Null, |next, _| Value::record([("next", next), ("tag", Value::Int(2))]));
    assert_eq!(check_value(&value, &ty), Ok(()));
}
