//! Texts with mistakes ⟶ the same texts after every sure edit: rewritten, written to standard output, or shown as a diff.

use super::exit::Exit;
use super::fault::Fault;
use super::rewrite::Says;
use super::session::Session;
use super::texts::{self, Base, Origin, Text};
use crate::render::text::inline;
use planc_lang::codes::{Code, Severity};
use planc_lang::compile::{add_builtin, load_catalogue};
use planc_lang::diagnostic::{Diagnostics, visible};
use planc_lang::fix::{Applied, Fixed, fix};
use planc_lang::parser::parse;
use planc_lang::source::{Sources, Span};
use planc_lang::syntax::TopItem;
use serde::Serialize;
use similar::TextDiff;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the search for the shortest diff may take before a longer one will do.
const DIFF_PATIENCE: Duration = Duration::from_secs(2);

/// What is done about mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They are told.
    Look,
    /// Those whose repair is sure are repaired, the others told.
    Fix,
    /// It is shown what would be repaired.
    Diff,
}

impl Mode {
    /// Reads a file, or standard input for `-`.
    pub fn read(self, name: &str, path: &Path) -> (Text, Option<Origin>) {
        match self {
            Mode::Look | Mode::Diff => (texts::read(name, path), None),
            Mode::Fix => texts::read_to_rewrite(name, path),
        }
    }
}

/// What was done about a file, as the JSON form shows it.
#[derive(Debug, Default, Serialize)]
pub struct Done {
    /// The edits, in the order in which they were applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<AppliedRow>,
    /// What they change, where nothing is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// The repaired text of standard input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What the command ends with where a file is left as it is.
    #[serde(skip)]
    pub left: Option<Exit>,
}

/// An edit that was applied.
#[derive(Debug, Serialize)]
pub struct AppliedRow {
    code: Code,
    line: usize,
    title: String,
}

/// A text before and after.
#[derive(Debug)]
pub struct Repaired {
    /// What the command line calls it.
    name: String,
    /// Where it is.
    pub path: PathBuf,
    /// The file that may be rewritten.
    origin: Option<Origin>,
    before: String,
    /// What came of it.
    pub fixed: Fixed,
}

/// Repairs those of the files that are catalogues of the workspace: each by itself, beside the built-in one.
pub fn catalogues(session: &Session, mode: Mode, names: &[(String, PathBuf)]) -> Result<Vec<Repaired>, Fault> {
    if mode == Mode::Look {
        return Ok(Vec::new());
    }
    let mut sources = Sources::default();
    let builtin = add_builtin(&mut sources);
    let (catalogue, diagnostics) = load_catalogue(&sources, &[builtin]);
    let base = Base { sources, catalogue, diagnostics };
    let catalogues = names.iter().filter(|(_, path)| session.is_catalogue(path));
    Ok(catalogues
        .filter_map(|(name, path)| match mode.read(name, path) {
            (Text::Read(text), origin) => Some(Repaired::of(name, path, (text, origin), &base)),
            // Reading it again with the others tells why.
            (Text::Unfit(..) | Text::Unreadable(_), _) => None,
        })
        .collect())
}

impl Repaired {
    /// Applies every sure edit.
    pub fn of(name: &str, path: &Path, (text, origin): (String, Option<Origin>), base: &Base) -> Repaired {
        let fixed = fix(&base.sources, texts::shown(name), &text, &base.catalogue);
        Repaired { name: name.to_owned(), path: path.to_owned(), origin, before: text, fixed }
    }

    /// The text that stands in place of the file's from here on.
    pub fn instead(&self) -> (PathBuf, String) {
        (self.path.canonicalize().unwrap_or_else(|_| self.path.clone()), self.fixed.text().to_owned())
    }

    /// Writes the text where it belongs, or shows it, and says what was done.
    pub fn deliver(&self, session: &Session, mode: Mode) -> Result<Done, Fault> {
        let out = session.out;
        let mut done = Done { fixed: self.fixed.applied.iter().map(AppliedRow::of).collect(), ..Done::default() };
        let changed = self.fixed.text() != self.before;
        let mut mode = mode;
        if let Some(origin) = self.origin.as_ref().filter(|_| changed) {
            // What is not written is shown.
            if let Err(fault) = self.rewrite(session, origin) {
                out.complain(&fault);
                (mode, done.left) = (Mode::Diff, Some(fault.exit));
            }
        }
        match (mode, self.name.as_str()) {
            (Mode::Look, _) => {}
            (Mode::Diff, _) if changed && out.is_json() => done.diff = Some(self.diff()),
            (Mode::Diff, _) if changed => out.show(&visible(&self.diff()))?,
            (Mode::Fix, "-") if out.is_json() => done.text = Some(self.fixed.text().to_owned()),
            (Mode::Fix, "-") => out.print(self.fixed.text())?,
            (Mode::Diff | Mode::Fix, _) => {}
        }
        for Applied { code, line, title } in &self.fixed.applied {
            let name = inline(texts::shown(&self.name));
            out.progress(&format!("{name}:{line}: {} ({code})\n", inline(title)));
        }
        Ok(done)
    }

    /// Writes the text where it belongs, if it is a plan or a catalogue and nothing else.
    fn rewrite(&self, session: &Session, origin: &Origin) -> Result<(), Fault> {
        match self.is_ours() {
            true => session.rewrite(&self.path, origin, self.fixed.text(), Says::More(&self.diff())),
            false => {
                let message =
                    format!("`{}` is left as it is: it would be no plan and no catalogue", inline(&self.name));
                Err(Fault::new(Exit::PlanErrors, message))
            }
        }
    }

    /// Whether the parser finds plans, catalogues and types, and nothing beside them: what it does not read lies in one of these.
    fn is_ours(&self) -> bool {
        let Fixed { sources, index, diagnostics, .. } = &self.fixed;
        let file = parse(sources, *index, &Diagnostics::default());
        let spans = file.items.iter().map(|item| match item {
            TopItem::Plan(plan) => plan.span,
            TopItem::Catalogue(catalogue) => catalogue.span,
            TopItem::Type(ty) => ty.span,
        });
        let is_within = |at: Span| spans.clone().any(|span| span.start <= at.start && at.end <= span.end);
        let mut unread = diagnostics.iter().filter(|d| d.severity() == Severity::Error && d.code.is_syntax());
        !file.items.is_empty() && unread.all(|unread| is_within(unread.primary.span))
    }

    /// The change as a unified diff.
    fn diff(&self) -> String {
        let name = texts::shown(&self.name);
        let diff = TextDiff::configure().timeout(DIFF_PATIENCE).diff_lines(self.before.as_str(), self.fixed.text());
        diff.unified_diff().header(&format!("a/{name}"), &format!("b/{name}")).to_string()
    }
}

impl AppliedRow {
    fn of(applied: &Applied) -> AppliedRow {
        AppliedRow { code: applied.code, line: applied.line, title: applied.title.clone() }
    }
}
