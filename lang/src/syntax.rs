//! The syntax tree: what was written, before any name is known.
//!
//! Every node has its span; comments are kept beside the tree, so that the formatter loses nothing. Texts of literals that
//! the formatter must give back exactly are found through the span. The tree knows no types and no tools.

mod catalogue;
mod expr;

pub use catalogue::{
    Approval, Catalogue, Count, EffectTarget, EffectVerb, Mark, Marked, Param, Tool, ToolClause, ToolClauseKind,
};
pub use expr::{
    Arg, BinaryOp, Call, Comprehension, Direction, Expr, ExprKind, FieldAccess, FieldInit, FieldType, Key, StringLit,
    StringPart, TypeExpr, TypeExprKind, UnaryOp,
};

use crate::source::Span;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The tool whose result is of the type that it is given.
pub const EXTRACT: &str = "model.extract";

/// The parameter that takes this type.
pub const EXTRACT_TYPE: &str = "type";

/// The parameter that says what is looked for: a constant, so that a person has read it.
pub const EXTRACT_ASK: &str = "ask";

/// The parameter that takes the text.
pub const EXTRACT_FROM: &str = "from";

/// One parsed source: plans, catalogues and types at its top level.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// In the order of the text.
    pub items: Vec<TopItem>,
    /// In the order of the text; doc comments (`///`) are not among them.
    pub comments: Vec<Comment>,
}

/// What may stand at the top level of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TopItem {
    /// `plan "title" { … }`
    Plan(Plan),
    /// `catalogue name { … }`
    Catalogue(Catalogue),
    /// `type Name = type`
    Type(TypeDef),
}

/// `// …` up to the end of its line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    /// From the first slash to the last character of the line.
    pub span: Span,
    /// Whether only white space stands before it on its line.
    pub own_line: bool,
}

/// A name where one is declared or used.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ident {
    /// The name.
    pub name: SmolStr,
    /// Where it stands.
    pub span: Span,
}

/// A constant text: a string literal of any form without interpolation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// The decoded text: escapes resolved, block indentation stripped.
    pub value: String,
    /// The whole literal with its quotes.
    pub span: Span,
}

/// `plan "title" { item … }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The title.
    pub title: Text,
    /// In the order of the text.
    pub items: Vec<Item>,
    /// From `plan` to the closing brace.
    pub span: Span,
    /// The braces with all between them.
    pub body: Span,
}

/// One item of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Item {
    /// `rationale "…"`
    Rationale(TextItem),
    /// `context """…"""`
    Context(TextItem),
    /// `input name: type = default`
    Input(Box<Input>),
    /// `assume "…" { expression }`
    Assume(Assume),
    /// `critical { verb resource "why" … }`
    Critical(Critical),
    /// `reuse target "why"`
    Reuse(Reuse),
    /// `let name = expression`
    Let(Let),
    /// `step name = call { clause … }`
    Step(Step),
    /// `each name = variable in list { step … result expression }`
    Each(Box<Each>),
    /// `together { step … }`
    Together(Together),
    /// `when condition { step … }`
    When(When),
    /// `gate "text" show a, b`
    Gate(Gate),
    /// `verify "…" { step … expression }`
    Verify(Box<Verify>),
    /// `output name = expression`
    Output(Output),
    /// `type Name = type`
    Type(TypeDef),
}

impl Item {
    /// The whole item.
    pub fn span(&self) -> Span {
        match self {
            Item::Rationale(item) | Item::Context(item) => item.span,
            Item::Input(item) => item.span,
            Item::Assume(item) => item.span,
            Item::Critical(item) => item.span,
            Item::Reuse(item) => item.span,
            Item::Let(item) => item.span,
            Item::Step(item) => item.span,
            Item::Each(item) => item.span,
            Item::Together(item) => item.span,
            Item::When(item) => item.span,
            Item::Gate(item) => item.span,
            Item::Verify(item) => item.span,
            Item::Output(item) => item.span,
            Item::Type(item) => item.span,
        }
    }
}

/// A keyword with a constant text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextItem {
    /// The text.
    pub text: Text,
    /// Keyword and text.
    pub span: Span,
}

/// `input name: type secret = default`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
    /// Where `secret` stands, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Span>,
    /// What it is when nothing is supplied.
    pub default: Option<Expr>,
    /// The whole item.
    pub span: Span,
}

/// `assume "text" { expression }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assume {
    /// What is taken as given.
    pub text: Text,
    /// The Boolean over read-only tools; none: a person confirms it.
    pub check: Option<Expr>,
    /// The whole item.
    pub span: Span,
}

/// `critical { line … }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Critical {
    /// Its lines.
    pub lines: Vec<CriticalLine>,
    /// The whole item.
    pub span: Span,
    /// The braces with all between them.
    pub body: Span,
}

/// `modify "src/*.rs" "why"`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriticalLine {
    /// `read create modify delete run contact`, as written.
    pub verb: Ident,
    /// What is allowed.
    pub resource: CriticalResource,
    /// Why the plan needs it.
    pub why: Option<Text>,
    /// The whole line.
    pub span: Span,
}

/// What a line of `critical` is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CriticalResource {
    /// A glob, a program with leading arguments, or a host.
    Text(Text),
    /// A value of the plan: `intro.participants`.
    Value(Expr),
}

impl CriticalResource {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            CriticalResource::Text(text) => text.span,
            CriticalResource::Value(expr) => expr.span,
        }
    }
}

/// `reuse "src/loader.rs" "why"` or `reuse fs.edit "why"`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reuse {
    /// What the plan leans on.
    pub target: ReuseTarget,
    /// Why.
    pub why: Option<Text>,
    /// The whole item.
    pub span: Span,
}

/// What a plan leans on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ReuseTarget {
    /// A path in the workspace.
    Path(Text),
    /// `catalogue.tool`
    Tool(Ident, Ident),
}

/// `let name = expression`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Let {
    /// Its name.
    pub name: Ident,
    /// Its value.
    pub value: Expr,
    /// The whole item.
    pub span: Span,
}

/// `step name = call { clause … }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its name.
    pub name: Ident,
    /// The call; any expression parses, the checker wants a call of a tool.
    pub call: Expr,
    /// In the order of the text.
    pub clauses: Vec<Clause>,
    /// The whole item, clause block included.
    pub span: Span,
    /// The braces of the clause block, if there is one.
    pub block: Option<Span>,
}

/// `each name = variable in list { step … let … result expression }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Each {
    /// Its name: the list of results.
    pub name: Ident,
    /// The name of an element.
    pub variable: Ident,
    /// The elements.
    pub list: Expr,
    /// Steps, lets and groups, in the order of the text.
    pub items: Vec<Item>,
    /// What an element gives; none: the record of its steps.
    pub result: Option<ResultLine>,
    /// The whole item.
    pub span: Span,
    /// The braces with all between them.
    pub body: Span,
}

/// `result expression`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultLine {
    /// What an element gives.
    pub value: Expr,
    /// The whole line.
    pub span: Span,
}

/// `together { step … }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Together {
    /// Steps and lets, in the order of the text.
    pub items: Vec<Item>,
    /// The whole item.
    pub span: Span,
    /// The braces with all between them.
    pub body: Span,
}

/// `when condition { step … }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct When {
    /// Whether the group runs.
    pub condition: Expr,
    /// Steps, lets and blocks, in the order of the text.
    pub items: Vec<Item>,
    /// The whole item.
    pub span: Span,
    /// The braces with all between them.
    pub body: Span,
}

/// `gate "text" show a, b`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// What a person agrees to.
    pub text: Text,
    /// The values that they are shown; any expressions parse, the checker wants names and fields.
    pub shown: Vec<Expr>,
    /// The whole item.
    pub span: Span,
}

/// A clause of a step, with its whole span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clause {
    /// Which.
    pub kind: ClauseKind,
    /// From its keyword to its end.
    pub span: Span,
}

/// The clauses of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ClauseKind {
    /// `because "…"`
    Because(Text),
    /// `after a, b`
    After(Vec<Ident>),
    /// `when condition`
    When(Expr),
    /// `timeout 30s`
    Timeout(DurationLit),
    /// `retry 3 every 2s`
    Retry {
        /// How many further attempts.
        times: u64,
        /// Where that number stands.
        times_span: Span,
        /// How long to wait between attempts.
        every: Option<DurationLit>,
    },
    /// `poll every 30s for 20m until condition`
    Poll {
        /// How long to wait between two looks.
        every: DurationLit,
        /// How long to look in all.
        total: DurationLit,
        /// What must be true of the result.
        until: Expr,
    },
    /// `expect condition`
    Expect(Expr),
    /// `undo call`
    Undo(Expr),
    /// `on failure stop`
    OnFailure(OnFailure),
    /// `reproduce`
    Reproduce,
}

/// `30s`
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DurationLit {
    /// Its length in milliseconds.
    pub ms: u64,
    /// Where it stands.
    pub span: Span,
}

/// What a failed step does to the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// Nothing new starts; the run has failed.
    #[default]
    Stop,
    /// The step's value is null and the run goes on.
    Continue,
    /// Nothing new starts, and what the run has done is undone.
    Undo,
}

/// `verify "text" { step … expression }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verify {
    /// What must hold.
    pub text: Text,
    /// The check; none: a person follows it.
    pub block: Option<VerifyBlock>,
    /// The whole item.
    pub span: Span,
}

/// Steps, then a Boolean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerifyBlock {
    /// In the order of the text.
    pub steps: Vec<Step>,
    /// Local values, in the order of the text.
    pub lets: Vec<Let>,
    /// What must be true after them.
    pub check: Expr,
    /// The braces with all between them.
    pub span: Span,
}

/// `output name = expression`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// Its name.
    pub name: Ident,
    /// Its value.
    pub value: Expr,
    /// The whole item.
    pub span: Span,
}

/// `type Name = type`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeDef {
    /// The documentation before it, without slashes.
    pub doc: Option<Text>,
    /// Its name.
    pub name: Ident,
    /// What it stands for.
    pub ty: TypeExpr,
    /// The whole item.
    pub span: Span,
}
