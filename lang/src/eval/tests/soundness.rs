//! What is found known while parts are unknown is what every run finds.
//!
//! Expressions are grown from random bytes, every one of them well typed; then inputs are made unknown, wholly or in
//! part, and the result is compared with what the same expression gives for known inputs.

use super::super::*;
use super::{binary, constant, method, node, plan};
use crate::conform::check_value;
use crate::forms::Form;
use crate::syntax::{Direction, UnaryOp};
use crate::types::Type;
use crate::value::compare::equal;
use proptest::prelude::*;

const KINDS: usize = 10;

/// The types of the inputs; expressions are of one of these types too.
fn types() -> [Type; KINDS] {
    [
        Type::Int,
        Type::Bool,
        Type::String,
        Type::Float,
        Type::list(Type::Int),
        Type::Int.optional(),
        Type::record([("a", Type::Int), ("b", Type::list(Type::Int))]),
        Type::Form(Form::Duration),
        Type::Form(Form::Date),
        Type::Form(Form::Datetime),
    ]
}

/// Random bytes, read as choices; zeros when they are used up.
struct Choices<'b> {
    bytes: std::slice::Iter<'b, u8>,
    /// How many lets there are before the expression, by type as in [`types`].
    lets: usize,
    /// The slots of variables in scope, all integers.
    slots: usize,
}

impl Choices<'_> {
    fn below(&mut self, count: usize) -> usize {
        usize::from(*self.bytes.next().unwrap_or(&0)) % count
    }

    fn value(&mut self, kind: usize) -> Value {
        let int = |choices: &mut Self| Value::Int([0, 1, 2, 3, -1, i64::MAX][choices.below(6)]);
        match kind {
            0 => int(self),
            1 => Value::Bool(self.below(2) == 1),
            2 => Value::string(["", "a", "a b", "7"][self.below(4)]),
            3 => [Value::Float(0.0), Value::Float(0.5), Value::Int(2), Value::Float(-1.5)][self.below(4)].clone(),
            4 => Value::list((0..self.below(4)).map(|_| int(self)).collect::<Vec<_>>()),
            5 if self.below(2) == 0 => Value::Null,
            5 => int(self),
            // Read from texts where they come in.
            7 => Value::string(["PT0S", "90m", "P1D", "-PT0.5S", "P3660000D"][self.below(5)]),
            8 => Value::string(["2024-02-28", "2024-02-29", "9999-12-31"][self.below(3)]),
            9 => Value::string(
                ["2024-02-28T23:30:00Z", "2024-02-29T01:30:00+02:00", "9999-12-31T23:59:59.5-01:00"][self.below(3)],
            ),
            _ => Value::record([("a", int(self)), ("b", self.value(4))]),
        }
    }

    fn leaf(&mut self, kind: usize) -> Expr {
        let ty = types()[kind].clone();
        match self.below(4) {
            0 if kind < 7 => node(ExprKind::Constant(self.value(kind)), ty),
            1 if kind < self.lets => node(ExprKind::Let(kind), ty),
            2 if kind == 0 && self.slots > 0 => node(ExprKind::Local(self.below(self.slots)), ty),
            _ => node(ExprKind::Input(kind), ty),
        }
    }

    fn expr(&mut self, kind: usize, depth: usize) -> Expr {
        use BinaryOp::*;
        let ty = types()[kind].clone();
        if depth == 0 {
            return self.leaf(kind);
        }
        let d = depth - 1;
        match (kind, self.below(9)) {
            (_, 0) => self.leaf(kind),
            (_, 1) => node(ExprKind::If(Box::new((self.expr(1, d), self.expr(kind, d), self.expr(kind, d)))), ty),
            (0 | 3, 2) => binary([Add, Subtract, Multiply][self.below(3)], self.expr(kind, d), self.expr(kind, d), ty),
            (0 | 3, 3) => binary([Divide, Remainder][self.below(2)], self.expr(kind, d), self.expr(kind, d), ty),
            (0, 4) if self.below(4) == 0 => method("day", vec![self.expr(8, d)]),
            (0, 4) => method(["length", "sum"][self.below(2)], vec![self.expr(4, d)]),
            (0, 5) => binary(Coalesce, self.expr(5, d), self.expr(0, d), ty),
            (0, 6) => {
                let (base, index) = (Box::new(self.expr(4, d)), Box::new(self.expr(0, d)));
                node(ExprKind::Index { base, index }, ty)
            }
            (0 | 4, 7) => {
                let name = if kind == 0 { "a" } else { "b" }.into();
                node(ExprKind::Field { base: Box::new(self.expr(6, d)), name, optional: false }, ty)
            }
            (0, _) => node(ExprKind::Unary(UnaryOp::Negate, Box::new(self.expr(0, d))), ty),
            (1, 2 | 3) => binary([And, Or][self.below(2)], self.expr(1, d), self.expr(1, d), ty),
            (1, 4) => {
                let kind = self.below(KINDS);
                binary([Equal, NotEqual][self.below(2)], self.expr(kind, d), self.expr(kind, d), ty)
            }
            (1, 5) => binary(In, self.expr(0, d), self.expr(4, d), ty),
            (1, 6) => {
                let op = [Less, LessEqual, Greater, GreaterEqual][self.below(4)];
                let (a, b) = [(0, 3), (2, 2), (0, 0), (7, 7), (8, 8), (9, 9)][self.below(6)];
                binary(op, self.expr(a, d), self.expr(b, d), ty)
            }
            (1, _) => node(ExprKind::Unary(UnaryOp::Not, Box::new(self.expr(1, d))), ty),
            (2, 2 | 3) => {
                let part = [0, 1, 2, 3, 7, 8, 9][self.below(7)];
                node(ExprKind::Interpolate(vec![self.expr(2, d), self.expr(part, d)]), ty)
            }
            (2, 4) => method("repeat", vec![self.expr(2, d), self.expr(0, d)]),
            (2, 5) => method("to_json", vec![self.expr(6, d)]),
            (2, _) => binary(Add, self.expr(2, d), self.expr(2, d), ty),
            (3, 4) => method("to_float", vec![self.expr(0, d)]),
            (3, _) => node(ExprKind::If(Box::new((self.expr(1, d), self.expr(0, d), self.expr(3, d)))), ty),
            (4, 2 | 3) => {
                let list = self.expr(4, d);
                let slot = self.slots;
                self.slots += 1;
                let element = self.expr(0, d);
                let condition = (self.below(2) == 0).then(|| self.expr(1, d));
                let order = (0..self.below(3)).map(|_| self.key(d)).collect();
                self.slots -= 1;
                node(
                    ExprKind::Comprehension(Box::new(Comprehension {
                        slot,
                        variable: "x".into(),
                        element,
                        list,
                        condition,
                        order,
                    })),
                    ty,
                )
            }
            (4, 4) => method(["reverse", "sort", "unique"][self.below(3)], vec![self.expr(4, d)]),
            (4, 5) => method(["take", "drop"][self.below(2)], vec![self.expr(4, d), self.expr(0, d)]),
            (4, 6) => binary(Add, self.expr(4, d), self.expr(4, d), ty),
            (4, _) => node(ExprKind::List((0..self.below(4)).map(|_| self.expr(0, d)).collect()), ty),
            (5, 2) => method(["first", "last", "min", "max"][self.below(4)], vec![self.expr(4, d)]),
            (5, 3) => method("index_of", vec![self.expr(4, d), self.expr(0, d)]),
            (5, 4) => method("parse_int", vec![self.expr(2, d)]),
            (5, 5) => {
                let optional = node(
                    ExprKind::If(Box::new((self.expr(1, d), constant(Value::Null), self.expr(6, d)))),
                    types()[6].clone().optional(),
                );
                node(ExprKind::Field { base: Box::new(optional), name: "a".into(), optional: true }, ty)
            }
            (5, _) => self.expr(0, d),
            (7, 2 | 3) => binary([Add, Subtract][self.below(2)], self.expr(7, d), self.expr(7, d), ty),
            (7, 4) => binary(Multiply, self.expr(7, d), self.expr(0, d), ty),
            (7, 5 | 6) => {
                let kind = 8 + self.below(2);
                binary(Subtract, self.expr(kind, d), self.expr(kind, d), ty)
            }
            (7, 7) => method("offset", vec![self.expr(9, d)]),
            (7, _) => node(ExprKind::Unary(UnaryOp::Negate, Box::new(self.expr(7, d))), ty),
            (8 | 9, 2..=4) => binary([Add, Subtract][self.below(2)], self.expr(kind, d), self.expr(7, d), ty),
            (8, 5) => method("add_months", vec![self.expr(8, d), self.expr(0, d)]),
            (8, _) => method("date", vec![self.expr(9, d)]),
            (9, _) => method("in_offset", vec![self.expr(9, d), self.expr(7, d)]),
            _ => node(ExprKind::Record(vec![("a".into(), self.expr(0, d)), ("b".into(), self.expr(4, d))]), ty),
        }
    }

    /// What a comprehension may be ordered by.
    fn key(&mut self, depth: usize) -> (Expr, Direction) {
        let kind = [0, 1, 2, 3, 7, 8, 9][self.below(7)];
        let direction = [Direction::Ascending, Direction::Descending][self.below(2)];
        (self.expr(kind, depth), direction)
    }

    /// Makes a value unknown, in part or not at all.
    fn blur(&mut self, value: &Value, ty: &Type) -> Value {
        match (self.below(3), value, ty) {
            (0, _, _) => Value::Unknown(ty.clone()),
            (1, Value::List(items), Type::List(element)) => {
                Value::list(items.iter().map(|item| self.blur(item, element)).collect::<Vec<_>>())
            }
            (1, Value::Record(record), Type::Record(wanted)) => {
                let blurred = record.iter().map(|(name, item)| {
                    let ty = &wanted.field(name).expect("the record is of its type").ty;
                    (name.clone(), self.blur(item, ty))
                });
                Value::record(blurred.collect::<Vec<_>>())
            }
            _ => value.clone(),
        }
    }
}

/// Whether a value is what another one, partly unknown, stands for.
fn refines(known: &Value, blurred: &Value) -> bool {
    match (known, blurred) {
        (known, Value::Unknown(ty)) => check_value(known, ty).is_ok(),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| refines(a, b)),
        (Value::Record(a), Value::Record(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| refines(a, b)))
        }
        (a, b) => equal(a, b) == Some(true),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn known_is_what_every_run_finds(
        shape in prop::collection::vec(any::<u8>(), 0..120),
        inputs in prop::collection::vec(any::<u8>(), 50),
        unknown in prop::collection::vec(any::<u8>(), 50),
    ) {
        let types = types();
        let mut choices = Choices { bytes: shape.iter(), lets: 0, slots: 0 };
        let mut lets = Vec::new();
        for kind in 0..types.len() {
            lets.push(choices.expr(kind, 2));
            choices.lets += 1;
        }
        let kind = choices.below(types.len());
        let expr = choices.expr(kind, 5);
        let plan = plan(&types, lets);

        let mut choices = Choices { bytes: inputs.iter(), lets: 0, slots: 0 };
        let known: Vec<Value> = (0..types.len()).map(|kind| choices.value(kind)).collect();
        let mut choices = Choices { bytes: unknown.iter(), lets: 0, slots: 0 };
        let blurred: Vec<Value> = known.iter().zip(&types).map(|(value, ty)| choices.blur(value, ty)).collect();

        let before = eval(&expr, &mut Env::new(&plan, blurred), &mut NoCalls);
        let after = eval(&expr, &mut Env::new(&plan, known), &mut NoCalls);
        match (before, after) {
            (Ok(before), Ok(after)) => {
                prop_assert!(after.is_known(), "{after}");
                prop_assert!(check_value(&after, &expr.ty).is_ok(), "{after} is no {}", expr.ty);
                prop_assert!(refines(&after, &before), "{before:?} became {after:?}");
            }
            // What could not be looked at may fail later; what fails already fails in every run.
            (Ok(_), Err(_)) | (Err(_), Err(_)) => {}
            (Err(failure), Ok(after)) => prop_assert!(false, "{failure:?} became {after:?}"),
        }
    }
}
