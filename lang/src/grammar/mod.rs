//! A catalogue ⟶ a grammar of the plans that may use it, for decoders that let a model write nothing else.
//!
//! The grammar knows the tools of the catalogue with their parameters, and the methods of the standard library; names that a
//! plan declares are free. [`rules`] is the one form of it, from which [`gbnf`] and [`lark`] print; [`tokens`], [`values`],
//! [`calls`] and [`items`] fill it, from the tables that the parser uses where there are any. It has no left recursion and
//! no look-around, and its tokens are such that the longest is always the right one, because engines with a lexer take the
//! longest and do not go back. It knows no engine. What it guarantees is in the chapter on models of the specification.

mod calls;
mod gbnf;
mod items;
mod lark;
mod rules;
mod tokens;
mod values;

pub use rules::Grammar;

use crate::catalogue::Catalogue;

/// Builds the grammar for plans over the tools of a catalogue.
pub fn grammar(catalogue: &Catalogue) -> Grammar {
    let mut builder = rules::Builder::new(catalogue);
    items::file(&mut builder);
    builder.finish()
}

impl Grammar {
    /// The grammar in the format of llama.cpp, which other engines read as well.
    pub fn to_gbnf(&self) -> String {
        gbnf::print(self)
    }

    /// The grammar in the dialect of Lark that llguidance reads.
    pub fn to_lark(&self) -> String {
        lark::print(self)
    }
}
