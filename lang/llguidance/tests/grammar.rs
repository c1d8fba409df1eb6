//! The exported grammar in llguidance: it accepts what it must accept byte by byte, and rejects what it must reject.

#![allow(clippy::disallowed_methods)]

#[path = "../../tests/grammar/corpus.rs"]
mod corpus;
#[path = "../../tests/grammar/damage.rs"]
mod damage;

use corpus::{Case, Judge, builtin};
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::ApproximateTokEnv;
use llguidance::{Matcher, ParserFactory};
use planc_lang::grammar::grammar;

/// Lark, read by llguidance.
struct Lark(Matcher);

impl Judge for Lark {
    fn new(case: &Case) -> Lark {
        let factory = ParserFactory::new_simple(&ApproximateTokEnv::single_byte_env()).expect("a factory of parsers");
        let lark = grammar(&case.catalogue).to_lark();
        let parser = factory.create_parser(TopLevelGrammar::from_lark(lark));
        let mut matcher = Matcher::new(parser);
        assert!(!matcher.is_error(), "{:?}", matcher.get_error());
        assert!(matcher.grammar_warnings().is_empty(), "{:?}", matcher.grammar_warnings());
        Lark(matcher)
    }

    fn accepts(&self, text: &str) -> Result<(), usize> {
        let mut matcher = self.0.deep_clone();
        let tokens: Vec<u32> = text.bytes().map(u32::from).collect();
        let taken = matcher.try_consume_tokens(&tokens).expect("the parser goes on");
        match taken == tokens.len() && matcher.is_accepting().expect("the parser goes on") {
            true => Ok(()),
            false => Err(taken),
        }
    }
}

#[test]
fn every_formatted_plan_is_accepted() {
    corpus::accepts_all::<Lark>();
}

#[test]
fn ordinary_layouts_are_accepted() {
    corpus::accepts_layouts::<Lark>();
}

#[test]
fn curated_mistakes_are_rejected() {
    corpus::rejects_mistakes::<Lark>();
}

#[test]
fn random_mistakes_are_rejected() {
    damage::rejects_most::<Lark>(&builtin());
}
