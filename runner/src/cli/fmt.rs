//! `planc fmt`: plans and catalogues ⟶ the same in their one form, rewritten atomically.

use super::exit::Exit;
use super::fault::Fault;
use super::rewrite::Says;
use super::session::{Session, count_errors};
use super::texts::{self, Text};
use crate::render::text::{count, inline};
use planc_lang::diagnostic::Diagnostics;
use planc_lang::format::format;
use planc_lang::parser::parse;
use planc_lang::source::Sources;
use serde_json::json;
use std::path::Path;

/// Arguments of `planc fmt`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files and folders; `-` reads standard input and writes standard output
    #[arg(value_name = "FILE", required = true, value_hint = clap::ValueHint::FilePath)]
    files: Vec<String>,
    /// Change nothing; list what would change and exit with 1
    #[arg(long)]
    check: bool,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    if args.files.iter().filter(|name| *name == "-").count() > 1 {
        return Err(Fault::usage("standard input can be named only once"));
    }
    if !args.check {
        session.may_be_walked(&args.files)?;
    }
    let files = session.files(&args.files)?;
    let (mut changed, mut faults) = (Vec::new(), Vec::new());
    for (name, path) in &files {
        match format_one(session, name, path, args.check) {
            Ok(true) => changed.push(texts::shown(name).to_owned()),
            Ok(false) => {}
            Err(fault) if files.len() == 1 => return Err(fault),
            // One file's mistakes do not keep the others from their form.
            Err(fault) => faults.push((texts::shown(name), fault)),
        }
    }
    let failed = faults.iter().map(|(_, fault)| fault.exit).max().unwrap_or(Exit::Success);
    tell(session, args, &changed, &faults)?;
    Ok(if args.check && !changed.is_empty() { failed.max(Exit::PlanErrors) } else { failed })
}

/// Says what was changed or would be, and what was left as it is.
fn tell(session: &Session, args: &Args, changed: &[String], faults: &[(&str, Fault)]) -> Result<(), Fault> {
    if session.out.is_json() {
        let left = faults.iter().map(|(file, fault)| json!({ "file": file, "error": session.out.error(fault) }));
        let left: Vec<_> = left.collect();
        return session.out.json(&json!({ "changed": changed, "written": !args.check, "left": left }));
    }
    faults.iter().for_each(|(_, fault)| session.out.say(fault));
    if args.check {
        return session.out.show(&changed.iter().map(|name| format!("{}\n", inline(name))).collect::<String>());
    }
    if args.files != ["-"] {
        session.out.progress(&format!("{} rewritten\n", count(changed.len(), "file")));
    }
    Ok(())
}

/// Formats one file; whether that changes it.
fn format_one(session: &Session, name: &str, path: &Path, check: bool) -> Result<bool, Fault> {
    let mut sources = Sources::default();
    let colour = Session::colour(session.out.err_paint());
    let shown = texts::shown(name);
    let shown_instead = |fault: Fault| fault.help("`planc fmt -` writes the form of what it reads to standard output");
    let (text, origin) = match check {
        true => (texts::read(name, path), None),
        false => texts::read_to_rewrite(name, path),
    };
    let text = match text {
        Text::Read(text) => text,
        Text::Unreadable(why) => return Err(session.no_file(name, &why)),
        Text::Unfit(code, why) => {
            let diagnostic = texts::unfit_diagnostic(&mut sources, shown, code, &why);
            return Err(texts::fault(format!("`{shown}` is left as it is"), &[diagnostic], &sources, colour));
        }
    };
    let index = sources.add(shown, text.as_str());
    let report = Diagnostics::default();
    let file = parse(&sources, index, &report);
    let mistakes = report.into_sorted();
    if count_errors(&mistakes) > 0 {
        return Err(texts::fault(format!("`{shown}` is left as it is"), &mistakes, &sources, colour));
    }
    let formatted = format(&sources, index, &file);
    match (check, &origin) {
        (false, None) => session.out.print(&formatted)?,
        (false, Some(origin)) if formatted != text => {
            session.rewrite(path, origin, &formatted, Says::Same).map_err(shown_instead)?;
        }
        (_, _) => {}
    }
    Ok(formatted != text)
}
