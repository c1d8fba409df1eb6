//! The form of a grammar, and the builder that makes each rule once.

use crate::catalogue::Catalogue;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

/// A grammar whose first rule is what a whole text is.
#[derive(Debug)]
pub struct Grammar {
    pub(super) rules: Vec<Rule>,
}

/// A rule with its name in kebab-case.
#[derive(Debug)]
pub(super) struct Rule {
    pub name: String,
    pub kind: Kind,
    pub body: Part,
}

/// What a rule stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Characters without structure: a lexer may read it in one go.
    Token,
    /// Tokens in an order.
    Phrase,
}

/// A rule, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(pub usize);

/// What a rule is made of.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// Exactly this text.
    Text(SmolStr),
    /// One character.
    Class(Class),
    Rule(Id),
    Sequence(Vec<Part>),
    Choice(Vec<Part>),
    Optional(Box<Part>),
    /// Any number of times.
    Many(Box<Part>),
    /// Once or more.
    Some(Box<Part>),
}

/// A set of characters as ranges, ends included.
#[derive(Clone, Debug)]
pub(super) struct Class {
    pub negated: bool,
    pub ranges: Vec<(char, char)>,
}

impl From<Id> for Part {
    fn from(id: Id) -> Part {
        Part::Rule(id)
    }
}

impl From<&str> for Part {
    fn from(text: &str) -> Part {
        Part::Text(SmolStr::new(text))
    }
}

/// One of these characters.
pub(super) fn class(ranges: &[(char, char)]) -> Part {
    Part::Class(Class { negated: false, ranges: ranges.to_vec() })
}

/// Any character but these.
pub(super) fn none_of(characters: &str) -> Part {
    Part::Class(Class { negated: true, ranges: characters.chars().map(|c| (c, c)).collect() })
}

/// One of these characters.
pub(super) fn any_of(characters: &str) -> Part {
    Part::Class(Class { negated: false, ranges: characters.chars().map(|c| (c, c)).collect() })
}

pub(super) fn choice(parts: Vec<Part>) -> Part {
    Part::Choice(parts)
}

pub(super) fn optional(part: impl Into<Part>) -> Part {
    Part::Optional(Box::new(part.into()))
}

pub(super) fn many(part: impl Into<Part>) -> Part {
    Part::Many(Box::new(part.into()))
}

pub(super) fn some(part: impl Into<Part>) -> Part {
    Part::Some(Box::new(part.into()))
}

/// Parts one after the other.
macro_rules! seq {
    ($($part:expr),* $(,)?) => {
        $crate::grammar::rules::Part::Sequence(vec![$($crate::grammar::rules::Part::from($part)),*])
    };
}
pub(super) use seq;

/// Makes rules, each when it is first asked for.
pub(super) struct Builder<'c> {
    pub catalogue: &'c Catalogue,
    rules: Vec<Rule>,
    by_name: FxHashMap<String, Id>,
    /// Names that [`Builder::fresh`] has given.
    given: FxHashSet<String>,
}

impl<'c> Builder<'c> {
    pub fn new(catalogue: &'c Catalogue) -> Builder<'c> {
        Builder { catalogue, rules: Vec::new(), by_name: FxHashMap::default(), given: FxHashSet::default() }
    }

    /// The rule with this name; its body is asked for once, and may refer to the rule itself.
    pub fn rule(&mut self, kind: Kind, name: impl Into<String>, body: impl FnOnce(&mut Self) -> Part) -> Part {
        let name = name.into();
        if let Some(id) = self.by_name.get(&name) {
            return Part::Rule(*id);
        }
        let id = Id(self.rules.len());
        self.by_name.insert(name.clone(), id);
        self.rules.push(Rule { name, kind, body: Part::Sequence(Vec::new()) });
        self.rules[id.0].body = body(self);
        Part::Rule(id)
    }

    pub fn phrase(&mut self, name: impl Into<String>, body: impl FnOnce(&mut Self) -> Part) -> Part {
        self.rule(Kind::Phrase, name, body)
    }

    pub fn token(&mut self, name: &str, body: impl FnOnce(&mut Self) -> Part) -> Part {
        self.rule(Kind::Token, name, body)
    }

    /// A name like this one that no other rule is called by.
    pub fn fresh(&mut self, like: &str) -> String {
        let numbered = (2..).map(|number| format!("{like}-{number}"));
        let name = std::iter::once(like.to_owned()).chain(numbered).find(|name| !self.given.contains(name));
        let name = name.expect("numbers do not end");
        self.given.insert(name.clone());
        name
    }

    pub fn finish(self) -> Grammar {
        Grammar { rules: self.rules }
    }
}
