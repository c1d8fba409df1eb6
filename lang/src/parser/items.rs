//! The rules of items: one for the rest of each line behind its keyword, all built once for a source.

use super::expr::{any_word, expr};
use super::leaf::{Ex, Fault, In, Rule, Written, doc, duration, leaf, marks, name, text, token, word};
use super::types::ty;
use crate::lexer::{Kind, Token, literal};
use crate::source::Span;
use crate::syntax::*;
use chumsky::Boxed;
use chumsky::input::InputRef;
use chumsky::prelude::*;

/// A rule that is built once and used for many items.
pub(super) type Built<'s, O, R> = Boxed<'s, 's, In<'s>, O, Ex<'s, R>>;

/// Name, type, where `secret` stands, and default of an input.
pub(super) type InputParts = (((Ident, TypeExpr), Option<Token>), Option<Expr>);
/// Name, parameters and result of a tool.
pub(super) type ToolParts = ((Ident, Vec<Param>), Option<(Vec<Marked>, TypeExpr)>);
/// Verb, resource and reason of a line of `critical`.
pub(super) type CriticalParts = ((Ident, CriticalResource), Option<Text>);
/// What an effect is on, and when it counts.
pub(super) type TargetParts = (EffectTarget, Option<Expr>);
/// The parameter, if it is not the tool itself, and the name that its server knows it by.
pub(super) type NamedParts = (Option<Ident>, Text);
/// Attempts, where they stand, and the pause.
pub(super) type RetryParts = ((u64, Span), Option<DurationLit>);

/// How many calls, in which time.
pub(super) type LimitParts = (Count, Ident);
/// The parameter, where its value comes from, and how many pages there are at most.
pub(super) type PagedParts = ((Ident, Expr), Count);
/// Name, variable and list of an `each`.
pub(super) type EachParts = ((Ident, Ident), Expr);
/// Both times and the condition of a `poll`.
pub(super) type PollParts = ((DurationLit, DurationLit), Expr);

/// All rules of lines.
pub(super) struct Rules<'s, R: Fault<'s>> {
    pub text: Built<'s, Text, R>,
    pub name: Built<'s, Ident, R>,
    pub nothing: Built<'s, (), R>,
    pub expr: Built<'s, Expr, R>,
    pub value: Built<'s, (Ident, Expr), R>,
    pub input: Built<'s, InputParts, R>,
    pub ty: Built<'s, (Ident, TypeExpr), R>,
    pub reuse: Built<'s, (ReuseTarget, Option<Text>), R>,
    pub critical: Built<'s, CriticalParts, R>,
    pub names: Built<'s, Vec<Ident>, R>,
    pub duration: Built<'s, DurationLit, R>,
    pub retry: Built<'s, RetryParts, R>,
    pub on: Built<'s, OnFailure, R>,
    pub each: Built<'s, EachParts, R>,
    pub gate: Built<'s, (Text, Vec<Expr>), R>,
    pub poll: Built<'s, PollParts, R>,
    pub tool: Built<'s, ToolParts, R>,
    pub target: Built<'s, TargetParts, R>,
    pub approval: Built<'s, Approval, R>,
    pub named: Built<'s, NamedParts, R>,
    pub limit: Built<'s, LimitParts, R>,
    pub paged: Built<'s, PagedParts, R>,
}

impl<'s, R: Fault<'s>> Rules<'s, R> {
    /// Builds them.
    pub fn new() -> Rules<'s, R> {
        let ty = ty().boxed();
        let expr = expr(ty.clone()).boxed();
        let assign = || token(Kind::Assign, "`=`");
        Rules {
            text: text("a text").boxed(),
            name: name("a name").boxed(),
            nothing: empty().boxed(),
            value: name("a name").then_ignore(assign()).then(expr.clone()).boxed(),
            input: name("a name")
                .then_ignore(token(Kind::Colon, "`:` and a type"))
                .then(ty.clone())
                .then(word("secret", "`secret`").or_not())
                .then(assign().ignore_then(expr.clone()).or_not())
                .boxed(),
            ty: name("a name").then_ignore(assign()).then(ty.clone()).boxed(),
            reuse: reuse().boxed(),
            critical: any_word("a verb").then(resource(expr.clone())).then(text("a reason").or_not()).boxed(),
            names: name("the name of a step")
                .separated_by(token(Kind::Comma, "`,`"))
                .at_least(1)
                .allow_trailing()
                .collect()
                .boxed(),
            duration: duration("a duration").boxed(),
            retry: leaf("a number of attempts", |token, written: Written<'s>| {
                let value = || literal::int(written.token(token)).and_then(|value| u64::try_from(value).ok());
                (token.kind == Kind::Int).then(|| (value().unwrap_or(u64::MAX), token.span()))
            })
            .then(word("every", "`every`").ignore_then(duration("a duration")).or_not())
            .boxed(),
            on: word("failure", "`failure`")
                .ignore_then(leaf("`stop`, `continue` or `undo`", |token, written: Written<'s>| {
                    match written.token(token) {
                        "stop" => Some(OnFailure::Stop),
                        "continue" => Some(OnFailure::Continue),
                        "undo" => Some(OnFailure::Undo),
                        _ => None,
                    }
                }))
                .boxed(),
            each: name("a name")
                .then_ignore(assign())
                .then(name("the name of an element"))
                .then_ignore(token(Kind::In, "`in`"))
                .then(expr.clone())
                .boxed(),
            gate: text("a text")
                .then(
                    word("show", "`show`")
                        .ignore_then(
                            expr.clone()
                                .separated_by(token(Kind::Comma, "`,`"))
                                .at_least(1)
                                .allow_trailing()
                                .collect::<Vec<_>>(),
                        )
                        .or_not()
                        .map(Option::unwrap_or_default),
                )
                .boxed(),
            poll: word("every", "`every`")
                .ignore_then(duration("a duration"))
                .then_ignore(token(Kind::For, "`for`"))
                .then(duration("a duration"))
                .then_ignore(word("until", "`until`"))
                .then(expr.clone())
                .boxed(),
            tool: tool(expr.clone(), ty).boxed(),
            target: target(expr.clone()).then(word("when", "`when`").ignore_then(expr.clone()).or_not()).boxed(),
            limit: count("a number of calls")
                .then_ignore(word("per", "`per`"))
                .then(name("`second`, `minute` or `hour`"))
                .boxed(),
            paged: name("a parameter")
                .then_ignore(word("from", "`from`"))
                .then(expr.clone())
                .then_ignore(token(Kind::Comma, "`,`"))
                .then_ignore(word("at", "`at most` and a number of pages"))
                .then_ignore(word("most", "`most` and a number of pages"))
                .then(count("a number of pages"))
                .boxed(),
            named: name("a parameter or a text").or_not().then(text("a text")).boxed(),
            approval: leaf("`auto`, `ask` or `deny`", |token, written: Written<'s>| match written.token(token) {
                "auto" => Some(Approval::Auto),
                "ask" => Some(Approval::Ask),
                "deny" => Some(Approval::Deny),
                _ => None,
            })
            .boxed(),
            expr,
        }
    }
}

fn count<'s, R: Fault<'s>>(label: &'static str) -> impl Rule<'s, Count, R> {
    leaf(label, |token, written: Written<'s>| {
        let value = || literal::int(written.token(token)).and_then(|value| u64::try_from(value).ok());
        (token.kind == Kind::Int).then(|| Count { value: value().unwrap_or(u64::MAX), span: token.span() })
    })
}

fn reuse<'s, R: Fault<'s>>() -> impl Rule<'s, (ReuseTarget, Option<Text>), R> {
    let path = text("a path or a tool").map(ReuseTarget::Path);
    let tool = name("a path or a tool")
        .then_ignore(token(Kind::Dot, "`.`"))
        .then(any_word("the name of a tool"))
        .map(|(catalogue, tool)| ReuseTarget::Tool(catalogue, tool));
    path.or(tool).then(text("a reason").or_not())
}

/// `name(param: type = default, …) -> type`
fn tool<'s, R: Fault<'s>>(
    expr: impl Rule<'s, Expr, R> + 's,
    ty: impl Rule<'s, TypeExpr, R> + 's,
) -> impl Rule<'s, ToolParts, R> {
    let param = doc()
        .then(marks(&[Kind::Ident]))
        .then(name("a parameter"))
        .then(token(Kind::Question, "`?`").or_not())
        .then_ignore(token(Kind::Colon, "`:` and a type"))
        .then(ty.clone())
        .then(token(Kind::Assign, "`=`").ignore_then(expr).or_not())
        .map(|(((((doc, marks), name), question), ty), default)| {
            let end = default.as_ref().map_or(ty.span, |default: &Expr| default.span);
            let start = marks.first().map_or(name.span, |mark: &Marked| mark.span);
            let start = doc.as_ref().map_or(start, |doc: &Text| doc.span);
            Param { doc, marks, optional: question.is_some(), span: start.to(end), name, ty, default }
        });
    any_word("the name of the tool")
        .then_ignore(token(Kind::LParen, "`(`"))
        .then(param.separated_by(token(Kind::Comma, "`,`")).allow_trailing().collect::<Vec<_>>())
        .then_ignore(token(Kind::RParen, "`)`"))
        .then(token(Kind::Arrow, "`->` and a type").ignore_then(marks(&TYPE_BEGINS).then(ty)).or_not())
}

/// A text that stands by itself, or a value of the plan.
fn resource<'s, R: Fault<'s>>(expr: impl Rule<'s, Expr, R>) -> impl Rule<'s, CriticalResource, R> {
    let ends = custom(|input: &mut InputRef<'s, '_, In<'s>, Ex<'s, R>>| {
        let before = input.cursor();
        match input.peek_ref() {
            Some(token) if !token.kind.is_text() => {
                Err(R::expected_found(["a reason"], Some(token.into()), input.span_since(&before)))
            }
            Some(_) | None => Ok(()),
        }
    });
    let alone = text("a resource").then_ignore(ends.rewind()).map(CriticalResource::Text);
    // `read("a")` is a habit of other languages, and its text would mean a value: without wildcards.
    let bare = leaf("a resource", |token: Token, _| (token.kind != Kind::LParen).then_some(())).rewind();
    alone.or(bare.ignore_then(expr).map(CriticalResource::Value))
}
/// What the type of a result may begin with, behind its marks.
static TYPE_BEGINS: [Kind; 13] = [
    Kind::Ident,
    Kind::LBrace,
    Kind::LBracket,
    Kind::LParen,
    Kind::Null,
    Kind::True,
    Kind::False,
    Kind::Int,
    Kind::Minus,
    Kind::Str,
    Kind::StrEscaped,
    Kind::StrBlock,
    Kind::StrRaw,
];

/// A parameter or a template.
fn target<'s, R: Fault<'s>>(expr: impl Rule<'s, Expr, R>) -> impl Rule<'s, EffectTarget, R> {
    let param = name("a parameter or a template").map(EffectTarget::Param);
    let template = leaf("a parameter or a template", |token: Token, _| {
        (token.kind.is_text() || token.kind == Kind::StrOpen).then_some(())
    })
    .rewind()
    .ignore_then(expr)
    .map(EffectTarget::Template);
    param.or(template)
}
