//! Tests of evaluation on trees that are built by hand, since no parser stands above this module.

use super::*;
use crate::catalogue::{Param, Tool};
use crate::effects::Effects;
use crate::marks::Marks;
use crate::plan::{Input, Let};
use crate::syntax::{Approval, UnaryOp};
use crate::types::Type;
use std::sync::Arc;

mod soundness;

pub(super) fn node(kind: ExprKind, ty: Type) -> Expr {
    Expr { kind, ty, span: Span::new(7, 9) }
}

pub(super) fn constant(value: Value) -> Expr {
    let ty = type_of(&value);
    node(ExprKind::Constant(value), ty)
}

fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Float(_) => Type::Float,
        Value::String(_) => Type::String,
        Value::Formed(formed) => Type::Form(formed.form()),
        Value::List(items) => Type::list(Type::union(items.iter().map(type_of))),
        Value::Record(record) => Type::record(record.iter().map(|(name, item)| (name.clone(), type_of(item)))),
        Value::Unknown(ty) => ty.clone(),
    }
}

pub(super) fn binary(op: BinaryOp, a: Expr, b: Expr, ty: Type) -> Expr {
    node(ExprKind::Binary(op, Box::new((a, b))), ty)
}

pub(super) fn method(name: &str, args: Vec<Expr>) -> Expr {
    let function = crate::stdlib::find(&args[0].ty, name).expect("the receiver has the method");
    let types: Vec<Type> = args[1..].iter().map(|arg| arg.ty.clone()).collect();
    let ty = (function.check)(&args[0].ty, &types).expect("the arguments are right");
    node(ExprKind::Method { function, args, optional: false }, ty)
}

pub(super) fn plan(inputs: &[Type], lets: Vec<Expr>) -> Plan {
    let span = Span::default();
    Plan {
        title: String::new(),
        rationale: None,
        context: None,
        inputs: inputs
            .iter()
            .map(|ty| Input { name: "i".into(), ty: ty.clone(), default: None, secret: false, span })
            .collect(),
        assumptions: Vec::new(),
        critical: Vec::new(),
        reuse: Vec::new(),
        lets: lets
            .into_iter()
            .map(|value| Let { name: "l".into(), value, release: None, each: None, named_at: span, span })
            .collect(),
        steps: Vec::new(),
        eaches: Vec::new(),
        verifications: Vec::new(),
        outputs: Vec::new(),
        span,
    }
}

fn text(s: &str) -> Value {
    Value::string(s)
}

fn evaluate(expr: &Expr) -> Result<Value, String> {
    let plan = plan(&[], Vec::new());
    eval(expr, &mut Env::of_text(&plan), &mut NoCalls).map_err(|failure| failure.message)
}

fn int(i: i64) -> Expr {
    constant(Value::Int(i))
}

fn float(x: f64) -> Expr {
    constant(Value::Float(x))
}

fn unknown_of(ty: Type) -> Expr {
    constant(Value::Unknown(ty))
}

#[test]
fn operators_give_values_or_say_why_not() {
    use BinaryOp::*;
    let string = |s: &str| constant(text(s));
    let list = |items: Vec<Value>| constant(Value::list(items));
    let past = 9_007_199_254_740_993;
    let cases: Vec<(Expr, Result<Value, &str>)> = vec![
        (binary(Add, int(1), int(2), Type::Int), Ok(Value::Int(3))),
        (binary(Add, int(1), float(0.5), Type::Float), Ok(Value::Float(1.5))),
        (binary(Divide, int(7), int(2), Type::Int), Ok(Value::Int(3))),
        (binary(Divide, int(7), int(2), Type::Float), Ok(Value::Float(3.5))),
        (binary(Remainder, int(-7), int(2), Type::Int), Ok(Value::Int(-1))),
        (binary(Divide, int(7), int(0), Type::Int), Err("division by zero")),
        (binary(Remainder, float(7.0), float(0.0), Type::Float), Err("division by zero")),
        (binary(Add, int(i64::MAX), int(1), Type::Int), Err("the result does not fit into 64 bits")),
        (binary(Divide, int(i64::MIN), int(-1), Type::Int), Err("the result does not fit into 64 bits")),
        (binary(Multiply, float(1e300), float(1e300), Type::Float), Err("the result is no finite number")),
        (binary(Add, int(past), float(0.5), Type::Float), Err("9007199254740993 is not exact as a float")),
        (binary(Equal, int(1), float(1.0), Type::Bool), Ok(Value::Bool(true))),
        (binary(Equal, int(past), float(9_007_199_254_740_992.0), Type::Bool), Ok(Value::Bool(false))),
        (binary(Less, float(9_007_199_254_740_992.0), int(past), Type::Bool), Ok(Value::Bool(true))),
        (binary(Less, int(i64::MAX), float(9_223_372_036_854_775_808.0), Type::Bool), Ok(Value::Bool(true))),
        (binary(Greater, int(-1), float(-1.5), Type::Bool), Ok(Value::Bool(true))),
        (binary(Less, string("Z"), string("a"), Type::Bool), Ok(Value::Bool(true))),
        (binary(Less, string("\u{ffff}"), string("\u{10000}"), Type::Bool), Ok(Value::Bool(true))),
        (binary(Less, int(1), string("a"), Type::Bool), Err("`<` does not take `1` and \"a\"")),
        (binary(Add, string("a"), string("b"), Type::String), Ok(text("ab"))),
        (binary(In, int(2), list(vec![Value::Int(1), Value::Float(2.0)]), Type::Bool), Ok(Value::Bool(true))),
        (binary(Coalesce, constant(Value::Null), int(1), Type::Int), Ok(Value::Int(1))),
        (binary(Coalesce, int(2), int(1), Type::Int), Ok(Value::Int(2))),
        (
            node(ExprKind::Unary(UnaryOp::Negate, Box::new(int(i64::MIN))), Type::Int),
            Err("the result does not fit into 64 bits"),
        ),
    ];
    for (expr, expected) in cases {
        assert_eq!(evaluate(&expr), expected.map_err(str::to_owned), "{:?}", expr.kind);
    }
}

#[test]
fn unknown_operands_decide_only_what_they_cannot_change() {
    use BinaryOp::*;
    let u = || unknown_of(Type::Bool);
    let b = |bool| constant(Value::Bool(bool));
    let fails = || binary(Equal, binary(Divide, int(1), int(0), Type::Int), int(1), Type::Bool);
    let pair = |a: Value, b: Value| constant(Value::list([a, b]));
    let unknown_int = || Value::Unknown(Type::Int);
    let unknown = Ok(Value::Unknown(Type::Bool));
    let known = |bool| Ok(Value::Bool(bool));
    let cases = [
        (binary(And, b(false), u(), Type::Bool), known(false)),
        (binary(Or, b(true), u(), Type::Bool), known(true)),
        (binary(And, b(true), u(), Type::Bool), unknown.clone()),
        (binary(And, u(), fails(), Type::Bool), unknown.clone()),
        (binary(Or, b(true), fails(), Type::Bool), known(true)),
        (
            binary(Equal, pair(Value::Int(1), unknown_int()), pair(Value::Int(2), unknown_int()), Type::Bool),
            known(false),
        ),
        (
            binary(Equal, pair(Value::Int(1), unknown_int()), pair(Value::Int(1), unknown_int()), Type::Bool),
            unknown.clone(),
        ),
        (binary(In, int(1), pair(unknown_int(), Value::Int(1)), Type::Bool), known(true)),
        (binary(In, int(1), pair(unknown_int(), Value::Int(2)), Type::Bool), unknown.clone()),
        (binary(NotEqual, unknown_of(Type::Int), int(1), Type::Bool), unknown),
    ];
    for (expr, expected) in cases {
        assert_eq!(evaluate(&expr), expected, "{:?}", expr.kind);
    }
    let choice = node(ExprKind::If(Box::new((u(), fails(), fails()))), Type::Bool);
    assert_eq!(evaluate(&choice), Ok(Value::Unknown(Type::Bool)));
}

#[test]
fn a_list_keeps_its_unknown_items_to_themselves() {
    let items = || constant(Value::list([Value::Int(1), Value::Unknown(Type::Int)]));
    assert_eq!(evaluate(&method("length", vec![items()])), Ok(Value::Int(2)));
    assert_eq!(evaluate(&method("first", vec![items()])), Ok(Value::Int(1)));
    assert_eq!(evaluate(&method("last", vec![items()])), Ok(Value::Unknown(Type::Int.optional())));
    assert_eq!(evaluate(&method("sum", vec![items()])), Ok(Value::Unknown(Type::Int)));
    let over = |condition: Option<Expr>| {
        let element = binary(BinaryOp::Add, node(ExprKind::Local(0), Type::Int), int(1), Type::Int);
        let comprehension =
            Comprehension { slot: 0, variable: "x".into(), element, list: items(), condition, order: Vec::new() };
        node(ExprKind::Comprehension(Box::new(comprehension)), Type::list(Type::Int))
    };
    assert_eq!(evaluate(&over(None)), Ok(Value::list([Value::Int(2), Value::Unknown(Type::Int)])));
    let positive = binary(BinaryOp::Greater, node(ExprKind::Local(0), Type::Int), int(0), Type::Bool);
    assert_eq!(evaluate(&over(Some(positive))), Ok(Value::Unknown(Type::list(Type::Int))));
}

#[test]
fn parts_are_reached_or_missed_with_a_reason() {
    let record = || constant(Value::record([("a", Value::Int(1))]));
    let field = |base: Expr, name: &str, optional, ty| {
        node(ExprKind::Field { base: Box::new(base), name: name.into(), optional }, ty)
    };
    let index = |base: Expr, at: Expr| node(ExprKind::Index { base: Box::new(base), index: Box::new(at) }, Type::Any);
    let list = || constant(Value::list([Value::Int(5)]));
    let cases = [
        (field(record(), "a", false, Type::Int), Ok(Value::Int(1))),
        (field(record(), "b", false, Type::Int.optional()), Ok(Value::Null)),
        (field(record(), "b", false, Type::Any), Err("the record has no field `b`")),
        (field(constant(Value::Null), "b", true, Type::Int.optional()), Ok(Value::Null)),
        (field(list(), "b", false, Type::Any), Err("a list has no field `b`")),
        (index(list(), int(0)), Ok(Value::Int(5))),
        (index(list(), int(1)), Err("the index 1 is outside a list of length 1")),
        (index(list(), int(-1)), Err("the index -1 is outside a list of length 1")),
        (index(record(), constant(text("a"))), Ok(Value::Int(1))),
    ];
    for (expr, expected) in cases {
        assert_eq!(evaluate(&expr), expected.map_err(str::to_owned), "{:?}", expr.kind);
    }
}

#[test]
fn texts_take_what_the_language_writes_on_one_line() {
    let interpolate = |parts: Vec<Expr>| evaluate(&node(ExprKind::Interpolate(parts), Type::String));
    let whole = node(ExprKind::Constant(Value::Int(1)), Type::Float);
    let parts = vec![constant(text("a ")), int(-3), constant(Value::Bool(true)), float(2.0), whole];
    assert_eq!(interpolate(parts), Ok(text("a -3true2.01.0")));
    assert_eq!(interpolate(vec![int(1), unknown_of(Type::Int)]), Ok(Value::Unknown(Type::String)));
    assert_eq!(interpolate(vec![constant(Value::Null)]), Err("null cannot stand in a text".into()));
    assert_eq!(interpolate(vec![constant(Value::list([]))]), Err("a list cannot stand in a text".into()));
}

/// Stands in for a compiled tool.
fn tool() -> Arc<Tool> {
    let param = |name: &str, ty, optional, default| Param {
        name: name.into(),
        doc: String::new(),
        ty,
        marks: Marks::default(),
        optional,
        default,
        wire_name: None,
    };
    Arc::new(Tool {
        name: "t.call".into(),
        doc: String::new(),
        params: vec![
            param("path", Type::Path, false, None),
            param("count", Type::Int, true, None),
            param("mode", Type::String, false, Some(text("r"))),
        ],
        result: Type::String,
        result_marks: Marks::default(),
        effects: Effects::Declared(Vec::new()),
        approval: Approval::Auto,
        idempotent: true,
        wire_name: None,
        pinned: None,
        simulate: None,
        limit: None,
        paged: None,
        independent: false,
        timeout_ms: None,
        probe: None,
        category: None,
        general: None,
        span: Span::default(),
    })
}

#[test]
fn arguments_are_filled_in_and_checked() {
    let args = |args: Vec<Option<Expr>>| {
        let plan = plan(&[], Vec::new());
        let call = Call { tool: tool(), args, span: Span::default() };
        eval_args(&call, &mut Env::of_text(&plan), &mut NoCalls).map_err(|failure| (failure.message, failure.span))
    };
    let path = |path: &str| Some(constant(text(path)));
    assert_eq!(args(vec![path("a"), None, None]), Ok(vec![text("a"), Value::Null, text("r")]));
    assert_eq!(args(vec![path("a"), Some(constant(Value::Null)), None]), Ok(vec![text("a"), Value::Null, text("r")]));
    assert_eq!(
        args(vec![Some(unknown_of(Type::String)), None, None]),
        Ok(vec![Value::Unknown(Type::String), Value::Null, text("r")])
    );
    let (message, span) = args(vec![path("../a"), None, None]).expect_err("the path leaves the workspace");
    assert_eq!(message, "`path`: the path `../a` leaves the workspace or goes back with `..`");
    assert_eq!(span, Span::new(7, 9));
}

/// Runs on a thread with the stack that threads have by default.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(run);
    thread.expect("a thread starts").join().expect("the stack is large enough");
}

#[test]
fn deep_expressions_fit_a_small_stack() {
    const DEPTH: usize = 1000;
    on_a_small_stack(|| {
        let nest = |wrap: fn(Expr) -> Expr| (0..DEPTH).fold(int(1), |expr, _| wrap(expr));
        let deep: [fn(Expr) -> Expr; 6] = [
            |e| binary(BinaryOp::Add, e, int(0), Type::Int),
            |e| binary(BinaryOp::Add, int(0), e, Type::Int),
            |e| node(ExprKind::Unary(UnaryOp::Negate, Box::new(e)), Type::Int),
            |e| node(ExprKind::If(Box::new((constant(Value::Bool(false)), int(0), e))), Type::Int),
            |e| method("abs", vec![e]),
            |e| {
                node(
                    ExprKind::Index {
                        base: Box::new(constant(Value::list([Value::Int(1), Value::Int(0)]))),
                        index: Box::new(e),
                    },
                    Type::Int,
                )
            },
        ];
        for wrap in deep {
            assert!(evaluate(&nest(wrap)).is_ok());
        }
        let each = |list, element| {
            let comprehension =
                Comprehension { slot: 0, variable: "x".into(), element, list, condition: None, order: Vec::new() };
            node(ExprKind::Comprehension(Box::new(comprehension)), Type::Any)
        };
        let one = || constant(Value::list([Value::Int(1)]));
        let sources = (0..DEPTH).fold(one(), |list, _| each(list, node(ExprKind::Local(0), Type::Int)));
        assert_eq!(evaluate(&sources), Ok(Value::list([Value::Int(1)])));
        let elements = (0..DEPTH).fold(one(), |element, _| each(one(), element));
        assert_eq!(evaluate(&elements), Err("the value is nested more than 512 deep".into()));
        let lists = nest(|e| node(ExprKind::List(vec![e]), Type::Any));
        assert_eq!(evaluate(&lists), Err("the value is nested more than 512 deep".into()));
        let texts = nest(|e| node(ExprKind::Interpolate(vec![e]), Type::String));
        assert_eq!(evaluate(&texts), Ok(text("1")));
    });
}

#[test]
fn long_chains_of_lets_fit_a_small_stack() {
    on_a_small_stack(|| {
        let before = |index: usize| node(ExprKind::Let(index), Type::Int);
        let chain = (0..20_000).map(|at| match at {
            0 => int(0),
            at => binary(BinaryOp::Add, before(at - 1), int(1), Type::Int),
        });
        let plan = plan(&[], chain.collect());
        let mut env = Env::of_text(&plan);
        assert_eq!(eval(&before(19_999), &mut env, &mut NoCalls), Ok(Value::Int(19_999)));
        assert_eq!(eval(&before(3), &mut env, &mut NoCalls), Ok(Value::Int(3)));
    });
}

#[test]
fn a_let_has_variables_of_its_own() {
    let list = |items: &[i64]| constant(Value::list(items.iter().map(|i| Value::Int(*i))));
    let each = |list: Expr, element: Expr| {
        let comprehension =
            Comprehension { slot: 0, variable: "x".into(), element, list, condition: None, order: Vec::new() };
        node(ExprKind::Comprehension(Box::new(comprehension)), Type::list(Type::Int))
    };
    let local = || node(ExprKind::Local(0), Type::Int);
    let plan = plan(&[], vec![method("sum", vec![each(list(&[10, 20]), local())])]);
    let sum = binary(BinaryOp::Add, node(ExprKind::Let(0), Type::Int), local(), Type::Int);
    let value = eval(&each(list(&[1, 2]), sum), &mut Env::of_text(&plan), &mut NoCalls);
    assert_eq!(value, Ok(Value::list([Value::Int(31), Value::Int(32)])));
}

#[test]
fn a_let_fails_only_where_it_is_used() {
    let broken = binary(BinaryOp::Divide, int(1), int(0), Type::Int);
    let plan = plan(&[], vec![broken.clone()]);
    let guarded = |condition| {
        node(
            ExprKind::If(Box::new((constant(Value::Bool(condition)), node(ExprKind::Let(0), Type::Int), int(2)))),
            Type::Int,
        )
    };
    let mut env = Env::of_text(&plan);
    assert_eq!(eval(&guarded(false), &mut env, &mut NoCalls), Ok(Value::Int(2)));
    assert!(eval(&guarded(true), &mut env, &mut NoCalls).is_err());
}

#[test]
fn nothing_eats_memory_or_time() {
    let repeat = |e: Expr, times| method("repeat", vec![e, int(times)]);
    let a = || constant(text("a"));
    assert_eq!(evaluate(&repeat(repeat(a(), 1 << 20), 1 << 20)), Err("the text has more than 64 MiB".into()));
    // Texts below the limit add up, even where none is kept.
    let many = constant(Value::list((0..100).map(Value::Int)));
    let each = |list: Expr, element: Expr| {
        let ty = Type::list(element.ty.clone());
        let comprehension =
            Comprehension { slot: 0, variable: "x".into(), element, list, condition: None, order: Vec::new() };
        node(ExprKind::Comprehension(Box::new(comprehension)), ty)
    };
    let large = each(many.clone(), method("length", vec![repeat(a(), 60 << 20)]));
    assert_eq!(evaluate(&large), Err("the evaluation makes more than 512 MiB of values".into()));
    let looked_at = each(many, method("is_empty", vec![constant(text(&"a".repeat(60 << 20)))]));
    assert_eq!(evaluate(&looked_at), Err("the evaluation takes more than 50000000 steps".into()));
    // Each `let` holds the one before it ten times.
    let chain = (0..40).map(|at| match at {
        0 => int(0),
        at => node(ExprKind::List((0..10).map(|_| node(ExprKind::Let(at - 1), Type::Any)).collect()), Type::Any),
    });
    let plan = plan(&[], chain.collect());
    let last = eval(&node(ExprKind::Let(39), Type::Any), &mut Env::of_text(&plan), &mut NoCalls);
    assert_eq!(last.map_err(|failure| failure.message), Err("the value has more than 256 MiB".into()));
}
