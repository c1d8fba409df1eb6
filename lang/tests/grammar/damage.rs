//! Random damage to plans that are accepted: of what `check` rejects for syntax or unknown names, nearly all is rejected by
//! the grammar, too.

use super::corpus::{Case, Judge, plans};
use planc_lang::codes::Code;

/// How many damaged plans are tried.
const DAMAGED: usize = 1500;

/// Of these a grammar must reject at least so many in a thousand.
const LEAST_PER_MILLE: usize = 990;

/// Longer plans are left out: the engine takes each text letter by letter.
const MAX_BYTES: usize = 1500;

/// Whether a grammar could know of it: the syntax, or the name of a tool, an argument or a method.
fn is_known_to_grammars(code: Code) -> bool {
    matches!(code, Code::UnknownTool | Code::UnknownArgument | Code::UnknownMethod | Code::PositionalArgument)
        || code.to_string().starts_with("P01")
}

/// Damages plans at random, from a fixed seed, and counts.
pub fn rejects_most<J: Judge>(case: &Case) {
    let judge = J::new(case);
    let plans: Vec<String> =
        plans(case).into_iter().map(|(_, text)| text).filter(|text| text.len() < MAX_BYTES).collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut tried, mut rejected, mut missed) = (0, 0, Vec::new());
    while tried < DAMAGED {
        let plan = random.below(plans.len());
        let text = random.damaged(&plans[plan]);
        let errors = case.errors(&text);
        if !errors.iter().any(|code| is_known_to_grammars(*code)) {
            continue;
        }
        tried += 1;
        match judge.accepts(&text) {
            Err(_) => rejected += 1,
            Ok(()) => missed.push(format!("{errors:?}\n{text}")),
        }
    }
    println!("{rejected} of {tried} damaged plans are rejected; these are not:\n{}", missed.join("\n"));
    assert!(rejected * 1000 >= tried * LEAST_PER_MILLE, "{rejected} of {tried} are rejected");
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    /// The text with one of its tokens deleted, doubled, swapped, replaced or misspelt.
    fn damaged(&mut self, text: &str) -> String {
        let mut tokens = tokens(text);
        let (at, other) = (self.below(tokens.len()), self.below(tokens.len()));
        match self.below(5) {
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, tokens[at].clone()),
            2 => tokens.swap(at, other),
            3 => tokens[at] = tokens[other].clone(),
            _ => tokens[at].insert(0, 'x'),
        }
        tokens.concat()
    }
}

/// Words, numbers, white space and single signs.
fn tokens(text: &str) -> Vec<String> {
    let kind = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 0,
        c if c.is_whitespace() => 1,
        _ => 2,
    };
    let mut tokens: Vec<String> = Vec::new();
    let mut last = 2;
    for c in text.chars() {
        match (tokens.last_mut(), kind(c)) {
            (Some(token), kind) if kind == last && kind != 2 => token.push(c),
            (_, kind) => {
                tokens.push(c.to_string());
                last = kind;
            }
        }
    }
    tokens
}
