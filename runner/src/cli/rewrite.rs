//! A plan or a catalogue whose text has another form now ⟶ the file that held it, rewritten where that may be.
//!
//! Whoever calls planc chooses the file. So it is one that is called as a plan is, in this workspace or in none, and what another form
//! would make of a text that is none, a script or a list of keys, nobody finds out.

use super::fault::Fault;
use super::outputs::leads_to;
use super::session::Session;
use super::terminal::agreed;
use super::texts::{EXTENSION, Origin};
use crate::render::text::inline;
use crate::writing::Place;
use planc_lang::diagnostic::visible;
use std::path::{Path, PathBuf};

/// What a text says in its other form.
#[derive(Clone, Copy, Debug)]
pub enum Says<'a> {
    /// What it said before.
    Same,
    /// More, or something else, as this diff shows: what nobody could read is read now.
    More(&'a str),
}

impl Session {
    /// Writes a text, which is a plan or a catalogue, in place of the one that was read from a file. A link within the workspace stays one:
    /// what it leads to is judged, and written.
    pub fn rewrite(&self, path: &Path, origin: &Origin, text: &str, says: Says<'_>) -> Result<(), Fault> {
        let (place, held) = origin;
        self.may_be_rewritten(path, place)?;
        if let Says::More(diff) = says {
            self.may_say_more(path, place, diff)?;
        }
        place
            .rewrite(Some(held), text.as_bytes())
            .map_err(|error| Fault::usage(format!("cannot rewrite `{}`: {error}", path.display())))
    }

    /// Refuses folders in which files shall be rewritten that nobody names, but for those of this workspace.
    pub fn may_be_walked(&self, names: &[String]) -> Result<(), Fault> {
        let is_here = |path: &Path| path.canonicalize().is_ok_and(|path| path.starts_with(&self.config.workspace));
        let mut folders =
            names.iter().filter(|name| *name != "-").map(|name| self.path(name)).filter(|path| path.is_dir());
        match folders.find(|path| self.config.unfit.is_some() || !is_here(path)) {
            None => Ok(()),
            Some(folder) => {
                let folder = inline(&folder.display().to_string());
                let message =
                    format!("`{folder}` is no folder of the workspace, so that nothing beneath it is rewritten");
                Err(Fault::usage(message).help("name the files, or work in that workspace with `-C DIR`"))
            }
        }
    }

    /// Whether a file is one that is rewritten. A catalogue of the operator lies where the configuration says, and is read as nothing else.
    fn may_be_rewritten(&self, path: &Path, place: &Place) -> Result<(), Fault> {
        if self.is_own_catalogue(place) {
            return Ok(());
        }
        self.called(path, Some(place.clone()), EXTENSION)?;
        self.stays_within(path, place)?;
        self.is_in_reach(place.path()).map(drop)
    }

    /// Asks a person, where every plan is made with what the text says, or where a plan could not write the file with nobody's yes.
    fn may_say_more(&self, path: &Path, place: &Place, diff: &str) -> Result<(), Fault> {
        let shown = inline(&self.config.shown(path));
        let why = match (self.is_own_catalogue(place), place.path().strip_prefix(&self.config.workspace)) {
            (true, _) => "is a catalogue that every plan here is made with".to_owned(),
            (false, Err(_)) => return Ok(()),
            (false, Ok(within)) => {
                let within =
                    within.to_str().ok_or_else(|| Fault::usage(format!("`{shown}` has a name that is no text")))?;
                match self.is_loaded(within).or_else(|| self.waits(within)) {
                    Some(why) => why,
                    None => return Ok(()),
                }
            }
        };
        let nobody = format!("`{shown}` {why}, and nobody is here to agree: it is left as it is");
        let nothing = format!("`{shown}` is left as it is");
        agreed(&format!("\n{}\n`{shown}` {why}.\nRewrite it so?", visible(diff)))
            .map_err(|no| no.fault(&nobody, &nothing))
    }

    /// Whether a file is a catalogue that the configuration names.
    fn is_own_catalogue(&self, place: &Place) -> bool {
        let is_it = |path: &PathBuf| leads_to(path, place);
        self.config.catalogues.iter().any(is_it) && !self.config.given.iter().any(is_it)
    }
}
