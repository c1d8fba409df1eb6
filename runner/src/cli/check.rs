//! `planc check`: files, folders or standard input ⟶ every mistake in all of them.

use super::exit::Exit;
use super::fault::Fault;
use super::session::{Session, count_errors};
use super::texts::{self, Base, Text};
use crate::render::text::{Tone, count, inline};
use planc_lang::compile::check_source;
use planc_lang::diagnostic::{Diagnostic, DiagnosticJson, to_json};
use planc_lang::source::Sources;
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `planc check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Without a name, all `*.pl` files of the workspace are checked. `-` is standard input.")]
pub struct Args {
    /// Files or folders with plans and catalogues
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    files: Vec<String>,
}

/// What `planc check --format json` prints.
#[derive(Serialize)]
struct Report {
    files: Vec<FileRow>,
    diagnostics: Vec<DiagnosticJson>,
    errors: usize,
    warnings: usize,
}

/// A file and what came of it.
#[derive(Serialize)]
struct FileRow {
    file: String,
    errors: usize,
    warnings: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let names = names(session, &args.files)?;
    let base = session.base()?;
    let mut report = Report { files: Vec::new(), diagnostics: Vec::new(), errors: 0, warnings: 0 };
    show(session, &mut report, &base.diagnostics, &base.sources)?;
    for (name, path) in names {
        let row = check_one(session, &mut report, &base, name, &path)?;
        report.files.push(row);
    }
    let unreadable = report.files.iter().any(|row| row.unreadable.is_some());
    match session.out.is_json() {
        true => session.out.json(&report)?,
        false => summarise(session, &report),
    }
    Ok(match (unreadable, report.errors) {
        (true, _) => Exit::Usage,
        (false, 0) => Exit::Success,
        (false, _) => Exit::PlanErrors,
    })
}

/// What is to be checked: names as they are shown, and where they are.
fn names(session: &Session, files: &[String]) -> Result<Vec<(String, PathBuf)>, Fault> {
    if files.is_empty() {
        let found = texts::find(&session.config.workspace);
        if found.is_empty() {
            let folder = session.config.workspace.display();
            return Err(Fault::usage(format!("there is no `*.pl` file in `{folder}`"))
                .help("`planc init` writes a first plan, `planc demo` shows an example"));
        }
        let found = found.into_iter();
        return Ok(found.map(|path| (session.config.shown(&path).into_owned(), path)).collect());
    }
    let mut names = Vec::new();
    for name in files {
        let path = session.path(name);
        match name != "-" && path.is_dir() {
            false => names.push((name.clone(), path)),
            true => {
                let found = texts::find(&path);
                if found.is_empty() {
                    return Err(Fault::usage(format!("there is no `*.pl` file in `{name}`")));
                }
                let within = |found: PathBuf| match found.strip_prefix(&path) {
                    Ok(rest) => (PathBuf::from(name).join(rest).display().to_string(), found),
                    Err(_) => (found.display().to_string(), found),
                };
                names.extend(found.into_iter().map(within));
            }
        }
    }
    Ok(names)
}

fn check_one(
    session: &Session,
    report: &mut Report,
    base: &Base,
    name: String,
    path: &std::path::Path,
) -> Result<FileRow, Fault> {
    let file = texts::shown(&name).to_owned();
    let mut row = FileRow { file: file.clone(), errors: 0, warnings: 0, unreadable: None };
    // A catalogue of the workspace has been checked with the others.
    let known = path.canonicalize().ok();
    if known.is_some() && session.config.catalogues.iter().any(|catalogue| catalogue.canonicalize().ok() == known) {
        let own = base.diagnostics.iter().filter(|d| session.path(&base.sources.of(d.primary.span).name) == path);
        let own: Vec<Diagnostic> = own.cloned().collect();
        (row.errors, row.warnings) = (count_errors(&own), own.len() - count_errors(&own));
        return Ok(row);
    }
    // Each file is compiled on its own, so that no file's mistakes change what another one means.
    let mut sources = base.sources.clone();
    let diagnostics = match texts::read(&name, path) {
        Text::Read(text) => {
            let index = sources.add(file, text);
            check_source(&sources, index, &base.catalogue)
        }
        Text::Unfit(code, why) => vec![texts::unfit_diagnostic(&mut sources, &file, code, &why)],
        Text::Unreadable(why) => {
            if !session.out.is_json() {
                let head = session.out.err_tone(Tone::Bad, "error:");
                session.out.note(&format!("{head} cannot read `{}`: {why}\n\n", inline(&file)));
            }
            row.unreadable = Some(why);
            Vec::new()
        }
    };
    row.errors = count_errors(&diagnostics);
    row.warnings = diagnostics.len() - row.errors;
    show(session, report, &diagnostics, &sources)?;
    Ok(row)
}

fn show(session: &Session, report: &mut Report, diagnostics: &[Diagnostic], sources: &Sources) -> Result<(), Fault> {
    let errors = count_errors(diagnostics);
    report.errors += errors;
    report.warnings += diagnostics.len() - errors;
    match session.out.is_json() {
        true => report.diagnostics.extend(diagnostics.iter().map(|diagnostic| to_json(diagnostic, sources))),
        false => session.out.print(&texts::draw(diagnostics, sources, Session::colour(session.out.paint)))?,
    }
    Ok(())
}

fn summarise(session: &Session, report: &Report) {
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
