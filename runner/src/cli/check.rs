//! `planc check`: files, folders or standard input ⟶ every mistake in all of them; with `--fix`, after the repair of those
//! whose repair is sure.

use super::exit::Exit;
use super::fault::Fault;
use super::repair::{self, Done, Mode, Repaired};
use super::session::{Session, count_errors};
use super::texts::{self, Base, Text};
use crate::render::text::{Tone, count, inline};
use planc_lang::compile::check_source;
use planc_lang::diagnostic::{Diagnostic, DiagnosticJson, JSON_VERSION, Severity, to_json};
use planc_lang::source::Sources;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Arguments of `planc check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Without a name, all `*.pl` files of the workspace are checked. `-` is standard input.")]
pub struct Args {
    /// Files or folders with plans and catalogues
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    files: Vec<String>,
    /// Apply every edit that is sure, until none is left; `-` goes to standard output
    #[arg(long)]
    fix: bool,
    /// Show as a diff what `--fix` would change, and change nothing
    #[arg(long, visible_alias = "dry-run")]
    diff: bool,
}

impl Args {
    fn mode(&self) -> Mode {
        match (self.fix, self.diff) {
            (_, true) => Mode::Diff,
            (true, false) => Mode::Fix,
            (false, false) => Mode::Look,
        }
    }
}

/// What `planc check --format json` prints: `spec/schemas/diagnostics.schema.json`.
#[derive(Serialize)]
struct Report {
    version: u32,
    files: Vec<FileRow>,
    diagnostics: Vec<DiagnosticJson>,
    errors: usize,
    warnings: usize,
}

impl Default for Report {
    fn default() -> Report {
        Report { version: JSON_VERSION, files: Vec::new(), diagnostics: Vec::new(), errors: 0, warnings: 0 }
    }
}

/// A file and what came of it.
#[derive(Serialize)]
struct FileRow {
    file: String,
    errors: usize,
    warnings: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
    #[serde(flatten)]
    done: Done,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let mode = args.mode();
    if mode == Mode::Fix {
        session.may_be_walked(&args.files)?;
    }
    let names = names(session, &args.files)?;
    // What a repaired catalogue declares, the plans may use.
    let repaired = repair::catalogues(session, mode, &names)?;
    let base = session.base_instead(&repaired.iter().map(Repaired::instead).collect())?;
    if let Err(error) = session.config.check_given(&base.catalogue, &base.sources) {
        let head = session.out.err_tone(Tone::Careful, "warning:");
        session.out.note(&format!("{head} {}; no plan is made with it\n", inline(&error.message)));
    }
    let mut check = Check { session, mode, base, repaired, report: Report::default() };
    let of_catalogues = check.of_catalogues(&names);
    check.show(&of_catalogues, &check.base.sources.clone(), Place::Result)?;
    for (name, path) in names {
        let row = check.one(name, &path)?;
        check.report.files.push(row);
    }
    let report = check.report;
    let unreadable = report.files.iter().any(|row| row.unreadable.is_some());
    match session.out.is_json() {
        true => session.out.json(&report)?,
        false => summarise(session, mode, &report),
    }
    let found = match (unreadable, report.errors) {
        (true, _) => Exit::Usage,
        (false, 0) => Exit::Success,
        (false, _) => Exit::PlanErrors,
    };
    Ok(report.files.iter().filter_map(|row| row.done.left).fold(found, Exit::max))
}

/// What is to be checked: names as they are shown, and where they are.
fn names(session: &Session, files: &[String]) -> Result<Vec<(String, PathBuf)>, Fault> {
    if files.is_empty() {
        let found = texts::find(&session.config.workspace);
        if found.is_empty() {
            let folder = session.config.workspace.display();
            return Err(
                Fault::usage(format!("there is no `*.pl` file in `{folder}`")).help("`planc demo` shows an example")
            );
        }
        let found = found.into_iter();
        return Ok(found.map(|path| (session.config.shown(&path).into_owned(), path)).collect());
    }
    session.files(files)
}

/// What one call of the command works on.
struct Check<'s> {
    session: &'s Session,
    mode: Mode,
    base: Base,
    /// Catalogues of the workspace that were repaired before all else.
    repaired: Vec<Repaired>,
    report: Report,
}

/// Where diagnostics go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// They are the result.
    Result,
    /// The result is a text or a diff.
    Beside,
}

impl Check<'_> {
    /// What is wrong with the catalogues: mistakes, which every plan meets, and warnings of those that are checked here. Whoever
    /// checks a plan is not told each time what is still to be reviewed of a server.
    fn of_catalogues(&self, names: &[(String, PathBuf)]) -> Vec<Diagnostic> {
        let is_checked = |diagnostic: &Diagnostic| {
            let path = self.session.path(&self.base.sources.of(diagnostic.primary.span).name);
            names.iter().any(|(_, checked)| *checked == path)
        };
        let base = self.base.diagnostics.iter();
        base.filter(|diagnostic| diagnostic.severity() == Severity::Error || is_checked(diagnostic)).cloned().collect()
    }

    fn one(&mut self, name: String, path: &Path) -> Result<FileRow, Fault> {
        let file = texts::shown(&name).to_owned();
        let mut row = FileRow { file: file.clone(), errors: 0, warnings: 0, unreadable: None, done: Done::default() };
        // A catalogue of the workspace has been checked with the others.
        if self.session.is_catalogue(path) {
            let of = |d: &&Diagnostic| self.session.path(&self.base.sources.of(d.primary.span).name) == path;
            let own: Vec<Diagnostic> = self.base.diagnostics.iter().filter(of).cloned().collect();
            (row.errors, row.warnings) = (count_errors(&own), own.len() - count_errors(&own));
            if let Some(repaired) = self.repaired.iter().find(|repaired| repaired.path == path) {
                row.done = repaired.deliver(self.session, self.mode)?;
            }
            return Ok(row);
        }
        // Each file is compiled on its own, so that no file's mistakes change what another one means.
        let mut sources = self.base.sources.clone();
        let (text, origin) = self.mode.read(&name, path);
        let diagnostics = match text {
            Text::Read(text) if self.mode == Mode::Look => {
                let index = sources.add(file, text);
                check_source(&sources, index, &self.base.catalogue)
            }
            Text::Read(text) => {
                let repaired = Repaired::of(&name, path, (text, origin), &self.base);
                row.done = repaired.deliver(self.session, self.mode)?;
                sources = repaired.fixed.sources;
                repaired.fixed.diagnostics
            }
            Text::Unfit(code, why) => vec![texts::unfit_diagnostic(&mut sources, &file, code, &why)],
            Text::Unreadable(why) => {
                if !self.session.out.is_json() {
                    let head = self.session.out.err_tone(Tone::Bad, "error:");
                    self.session.out.note(&format!("{head} cannot read `{}`: {why}\n\n", inline(&file)));
                }
                row.unreadable = Some(why);
                Vec::new()
            }
        };
        row.errors = count_errors(&diagnostics);
        row.warnings = diagnostics.len() - row.errors;
        let beside = self.mode == Mode::Diff || (self.mode == Mode::Fix && name == "-");
        self.show(&diagnostics, &sources, if beside { Place::Beside } else { Place::Result })?;
        Ok(row)
    }

    fn show(&mut self, diagnostics: &[Diagnostic], sources: &Sources, place: Place) -> Result<(), Fault> {
        let out = self.session.out;
        let errors = count_errors(diagnostics);
        self.report.errors += errors;
        self.report.warnings += diagnostics.len() - errors;
        if out.is_json() {
            self.report.diagnostics.extend(diagnostics.iter().map(|diagnostic| to_json(diagnostic, sources)));
            return Ok(());
        }
        match place {
            Place::Result => out.show(&texts::draw(diagnostics, sources, Session::colour(out.paint))),
            Place::Beside => {
                out.note(&texts::draw(diagnostics, sources, Session::colour(out.err_paint())));
                Ok(())
            }
        }
    }
}

fn summarise(session: &Session, mode: Mode, report: &Report) {
    let written = report.files.iter().filter(|row| row.done.left.is_none());
    let edits: usize = written.clone().map(|row| row.done.fixed.len()).sum();
    if edits > 0 {
        let files = count(written.filter(|row| !row.done.fixed.is_empty()).count(), "file");
        let would = if mode == Mode::Diff { "would be applied" } else { "applied" };
        session.out.progress(&format!("{} {would} in {files}\n", count(edits, "edit")));
    }
    let unreadable = report.files.iter().filter(|row| row.unreadable.is_some()).count();
    let files = count(report.files.len() - unreadable, "file");
    let mut parts = Vec::new();
    if report.errors > 0 {
        parts.push(session.out.err_tone(Tone::Bad, &count(report.errors, "error")));
    }
    if report.warnings > 0 {
        parts.push(session.out.err_tone(Tone::Careful, &count(report.warnings, "warning")));
    }
    let found = match (parts.is_empty(), unreadable == report.files.len()) {
        (true, true) => "nothing was checked".to_owned(),
        (true, false) => format!("{} in {files}", session.out.err_tone(Tone::Good, "no mistakes")),
        (false, _) => format!("{} in {files}", parts.join(" and ")),
    };
    let unread = if unreadable > 0 { format!("; {unreadable} could not be read") } else { String::new() };
    session.out.progress(&format!("{found}{unread}\n"));
}
