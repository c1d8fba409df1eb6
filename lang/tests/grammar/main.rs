//! The exported grammar, tried by an engine of GBNF: every formatted plan is accepted, what `check` rejects for syntax or
//! unknown names is rejected.
//!
//! The engine is `schoolmarm`, a port of the one in llama.cpp. The same corpus is put to llguidance by the package in
//! `lang/llguidance`, which is no part of the workspace.

// The crate is pure; its tests read their corpus from files.
#![allow(clippy::disallowed_methods)]

mod corpus;
mod damage;

use corpus::{Case, Judge, builtin, with_enumerations};
use planc_lang::grammar::grammar;
use schoolmarm::{Grammar, GrammarState};

/// GBNF, read by the port of llama.cpp's engine.
struct Gbnf(Grammar);

impl Judge for Gbnf {
    fn new(case: &Case) -> Gbnf {
        Gbnf(Grammar::new(&grammar(&case.catalogue).to_gbnf()).expect("the grammar is GBNF"))
    }

    fn accepts(&self, text: &str) -> Result<(), usize> {
        let mut state = GrammarState::new(self.0.clone()).expect("the grammar has no left recursion");
        for (at, c) in text.char_indices() {
            state.accept_token(c.encode_utf8(&mut [0; 4])).map_err(|_| at)?;
        }
        if state.is_accepting() { Ok(()) } else { Err(text.len()) }
    }
}

#[test]
fn every_formatted_plan_is_accepted() {
    corpus::accepts_all::<Gbnf>();
}

#[test]
fn ordinary_layouts_are_accepted() {
    corpus::accepts_layouts::<Gbnf>();
}

#[test]
fn curated_mistakes_are_rejected() {
    corpus::rejects_mistakes::<Gbnf>();
}

#[test]
fn random_mistakes_are_rejected() {
    damage::rejects_most::<Gbnf>(&builtin());
}

/// What the grammar has of one tool; the rest of it changes with every method and tool of the library.
#[test]
fn calls_of_a_tool_are_as_reviewed() {
    let grammar = grammar(&with_enumerations().catalogue);
    let of_tool = |text: String, word: &str| -> String {
        let rules = text.lines().filter(|rule| rule.split(' ').next().is_some_and(|name| name.contains(word)));
        rules.map(|rule| format!("{rule}\n")).collect()
    };
    insta::assert_snapshot!("gbnf", of_tool(grammar.to_gbnf(), "tickets-close"));
    insta::assert_snapshot!("lark", of_tool(grammar.to_lark(), "tickets_close"));
}
