//! A plan or a catalogue whose text has another form now ⟶ the file that held it, rewritten where that may be.
//!
//! Whoever calls planc chooses the file. So it is one that is called as a plan is, in this workspace or in none, and what another form
//! would make of a text that is none, a script or a list of keys, nobody finds out.

use super::fault::Fault;
use super::session::Session;
use super::terminal::agreed;
use super::texts::EXTENSION;
use crate::render::text::inline;
use crate::writing::replace;
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
    pub fn rewrite(&self, path: &Path, text: &str, says: Says<'_>) -> Result<(), Fault> {
        let led = self.rewritten(path)?;
        if let Says::More(diff) = says {
            self.may_say_more(path, &led, diff)?;
        }
        replace(&led, text.as_bytes())
            .map_err(|error| Fault::usage(format!("cannot rewrite `{}`: {error}", path.display())))
    }

    /// Where the file lies that is rewritten. A catalogue of the operator lies where the configuration says, and is read as nothing else.
    fn rewritten(&self, path: &Path) -> Result<PathBuf, Fault> {
        let cannot = |error| Fault::usage(format!("cannot rewrite `{}`: {error}", path.display()));
        if self.is_own_catalogue(path) {
            return path.canonicalize().map_err(cannot);
        }
        let (_, led) = self.called(path, EXTENSION)?;
        let is_here = |path: &Path| path.starts_with(&self.config.workspace);
        let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
        self.stays_within(path)?;
        if folder.is_some_and(|folder| is_here(&folder)) && !is_here(&led) {
            let message = format!("`{}` is a link out of the workspace", inline(&self.config.shown(path)));
            return Err(Fault::usage(message).help("name the file that it leads to"));
        }
        self.is_in_reach(&led)?;
        Ok(led)
    }

    /// Asks a person, where every plan is made with what the text says, or where a plan could not write the file with nobody's yes.
    fn may_say_more(&self, path: &Path, led: &Path, diff: &str) -> Result<(), Fault> {
        let shown = inline(&self.config.shown(path));
        let why = match (self.is_own_catalogue(path), led.strip_prefix(&self.config.workspace)) {
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
    fn is_own_catalogue(&self, path: &Path) -> bool {
        let given =
            |path: &PathBuf| self.config.given.iter().any(|given| given.canonicalize().ok().as_ref() == Some(path));
        self.is_catalogue(path) && !path.canonicalize().is_ok_and(|path| given(&path))
    }
}
