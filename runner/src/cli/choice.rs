//! `--only` and `--except`: names on the command line ⟶ the part of a plan that is meant.

use super::fault::Fault;
use super::session::Session;
use crate::desk::{Desk, Draft};
use crate::render::text::inline;
use planc_lang::part::Choice;

/// Which steps of a plan are meant.
#[derive(Debug, clap::Args)]
pub struct ChoiceArgs {
    /// Only these steps, and what they depend on: a plan of its own, the rest is left for a later revision
    #[arg(long, value_name = "STEP,…", value_delimiter = ',')]
    only: Vec<String>,
    /// All steps but these, and but what depends on them
    #[arg(long, value_name = "STEP,…", value_delimiter = ',', conflicts_with = "only")]
    except: Vec<String>,
}

impl ChoiceArgs {
    /// Whether nothing was chosen.
    pub fn is_all(&self) -> bool {
        self.only.is_empty() && self.except.is_empty()
    }

    /// The part of a draft that is meant; says what else is in it, and what is left.
    pub fn part(&self, session: &Session, desk: &Desk, draft: Draft) -> Result<Draft, Fault> {
        let choice = match (self.is_all(), self.only.is_empty()) {
            (true, _) => return Ok(draft),
            (false, false) => Choice::Only(self.only.clone()),
            (false, true) => Choice::Except(self.except.clone()),
        };
        let (draft, part) = desk.part(&draft, &choice)?;
        let names = |names: &[String]| names.iter().map(|name| inline(name)).collect::<Vec<_>>().join(", ");
        if !part.taken.is_empty() {
            session.out.progress(&format!("taken along, since the rest depends on it: {}\n", names(&part.taken)));
        }
        session.out.progress(&format!("left for a later revision: {}\n", names(&part.left)));
        Ok(draft)
    }
}
