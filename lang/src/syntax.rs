//! The syntax tree: what was written, before any name is known.
//!
//! Every node has its span; comments are kept beside the tree, so that the formatter loses nothing. Texts of literals that
//! the formatter must give back exactly are found through the span. The tree knows no types and no tools.

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
    Input(Input),
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
    Each(Each),
    /// `together { step … }`
    Together(Together),
    /// `when condition { step … }`
    When(When),
    /// `gate "text" show a, b`
    Gate(Gate),
    /// `verify "…" { step … expression }`
    Verify(Verify),
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

/// `catalogue name { … }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// The documentation before it, without slashes.
    pub doc: Option<Text>,
    /// Its name: the first part of its tools' names.
    pub name: Ident,
    /// Its types.
    pub types: Vec<TypeDef>,
    /// Its tools.
    pub tools: Vec<Tool>,
    /// The whole item.
    pub span: Span,
    /// The braces with all between them.
    pub body: Span,
}

/// `tool name(param: type = default, …) -> type { clause … }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// The documentation before it, without slashes.
    pub doc: Option<Text>,
    /// Its name within the catalogue.
    pub name: Ident,
    /// Its parameters.
    pub params: Vec<Param>,
    /// What is said of the whole result.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub result_marks: Vec<Marked>,
    /// What a call gives; none: null.
    pub result: Option<TypeExpr>,
    /// In the order of the text.
    pub clauses: Vec<ToolClause>,
    /// The whole item.
    pub span: Span,
    /// The braces of the clause block, if there is one.
    pub block: Option<Span>,
}

/// `name: type = default`, or `name?: type` for one that may be left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// The documentation before it, without slashes.
    pub doc: Option<Text>,
    /// What is said of it before its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Marked>,
    /// Its name.
    pub name: Ident,
    /// Whether a `?` follows the name.
    pub optional: bool,
    /// Its type.
    pub ty: TypeExpr,
    /// What it is when left out.
    pub default: Option<Expr>,
    /// The whole parameter.
    pub span: Span,
}

/// A mark where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marked {
    /// Which.
    pub mark: Mark,
    /// Where it stands.
    pub span: Span,
}

/// What a declaration says of where values may come from and where they may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// Of a parameter: content, which may come from anywhere. Of a result: content, which endorsing a whole leaves as it is.
    Data,
    /// Of a parameter: exactly one value that the plan's author chose.
    Exact,
    /// Of a parameter: may take what is secret. Of a result: is secret.
    Secret,
    /// Of a result: the server's own word, whatever the data it was given says.
    Trusted,
    /// Of a result: what the resources hold, as trustworthy as what was put there.
    Stored,
}

impl Mark {
    /// Every mark with its spelling.
    pub const ALL: [(Mark, &'static str); 5] = [
        (Mark::Data, "data"),
        (Mark::Exact, "exact"),
        (Mark::Secret, "secret"),
        (Mark::Trusted, "trusted"),
        (Mark::Stored, "stored"),
    ];

    /// The mark that is spelled so.
    pub fn parse(text: &str) -> Option<Mark> {
        Mark::ALL.iter().find(|(_, spelling)| *spelling == text).map(|(mark, _)| *mark)
    }

    /// Its spelling.
    pub fn as_str(self) -> &'static str {
        Mark::ALL[self as usize].1
    }
}

/// A clause of a tool, with its whole span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolClause {
    /// Which.
    pub kind: ToolClauseKind,
    /// From its keyword to its end.
    pub span: Span,
}

/// The clauses of a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToolClauseKind {
    /// `pure`
    Pure,
    /// `reads R`, `writes R`, `creates R`, `deletes R`, `runs R`, `contacts R`, with the condition behind `when`
    Effect(EffectVerb, EffectTarget, Option<Expr>),
    /// `approval auto | ask | deny`
    Approval(Approval),
    /// `idempotent`
    Idempotent,
    /// `independent`
    Independent,
    /// `timeout 30s`
    Timeout(DurationLit),
    /// `probe find`, a tool of the same catalogue
    Probe(Ident),
    /// `category document | analyze | plan | execute`
    Category(Ident),
    /// `named "get-sum"` for the tool, `named reply_to "Reply-To"` for a parameter
    Named(Option<Ident>, Text),
    /// `pinned "sha256:…"`
    Pinned(Text),
    /// `simulate catalogue.tool(parameter: parameter)`
    Simulate(Expr),
    /// `limit 10 per minute`
    Limit(Count, Ident),
    /// `paged cursor from result.next, at most 20`
    Paged(Ident, Expr, Count),
}

/// A number of calls.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// How many; what is past 64 bits counts as the most of them.
    pub value: u64,
    /// Where it stands.
    pub span: Span,
}

/// The verbs of effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EffectVerb {
    /// Observes the resource.
    Reads,
    /// Changes the resource, or creates it where it is absent.
    Writes,
    /// Creates the resource.
    Creates,
    /// Destroys the resource.
    Deletes,
    /// Executes a program.
    Runs,
    /// Sends to a network party.
    Contacts,
}

impl EffectVerb {
    /// Every verb with its spelling.
    pub const ALL: [(EffectVerb, &'static str); 6] = [
        (EffectVerb::Reads, "reads"),
        (EffectVerb::Writes, "writes"),
        (EffectVerb::Creates, "creates"),
        (EffectVerb::Deletes, "deletes"),
        (EffectVerb::Runs, "runs"),
        (EffectVerb::Contacts, "contacts"),
    ];

    /// Its spelling.
    pub fn as_str(self) -> &'static str {
        EffectVerb::ALL[self as usize].1
    }
}

/// What an effect is on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EffectTarget {
    /// A parameter; its type says what kind of resource it names.
    Param(Ident),
    /// A constant or a template over parameters and the result: `"table:${name}"`, `"drive:${result.id}"`.
    Template(Expr),
}

/// Whether a call needs a yes of its own, from the laxest to the strictest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Approval {
    /// The approval of the plan is enough.
    #[default]
    Auto,
    /// Each call is asked for.
    Ask,
    /// Never.
    Deny,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// Which.
    pub kind: ExprKind,
    /// Where it stands, parentheses of its own included.
    pub span: Span,
}

/// The forms of expressions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `42`
    Int(i64),
    /// `1.5`
    Float(f64),
    /// A string literal of any form.
    String(StringLit),
    /// A name.
    Name(SmolStr),
    /// `base.name` or `base?.name`
    Field {
        /// The record.
        base: Box<Expr>,
        /// The field.
        name: Ident,
        /// Whether it is `?.`.
        optional: bool,
    },
    /// `base[index]`
    Index {
        /// The list or map.
        base: Box<Expr>,
        /// The position, from 0, or the key.
        index: Box<Expr>,
    },
    /// `callee(…)`: a tool with named arguments, or a method with positional ones.
    Call {
        /// What is called: for a method a [`ExprKind::Field`].
        callee: Box<Expr>,
        /// In the order of the text.
        args: Vec<Arg>,
        /// The parentheses with all between them.
        parens: Span,
    },
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ name: value }`; a name that is none stands in quotes.
    Record(Vec<FieldInit>),
    /// `not x`, `-x`
    Unary {
        /// Which.
        op: UnaryOp,
        /// Its operand.
        operand: Box<Expr>,
    },
    /// `90m`, in milliseconds.
    Duration(u64),
    /// `a + b`
    Binary {
        /// Which.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// The operands.
        operands: Box<(Expr, Expr)>,
    },
    /// `if c then a else b`: condition, then, else.
    If(Box<(Expr, Expr, Expr)>),
    /// `[element for variable in list if condition by key]`
    Comprehension(Box<Comprehension>),
    /// `value as Type`
    As(Box<Expr>, Box<TypeExpr>),
    /// A type where a tool takes one: `model.extract(…, type: Bill)`.
    Type(Box<TypeExpr>),
    /// `(expression)`
    Paren(Box<Expr>),
    /// What could not be parsed; already reported.
    Error,
}

/// A string literal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StringLit {
    /// Texts and interpolated expressions in order; no part: the empty string.
    pub parts: Vec<StringPart>,
}

/// A part of a string literal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StringPart {
    /// Decoded text.
    Text(SmolStr),
    /// `${expression}`
    Expr(Expr),
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arg {
    /// `name:`, for tools.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
}

/// A field of a record literal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldInit {
    /// Its name.
    pub name: Ident,
    /// Its value.
    pub value: Expr,
}

/// `[element for variable in list if condition by key]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comprehension {
    /// What each element becomes.
    pub element: Expr,
    /// The name of an element.
    pub variable: Ident,
    /// Where the elements come from.
    pub list: Expr,
    /// Which of them are taken.
    pub condition: Option<Expr>,
    /// What they are ordered by, the first key first; none: as they come.
    pub order: Vec<Key>,
}

/// What the elements of a comprehension are ordered by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// The value for an element.
    pub value: Expr,
    /// Where the smallest stands.
    pub direction: Direction,
}

/// Where the smallest of ordered elements stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// First.
    Ascending,
    /// Last: `desc`.
    Descending,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnaryOp {
    /// `not`
    Not,
    /// `-`
    Negate,
}

/// Operators with two operands, loosest first: `??` · `or` · `and` · comparison and `in` (not chained) · `+ -` · `* / %`.
/// Conversion with `as` binds tighter than all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BinaryOp {
    /// `??`
    Coalesce,
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `in`
    In,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

impl BinaryOp {
    /// Every operator with its spelling, loosest first.
    pub const ALL: [(BinaryOp, &'static str); 15] = [
        (BinaryOp::Coalesce, "??"),
        (BinaryOp::Or, "or"),
        (BinaryOp::And, "and"),
        (BinaryOp::Equal, "=="),
        (BinaryOp::NotEqual, "!="),
        (BinaryOp::Less, "<"),
        (BinaryOp::LessEqual, "<="),
        (BinaryOp::Greater, ">"),
        (BinaryOp::GreaterEqual, ">="),
        (BinaryOp::In, "in"),
        (BinaryOp::Add, "+"),
        (BinaryOp::Subtract, "-"),
        (BinaryOp::Multiply, "*"),
        (BinaryOp::Divide, "/"),
        (BinaryOp::Remainder, "%"),
    ];

    /// Its spelling.
    pub fn as_str(self) -> &'static str {
        BinaryOp::ALL[self as usize].1
    }
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeExpr {
    /// Which.
    pub kind: TypeExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TypeExprKind {
    /// `string`, `Bill`
    Name(SmolStr),
    /// `"staging"`
    String(String),
    /// `3`, `-1`
    Int(i64),
    /// `true`
    Bool(bool),
    /// `null`
    Null,
    /// `[T]`
    List(Box<TypeExpr>),
    /// `map<T>`
    Map(Box<TypeExpr>),
    /// `{ a: T, b?: U }`, `{ a: T, ... }`
    Record {
        /// In the order of the text.
        fields: Vec<FieldType>,
        /// The `...` of an open record.
        rest: Option<Span>,
    },
    /// `int(min: 1)`
    Refined {
        /// What is refined.
        base: Box<TypeExpr>,
        /// Named literals, in the order of the text.
        args: Vec<Arg>,
        /// The parentheses with all between them.
        parens: Span,
    },
    /// `A | B`, two or more
    Union(Vec<TypeExpr>),
    /// `T?`
    Optional(Box<TypeExpr>),
    /// `(T)`
    Paren(Box<TypeExpr>),
    /// What could not be parsed; already reported.
    Error,
}

/// A field of a record type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldType {
    /// What is said of it before its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Marked>,
    /// Its name.
    pub name: Ident,
    /// Whether a `?` follows the name: the field may be absent.
    pub optional: bool,
    /// Its type.
    pub ty: TypeExpr,
}
