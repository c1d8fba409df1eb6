//! What a method with a function does elsewhere, as a comprehension: `list.any(x => x.ok)` ⟶
//! `not [x for x in list if x.ok].is_empty()`. And the comprehensions of Python that stand in parentheses:
//! `any(x.ok for x in list)`.

use super::{Failure, Slip, grouped, unexpected};
use crate::lexer::{Kind, Token};
use crate::source::Span;

/// A method with the function that it is given.
pub(super) struct Function<'a> {
    pub method: &'a str,
    pub variable: Token,
    pub body: &'a [Token],
}

/// A list, or what was made of it.
#[derive(Clone)]
pub(super) struct Chain {
    pub text: String,
    /// Its tokens, where those of the line say what it is.
    pub tokens: Option<Vec<Token>>,
    /// Its parts, as long as it only leaves elements out: a `map` behind it needs no list of its own.
    filtered: Option<Filtered>,
    /// Whether it begins with `not`, which binds weaker than what may stand around it.
    negated: bool,
    /// Whether nothing may follow on it.
    ended: bool,
}

#[derive(Clone)]
struct Filtered {
    variable: String,
    list: (String, Vec<Token>),
    condition: (String, Vec<Token>),
}

fn mark(kind: Kind, at: u32) -> Token {
    Token { kind, start: at, end: at }
}

impl Chain {
    /// A list as it stands there.
    pub(super) fn of(text: &str, tokens: &[Token]) -> Chain {
        Chain { text: text.to_owned(), tokens: Some(tokens.to_vec()), filtered: None, negated: false, ended: false }
    }

    /// What a method with a function makes of it; none where there is no form for it.
    pub(super) fn with(self, failure: Failure<'_>, function: &Function<'_>) -> Option<Chain> {
        if self.ended {
            return None;
        }
        let (name, body) = (failure.text(function.variable), function.body);
        let condition = failure.text_of(*body.first()?, *body.last()?);
        let kept = |condition: &str| format!("[{name} for {name} in {} if {condition}]", self.text);
        let value = |text: String| Chain { text, tokens: None, filtered: None, negated: false, ended: false };
        Some(match function.method {
            "map" | "collect" | "pluck" => self.mapped(failure, function, condition),
            "flatMap" | "flat_map" => value(format!("[{condition} for {name} in {}].flatten()", self.text)),
            "filter" | "where" | "select" | "find_all" => Chain {
                text: kept(condition),
                tokens: self.kept(function, false),
                filtered: self.tokens.clone().map(|tokens| Filtered {
                    variable: name.to_owned(),
                    list: (self.text.clone(), tokens),
                    condition: (condition.to_owned(), body.to_vec()),
                }),
                ..value(String::new())
            },
            "any" | "some" => Chain {
                text: format!("not {}.is_empty()", kept(condition)),
                tokens: self.compared(self.kept(function, false), Kind::NotEqual),
                negated: true,
                ended: true,
                ..value(String::new())
            },
            "all" | "every" => Chain {
                tokens: self.compared(self.kept(function, true), Kind::Equal),
                ended: true,
                ..value(format!("{}.is_empty()", kept(&format!("not {}", grouped(condition)))))
            },
            "none" => Chain {
                tokens: self.compared(self.kept(function, false), Kind::Equal),
                ended: true,
                ..value(format!("{}.is_empty()", kept(condition)))
            },
            "find" => Chain { ended: true, ..value(format!("{}.first()", kept(condition))) },
            "count" => Chain { ended: true, ..value(format!("{}.length()", kept(condition))) },
            "sum" => Chain { ended: true, ..value(summed(name, condition, &self.text)) },
            "sort" | "sortBy" | "sort_by" | "sorted" => {
                let text = sorted(failure, name, body, &self.text, false)?;
                Chain { tokens: self.unchanged(function), ..value(text) }
            }
            _ => return None,
        })
    }

    /// `[body for x in list]`, or with the condition of a `filter` before it.
    fn mapped(self, failure: Failure<'_>, function: &Function<'_>, body: &str) -> Chain {
        let name = failure.text(function.variable);
        let filtered = self.filtered.filter(|filtered| filtered.variable == name);
        let at = function.variable.start;
        let (text, list, condition) = match filtered {
            Some(Filtered { list, condition, .. }) => (
                format!("[{body} for {name} in {} if {}]", list.0, condition.0),
                Some(list.1),
                [vec![mark(Kind::If, at)], condition.1].concat(),
            ),
            None => (format!("[{body} for {name} in {}]", self.text), self.tokens, Vec::new()),
        };
        let tokens = list.map(|list| {
            let head = [mark(Kind::For, at), function.variable, mark(Kind::In, at)];
            let inside = [function.body, &head, &list, &condition].concat();
            [&[mark(Kind::LBracket, at)], &inside[..], &[mark(Kind::RBracket, at)]].concat()
        });
        Chain { text, tokens, filtered: None, negated: false, ended: false }
    }

    /// The tokens of `[x for x in list if body]`.
    fn kept(&self, function: &Function<'_>, negated: bool) -> Option<Vec<Token>> {
        let (list, at) = (self.tokens.as_ref()?, function.variable.start);
        let head = [function.variable, mark(Kind::For, at), function.variable, mark(Kind::In, at)];
        let body = match negated {
            true => [&[mark(Kind::Not, at), mark(Kind::LParen, at)], function.body, &[mark(Kind::RParen, at)]].concat(),
            false => function.body.to_vec(),
        };
        let inside = [&head, &list[..], &[mark(Kind::If, at)], &body].concat();
        Some([&[mark(Kind::LBracket, at)], &inside[..], &[mark(Kind::RBracket, at)]].concat())
    }

    /// The tokens of a list with the same elements, each looked at by the function.
    fn unchanged(&self, function: &Function<'_>) -> Option<Vec<Token>> {
        let (list, at) = (self.tokens.as_ref()?, function.variable.start);
        let head = [function.variable, mark(Kind::For, at), function.variable, mark(Kind::In, at)];
        Some([&[mark(Kind::LBracket, at)], &head[..], list, &[mark(Kind::RBracket, at)]].concat())
    }

    /// `(list == [])`
    fn compared(&self, list: Option<Vec<Token>>, sign: Kind) -> Option<Vec<Token>> {
        let list = list?;
        let at = list[0].start;
        let empty = [mark(sign, at), mark(Kind::LBracket, at), mark(Kind::RBracket, at), mark(Kind::RParen, at)];
        Some([&[mark(Kind::LParen, at)], &list[..], &empty].concat())
    }

    /// With parentheses where it does not stand alone and needs them.
    pub(super) fn finished(self, stands_alone: bool) -> Chain {
        match self.negated && !stands_alone {
            true => Chain { text: format!("({})", self.text), ..self },
            false => self,
        }
    }
}

/// Whether nothing stands before `start` and behind `end` that binds stronger than `not`.
pub(super) fn stands_alone(failure: Failure<'_>, start: usize, end: usize) -> bool {
    use Kind::*;
    let before = start.checked_sub(1).map(|at| failure.line[at].kind);
    let after = failure.line.get(end + 1).map(|token| token.kind);
    let is_word = start == 1 && before == Some(Ident);
    let begins = matches!(
        before,
        None | Some(
            Assign | Colon | LParen | LBracket | Comma | And | Or | Ampersand | Pipe | If | Then | Else | InterpOpen
        )
    );
    let ends = matches!(
        after,
        None | Some(RParen | RBracket | RBrace | InterpClose | Comma | And | Or | Ampersand | Pipe | Then | Else)
    );
    (is_word || begins) && ends
}

/// `[x for x in list by key]`
pub(super) fn sorted(
    failure: Failure<'_>,
    variable: &str,
    key: &[Token],
    list: &str,
    descending: bool,
) -> Option<String> {
    let (first, last) = (key.first()?, key.last()?);
    let text = failure.text_of(*first, *last);
    // Several keys stand in parentheses elsewhere.
    let is_tuple = key.len() > 2
        && first.kind == Kind::LParen
        && last.kind == Kind::RParen
        && grouped(text) == text
        && divided(&key[1..key.len() - 1]).len() > 1;
    let keys = if is_tuple { divided(&key[1..key.len() - 1]) } else { vec![key] };
    let way = if descending { " desc" } else { "" };
    let mut written = Vec::with_capacity(keys.len());
    for key in keys {
        written.push(format!("{}{way}", failure.text_of(*key.first()?, *key.last()?)));
    }
    Some(format!("[{variable} for {variable} in {list} by {}]", written.join(", ")))
}

/// The parts between commas outside of all brackets.
fn divided(tokens: &[Token]) -> Vec<&[Token]> {
    let mut depth = 0_usize;
    let parts = tokens.split(|token| {
        match token.kind {
            Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen => depth += 1,
            Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.kind == Kind::Comma
    });
    parts.filter(|part| !part.is_empty()).collect()
}

/// `[body for x in list].sum()`
pub(super) fn summed(variable: &str, body: &str, list: &str) -> String {
    match variable == body {
        true => format!("{list}.sum()"),
        false => format!("[{body} for {variable} in {list}].sum()"),
    }
}

/// `any(x.ok for x in list)`, `", ".join(x.name for x in list)`
pub(super) fn generator(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|found| found.kind == Kind::For)?;
    let from = failure.start_of(failure.at, |kind| kind == Kind::Comma);
    let open = from.checked_sub(1).filter(|open| failure.line[*open].kind == Kind::LParen)?;
    let close = failure.end_of(failure.at + 1, |kind| kind == Kind::Comma);
    let closing = failure.line.get(close).filter(|close| close.kind == Kind::RParen)?;
    let [variable, within, ..] = failure.line.get(failure.at + 1..close)? else { return None };
    if variable.kind != Kind::Ident || within.kind != Kind::In || from == failure.at {
        return None;
    }
    // A comprehension draws from one list.
    if failure.level(failure.at + 3..close).any(|token| token.kind == Kind::For) {
        let diagnostic = unexpected(found.span(), "a comprehension stands in brackets, `[…]`").label("in parentheses");
        let help = "A comprehension has one `for`; lists in a list are joined with `.flatten()`.";
        return Some(diagnostic.help(help).into());
    }
    let test = failure.end_of(failure.at + 3, |kind| kind == Kind::If);
    let list = failure.line.get(failure.at + 3..test.min(close)).filter(|list| !list.is_empty())?;
    let condition = failure.line.get(test + 1..close).filter(|condition| !condition.is_empty());
    let text = |tokens: &[Token]| failure.text_of(tokens[0], tokens[tokens.len() - 1]);
    let tested = failure.line.get(from..failure.at)?;
    // What it is, for the rest of the line.
    let chain = |method: &str| {
        let function = |method, body| Function { method, variable: *variable, body };
        let chain = Chain::of("", list);
        let chain = match condition {
            Some(condition) => chain.with(failure, &function("filter", condition))?,
            None => chain,
        };
        chain.with(failure, &function(method, tested))?.tokens
    };
    let tokens = |word: &str| if matches!(word, "any" | "all") { chain(word) } else { None };
    let (body, name, list) = (text(tested), failure.text(*variable), text(list));
    let condition = condition.map(text);
    let diagnostic = unexpected(found.span(), "a comprehension stands in brackets, `[…]`").label("in parentheses");
    let callee = open.checked_sub(1).map(|at| failure.line[at]).filter(|callee| callee.kind == Kind::Ident);
    let is_method =
        open.checked_sub(2).is_some_and(|at| matches!(failure.line[at].kind, Kind::Dot | Kind::QuestionDot));
    let kept = |test: String| match condition {
        Some(condition) => format!("[{name} for {name} in {list} if {} and {}]", grouped(condition), grouped(&test)),
        None => format!("[{name} for {name} in {list} if {test}]"),
    };
    let plain = || match condition {
        Some(condition) => format!("[{body} for {name} in {list} if {condition}]"),
        None => format!("[{body} for {name} in {list}]"),
    };
    let word = callee.filter(|callee| !is_method && callee.end == failure.line[open].start).map(|c| failure.text(c));
    let whole = |text: String| {
        let start = if word.is_some() { open - 1 } else { open };
        let span = failure.line[start].span().to(closing.span());
        let text = match text.starts_with("not ") && !stands_alone(failure, start, close) {
            true => format!("({text})"),
            false => text,
        };
        let title = format!("write `{}`", if text.len() <= 60 { &text } else { "[…]" });
        let diagnostic = unexpected(found.span(), "a comprehension stands in brackets, `[…]`")
            .label("in parentheses")
            .edit(title, span, text.clone());
        match word.and_then(tokens) {
            Some(tokens) => failure.meant(diagnostic, start..close + 1, tokens),
            None => diagnostic.into(),
        }
    };
    let separator = open.checked_sub(3).map(|at| failure.line[at]).filter(|text| text.kind.is_text());
    if let (Some(separator), true, true) = (separator, is_method, callee.is_some_and(|c| failure.text(c) == "join")) {
        let text = format!("{}.join({})", plain(), failure.text(separator));
        let diagnostic = diagnostic.help("A list joins its texts: `list.join(\", \")`.");
        return Some(diagnostic.edit("join the list", separator.span().to(closing.span()), text).into());
    }
    Some(match word {
        Some("any") => whole(format!("not {}.is_empty()", kept(body.to_owned()))),
        Some("all") => whole(format!("{}.is_empty()", kept(format!("not {}", grouped(body))))),
        Some(method @ ("sum" | "min" | "max" | "sorted")) => {
            whole(format!("{}.{}()", plain(), if method == "sorted" { "sort" } else { method }))
        }
        Some("list" | "tuple") => whole(plain()),
        Some("set") => whole(format!("{}.unique()", plain())),
        Some("len") => whole(format!("{}.length()", plain())),
        None if !is_method && callee.is_none_or(|c| c.end != failure.line[open].start) => whole(plain()),
        _ => {
            let edits = vec![
                (failure.line[open].span().after(), "[".to_owned()),
                (Span::new(closing.start, closing.start), "]".to_owned()),
            ];
            let mut line = failure.line.to_vec();
            line.insert(close, mark(Kind::RBracket, closing.start));
            line.insert(from, mark(Kind::LBracket, failure.line[open].end));
            Slip { diagnostic: diagnostic.edits("put it in brackets", edits), meant: Some(line) }
        }
    })
}
