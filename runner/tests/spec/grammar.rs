//! A grammar in EBNF ⟶ random sentences, which the parser must accept.
//!
//! Terminals are quoted; words in capitals are tokens; `NL` is the end of a line. Only syntax is judged: what a sentence
//! means is not looked at.

use planc_lang::codes::Severity;
use planc_lang::diagnostic::{Colour, Diagnostics, render};
use planc_lang::parser::parse;
use planc_lang::source::Sources;
use std::collections::BTreeMap;

/// How many sentences are tried for each rule that begins a file.
const SENTENCES: u64 = 400;

/// How deep rules nest before the shortest way out is taken.
const DEPTH: usize = 14;

/// A part of a rule.
#[derive(Clone, Debug)]
enum Part {
    Terminal(String),
    Name(String),
    Sequence(Vec<Part>),
    Choice(Vec<Part>),
    Optional(Box<Part>),
    Repeated(Box<Part>),
}

/// Generates sentences from the rule `file`, with every other rule reachable from it, and parses them.
pub fn check(text: &str) -> Result<(), String> {
    let rules = rules(text)?;
    let heights = heights(&rules)?;
    if !rules.contains_key("file") {
        return Err("the grammar has no rule `file`".into());
    }
    for seed in 0..SENTENCES {
        let mut generator = Generator {
            rules: &rules,
            heights: &heights,
            seed: (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            out: String::new(),
        };
        generator.name("file", 0);
        let sentence = generator.out;
        let mut sources = Sources::default();
        let index = sources.add("sentence.pl", sentence.as_str());
        let report = Diagnostics::default();
        let _ = parse(&sources, index, &report);
        if let Some(first) = report.into_sorted().iter().find(|found| found.severity() == Severity::Error) {
            return Err(format!("a sentence does not parse:\n{sentence}\n{}", render(first, &sources, Colour::Never)));
        }
    }
    Ok(())
}

fn rules(text: &str) -> Result<BTreeMap<String, Part>, String> {
    let mut rules = BTreeMap::new();
    for rule in text.split(";\n") {
        let rule: String =
            rule.lines().filter(|line| !line.trim_start().starts_with("(*")).collect::<Vec<_>>().join(" ");
        let Some((name, body)) = rule.split_once('=') else { continue };
        let mut tokens = tokens(body);
        tokens.reverse();
        let part = choice(&mut tokens);
        if !tokens.is_empty() {
            return Err(format!("the rule `{}` cannot be read behind {:?}", name.trim(), tokens.last()));
        }
        rules.insert(name.trim().to_owned(), part);
    }
    Ok(rules)
}

fn tokens(body: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = body.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            '\'' => rest[1..].find('\'').map_or(rest.len(), |end| end + 2),
            c if c.is_alphanumeric() => rest.find(|c: char| !c.is_alphanumeric() && c != '-').unwrap_or(rest.len()),
            _ => 1,
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

fn choice(tokens: &mut Vec<String>) -> Part {
    let mut parts = vec![sequence(tokens)];
    while tokens.last().is_some_and(|token| token == "|") {
        tokens.pop();
        parts.push(sequence(tokens));
    }
    if parts.len() == 1 { parts.remove(0) } else { Part::Choice(parts) }
}

fn sequence(tokens: &mut Vec<String>) -> Part {
    let mut parts = Vec::new();
    while let Some(token) = tokens.last().cloned() {
        if matches!(token.as_str(), "|" | ")" | "]" | "}") {
            break;
        }
        tokens.pop();
        let inside = |tokens: &mut Vec<String>| {
            let part = choice(tokens);
            tokens.pop();
            part
        };
        parts.push(match token.as_str() {
            "(" => inside(tokens),
            "[" => Part::Optional(Box::new(inside(tokens))),
            "{" => Part::Repeated(Box::new(inside(tokens))),
            _ if token.starts_with(['"', '\'']) => Part::Terminal(token[1..token.len() - 1].to_owned()),
            _ => Part::Name(token),
        });
    }
    Part::Sequence(parts)
}

/// How many rules deep the shortest sentence of each rule is; a rule without one is a mistake.
fn heights(rules: &BTreeMap<String, Part>) -> Result<BTreeMap<String, usize>, String> {
    let mut heights: BTreeMap<String, usize> = BTreeMap::new();
    loop {
        let before = heights.len();
        for (name, part) in rules {
            if let (false, Some(height)) = (heights.contains_key(name), height(part, rules, &heights)) {
                heights.insert(name.clone(), height + 1);
            }
        }
        if heights.len() == rules.len() {
            return Ok(heights);
        }
        if heights.len() == before {
            let stuck: Vec<&String> = rules.keys().filter(|name| !heights.contains_key(*name)).collect();
            return Err(format!("these rules have no sentence: {stuck:?}"));
        }
    }
}

fn height(part: &Part, rules: &BTreeMap<String, Part>, heights: &BTreeMap<String, usize>) -> Option<usize> {
    match part {
        Part::Terminal(_) | Part::Optional(_) | Part::Repeated(_) => Some(0),
        Part::Name(name) if rules.contains_key(name) => heights.get(name).copied(),
        Part::Name(name) => token(name, 0).is_some().then_some(0),
        Part::Sequence(parts) => {
            parts.iter().map(|part| height(part, rules, heights)).try_fold(0, |most, next| Some(most.max(next?)))
        }
        Part::Choice(parts) => parts.iter().filter_map(|part| height(part, rules, heights)).min(),
    }
}

/// Spellings of a token.
fn token(name: &str, seed: u64) -> Option<String> {
    let spellings: &[&str] = match name {
        "NAME" => &["a", "count_2", "_x", "step", "plan", "because"],
        "TEXT" => &["\"\"", "\"a \\\"b\\\"\\n\\u{e9}\"", "\"\"\"\n  a\n  b\n  \"\"\"", "r\"\\d\"", "r#\"\"q\"\"#"],
        "INTERPOLATED" => &["\"a ${b}\"", "\"\"\"\n  ${b.c} d\n  \"\"\""],
        "INT" => &["0", "42", "1_000"],
        "FLOAT" => &["1.5", "2e9"],
        "DURATION" => &["500ms", "30s", "5m", "2h"],
        "DOC" => &["/// documented\n"],
        "NL" => &["\n", " // a comment\n", "\n\n"],
        _ => return None,
    };
    Some(spellings[usize::try_from(seed).unwrap_or(0) % spellings.len()].to_owned())
}

struct Generator<'g> {
    rules: &'g BTreeMap<String, Part>,
    heights: &'g BTreeMap<String, usize>,
    seed: u64,
    out: String,
}

impl Generator<'_> {
    fn random(&mut self) -> u64 {
        // xorshift64*
        self.seed ^= self.seed >> 12;
        self.seed ^= self.seed << 25;
        self.seed ^= self.seed >> 27;
        self.seed.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33
    }

    fn name(&mut self, name: &str, depth: usize) {
        match self.rules.get(name) {
            Some(part) => self.part(part, depth + 1),
            None => {
                let seed = self.random();
                let text = token(name, seed).expect("names are rules or tokens");
                self.write(&text);
            }
        }
    }

    fn write(&mut self, text: &str) {
        if !text.starts_with('\n') && !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push(' ');
        }
        self.out.push_str(text);
    }

    fn part(&mut self, part: &Part, depth: usize) {
        let deep = depth > DEPTH;
        match part {
            Part::Terminal(text) => self.write(text),
            Part::Name(name) => self.name(name, depth),
            Part::Sequence(parts) => parts.iter().for_each(|part| self.part(part, depth)),
            Part::Choice(parts) if deep => {
                let shortest = parts.iter().min_by_key(|part| height(part, self.rules, self.heights));
                self.part(shortest.expect("a choice has parts"), depth);
            }
            Part::Choice(parts) => {
                let chosen = usize::try_from(self.random()).unwrap_or(0) % parts.len();
                self.part(&parts[chosen], depth);
            }
            Part::Optional(part) => {
                if !deep && self.random().is_multiple_of(2) {
                    self.part(part, depth);
                }
            }
            Part::Repeated(part) => {
                let times = if deep { 0 } else { self.random() % 3 };
                (0..times).for_each(|_| self.part(part, depth));
            }
        }
    }
}
