//! A draft and a choice of its steps ⟶ a draft of that part alone, with its own text, which is planned, shown and approved like
//! any other. It is the next revision of its plan, and so is what is planned after it.

use super::{Desk, DeskError, Draft, Loaded, load, recompile};
use crate::journal::Role;
use crate::report::Chosen;
use planc_lang::part::{Choice, Part, part};
use std::sync::Arc;

impl Desk {
    /// The part of a draft that is chosen, and what stands in it and what does not.
    pub fn part(&self, draft: &Draft, choice: &Choice) -> Result<(Draft, Part), DeskError> {
        let Loaded { sources, catalogue, plan } = load(&draft.stored).expect("a draft has the text of its plan");
        // Spans are those of these sources.
        let compiled = planc_lang::compile::compile(&sources, plan, &catalogue).compiled;
        let compiled = compiled.expect("a draft was compiled from its texts");
        let part = part(&sources, plan, &compiled, &catalogue, choice)?;
        let mut stored = draft.stored.clone();
        stored
            .iter_mut()
            .filter(|source| source.role == Role::Plan)
            .for_each(|source| source.text.clone_from(&part.text));
        let (sources, compiled) = recompile(&stored).expect("the part was compiled");
        let chosen = match choice {
            Choice::Only(names) => Chosen::Only(names.clone()),
            Choice::Except(names) => Chosen::Except(names.clone()),
        };
        let key = draft.key.clone();
        Ok((Draft { key, compiled: Arc::new(compiled), sources, stored, part: Some(chosen) }, part))
    }
}
