//! Declarations of tools as they are written.

use super::{DurationLit, Expr, Ident, Text, TypeDef, TypeExpr};
use crate::source::Span;
use serde::{Deserialize, Serialize};

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
