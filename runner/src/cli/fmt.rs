//! `planc fmt`: plans and catalogues ⟶ the same in their one form, rewritten atomically.

use super::exit::Exit;
use super::fault::Fault;
use super::session::{Session, count_errors};
use super::texts::{self, Text};
use crate::render::text::{count, inline};
use planc_lang::diagnostic::Diagnostics;
use planc_lang::format::format;
use planc_lang::parser::parse;
use planc_lang::source::Sources;

/// Arguments of `planc fmt`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files; `-` reads standard input and writes standard output
    #[arg(value_name = "FILE", required = true, value_hint = clap::ValueHint::FilePath)]
    files: Vec<String>,
    /// Change nothing; list what would change and exit with 1
    #[arg(long)]
    check: bool,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let (mut changed, mut exit) = (Vec::new(), Exit::Success);
    for name in &args.files {
        match format_one(session, name, args.check) {
            Ok(true) => changed.push(texts::shown(name).to_owned()),
            Ok(false) => {}
            // One file's mistakes do not keep the others from their form.
            Err(fault) if args.files.len() > 1 && !session.out.is_json() => {
                session.out.say(&fault);
                exit = exit.max(fault.exit);
            }
            Err(fault) => return Err(fault),
        }
    }
    if session.out.is_json() {
        session.out.json(&serde_json::json!({ "changed": changed, "written": !args.check }))?;
    } else if args.check {
        session.out.print(&changed.iter().map(|name| format!("{}\n", inline(name))).collect::<String>())?;
    } else if args.files != ["-"] {
        session.out.progress(&format!("{} rewritten\n", count(changed.len(), "file")));
    }
    Ok(if args.check && !changed.is_empty() { exit.max(Exit::PlanErrors) } else { exit })
}

/// Formats one file; whether that changes it.
fn format_one(session: &Session, name: &str, check: bool) -> Result<bool, Fault> {
    let path = session.path(name);
    let mut sources = Sources::default();
    let colour = Session::colour(session.out.err_paint());
    let shown = texts::shown(name);
    let text = match texts::read(name, &path) {
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
    match (name, check) {
        ("-", false) => session.out.print(&formatted)?,
        (_, false) if formatted != text => texts::rewrite(&path, &formatted)?,
        (_, _) => {}
    }
    Ok(formatted != text)
}
