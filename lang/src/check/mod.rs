//! A parsed plan ⟶ a typed plan: names resolved, types checked, every mistake reported.
//!
//! Reads top to bottom like the phases of the check: `declare` collects names, `lets` orders the pure values, `steps` types
//! the steps, `expr`, `operator` and `call` type expressions, `narrow` knows what conditions prove, `constants` judges what
//! can be known from the text alone. Coverage by `critical` is [`crate::cover`]'s business.

mod argv;
mod blocks;
mod call;
mod constants;
mod convert;
mod declare;
mod expr;
mod extract;
mod field;
mod fit;
mod groups;
mod index;
mod lets;
mod method;
mod name;
mod narrow;
mod operator;
mod release;
mod steps;
mod templates;
mod together;

use crate::catalogue::Catalogue;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{EachId, Expr, ExprKind, Input, Let, Plan, Release, StepId};
use crate::resolve::Types;
use crate::source::Span;
use crate::syntax;
use crate::types::Type;
use crate::value::Value;
pub(crate) use argv::SHELLS;
pub(crate) use constants::calls_in;
use groups::{Block, PLAN, Part, Pure, PureKind, Scope, ScopeId, StepSource, Uses};
pub(crate) use operator::{ADDS_NUMBERS, JOINS_NO_LISTS, is_tight};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// Checks the plan of a file. Gives a plan also when there were errors, as far as it could be typed.
pub fn check<'a>(file: &'a syntax::File, catalogue: &'a Catalogue, report: &'a Diagnostics) -> Option<Plan> {
    let declared = declare::the_plan(file, report)?;
    let types = Types::new(crate::resolve::top_types(file).chain(declare::types(declared)), report);
    let mut checker = Checker::new(catalogue, types, report);
    checker.misplaced = declare::catalogues(file).map(|name| format!("{name}.")).collect();
    let mut parts = checker.declare(declared);
    checker.lets(&mut parts);
    let plan = checker.plan(declared, &parts);
    constants::check(&plan, report);
    Some(plan)
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Meaning {
    Input(usize),
    Let(usize),
    Step(StepId),
    Each(EachId),
}

/// A declared name.
#[derive(Clone, Debug)]
struct Symbol {
    meaning: Meaning,
    span: Span,
    /// The verification whose block it belongs to; none: the plan.
    verification: Option<usize>,
    /// The block it stands in.
    scope: ScopeId,
}

/// What is known of a step before its arguments are looked at.
#[derive(Clone, Debug)]
struct Head {
    name: SmolStr,
    ty: Type,
    /// The type of the tool's result: what the value is where the step has succeeded.
    result: Type,
    span: Span,
    verification: Option<usize>,
    scope: ScopeId,
}

/// A variable of a comprehension.
#[derive(Clone, Debug)]
struct Local {
    name: SmolStr,
    span: Span,
    ty: Type,
    slot: usize,
}

/// Where an expression stands decides which names and calls it may use.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// A `let` of the plan or of this block: steps may be used, who uses the `let` answers for the order.
    Let(ScopeId),
    /// The call and the conditions of a step: earlier steps.
    Step(StepId),
    /// `expect` and `undo` of a step: earlier steps and the step itself.
    OwnResult(StepId),
    /// The check of an assumption: no step; calls of read-only tools.
    Assumption,
    /// The check of a verification: every step; calls of read-only tools.
    Verification(usize),
    /// An output: the steps of the plan.
    Output,
}

/// A `let` once it is typed.
#[derive(Clone, Debug, Default)]
struct TypedLet {
    value: Option<Expr>,
    release: Option<Release>,
    /// All steps its value depends on, also through other lets; sorted.
    uses: Vec<StepId>,
    /// All `each` blocks whose results it depends on in the same way; sorted.
    uses_each: Vec<EachId>,
    used: bool,
    /// Its place among the lets of the typed plan.
    rank: usize,
}

struct Checker<'a> {
    catalogue: &'a Catalogue,
    types: Types<'a>,
    report: &'a Diagnostics,
    /// Whether all of the text could be parsed.
    understood: bool,
    /// Catalogues in the file of the plan, each with a dot: their place is reported, and what their tools are is not known.
    misplaced: Vec<String>,
    names: FxHashMap<SmolStr, Symbol>,
    /// The same names in the order of their declaration, for suggestions.
    declared: Vec<SmolStr>,
    inputs: Vec<Input>,
    input_used: Vec<bool>,
    heads: Vec<Head>,
    scopes: Vec<Scope<'a>>,
    blocks: Vec<Block<'a>>,
    lets: Vec<TypedLet>,
    locals: Vec<Local>,
    /// Paths such as `a.b` that a condition around has shown not to be null.
    not_null: Vec<String>,
    place: Place,
    /// Steps that the expression at hand uses.
    uses: Vec<StepId>,
    /// `each` blocks whose results the expression at hand uses.
    uses_each: Vec<EachId>,
    /// Reported together, since they may form a circle.
    early: Vec<Early>,
    /// Where the names of the fields of record literals stand, by the spans of their values.
    field_names: FxHashMap<Span, Span>,
    /// The types that extractions name, by where they stand: each is reported once.
    extracted: FxHashMap<Span, Type>,
}

/// A use of a step that has not run by then.
struct Early {
    user: StepId,
    used: StepId,
    span: Span,
    /// The `let` between the two, if there is one.
    through: Option<SmolStr>,
    /// Whether only `after` names it.
    by_after: bool,
}

impl<'a> Checker<'a> {
    fn new(catalogue: &'a Catalogue, types: Types<'a>, report: &'a Diagnostics) -> Checker<'a> {
        Checker {
            catalogue,
            types,
            report,
            understood: !report.has_errors(),
            misplaced: Vec::new(),
            names: FxHashMap::default(),
            declared: Vec::new(),
            inputs: Vec::new(),
            input_used: Vec::new(),
            heads: Vec::new(),
            scopes: vec![Scope::plan()],
            blocks: Vec::new(),
            lets: Vec::new(),
            locals: Vec::new(),
            not_null: Vec::new(),
            place: Place::Let(PLAN),
            uses: Vec::new(),
            uses_each: Vec::new(),
            early: Vec::new(),
            field_names: FxHashMap::default(),
            extracted: FxHashMap::default(),
        }
    }

    /// Types an expression that stands in `place`; gives what it uses, too.
    fn at(&mut self, place: Place, expr: &syntax::Expr) -> (Expr, Uses) {
        self.place = place;
        self.forget_uses();
        let typed = self.expr(expr);
        (typed, self.take_uses())
    }

    /// Types a condition that stands in `place`.
    fn condition_at(&mut self, place: Place, expr: &syntax::Expr) -> (Expr, Uses) {
        let (typed, uses) = self.at(place, expr);
        self.want_bool(&typed);
        (typed, uses)
    }

    /// Whether an expression is a Boolean; reported when it is not.
    fn want_bool(&self, typed: &Expr) -> bool {
        if typed.ty.is_subtype(&Type::Bool) {
            return true;
        }
        let diagnostic = match typed.ty.has_null() && typed.ty.without_null().is_subtype(&Type::Bool) {
            true if typed.ty != Type::Null => {
                Diagnostic::new(Code::MaybeNull, typed.span, "a condition must not be null")
                    .label(format!("this is {}", typed.ty.brief()))
                    .help("say what null means: `?? false`, or compare with `== true`")
            }
            _ => Diagnostic::new(Code::NotBoolean, typed.span, "a condition must be true or false")
                .label(format!("this is {}", typed.ty.brief())),
        };
        self.report.push(match typed.ty.without_null() {
            _ if typed.ty.has_null() && diagnostic.code == Code::NotBoolean => {
                diagnostic.help("there is no truthiness: compare it, as in `!= null`")
            }
            _ if diagnostic.code == Code::MaybeNull => diagnostic,
            Type::Any => diagnostic.help("the shape of this value is unknown: compare it with `== true`"),
            Type::List(_) => diagnostic.help("there is no truthiness: ask `not list.is_empty()`"),
            ty if ty.is_subtype(&Type::String) => {
                diagnostic.help("there is no truthiness: compare it, as in `!= \"\"`")
            }
            ty if ty.is_subtype(&Type::Float) => diagnostic.help("there is no truthiness: compare it, as in `> 0`"),
            _ => diagnostic.help("there is no truthiness: compare it, as in `!= null`"),
        });
        false
    }
}

/// An expression whose mistake is already reported.
fn error(span: Span) -> Expr {
    unknown(Type::Error, span)
}

/// An expression whose mistake is already reported, and whose type is clear all the same.
fn unknown(ty: Type, span: Span) -> Expr {
    Expr { kind: ExprKind::Constant(Value::Unknown(ty.clone())), ty, span }
}

/// The parts of a plan in the order of the text, each kind by itself.
#[derive(Default)]
struct Parts<'s> {
    rationale: Option<&'s syntax::TextItem>,
    context: Option<&'s syntax::TextItem>,
    assumes: Vec<&'s syntax::Assume>,
    criticals: Vec<&'s syntax::Critical>,
    reuses: Vec<&'s syntax::Reuse>,
    /// Lets, and what else of the blocks is pure.
    lets: Vec<Pure<'s>>,
    /// Steps of the plan, gates among them, then those of the verifications.
    steps: Vec<Part<'s>>,
    verifies: Vec<&'s syntax::Verify>,
    outputs: Vec<&'s syntax::Output>,
    /// How many gates and `together` blocks there are.
    gates: usize,
    togethers: u32,
}

impl Let {
    fn new(declared: &syntax::Let, value: Expr, release: Option<Release>, each: Option<EachId>) -> Let {
        Let {
            name: declared.name.name.clone(),
            value,
            release,
            each,
            named_at: declared.name.span,
            span: declared.span,
        }
    }
}
