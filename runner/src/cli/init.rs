//! `planc init`: a folder without a configuration ⟶ one, with the yes of a person, and a first plan. Never overwrites.

use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::terminal::{NoYes, agreed};
use crate::config::{CONFIG_NAME, Places, TEMPLATE, above, unfit};
use crate::render::text::inline;
use crate::writing::{Folder, USUAL_MODE};
use std::path::PathBuf;

/// The name of the first plan.
pub const FIRST_PLAN: &str = "hello.pl";

/// A first plan, which needs nothing but an empty folder.
pub const FIRST_PLAN_TEXT: &str = r#"plan "Say hello" {
  rationale "A first plan: one small file, which planc can take back."

  critical {
    create "hello.txt"  "the greeting"
  }

  step greeting = fs.write(path: "hello.txt", text: "Hello from planc.\n") {
    because "A greeting is the smallest useful file."
  }

  verify "the greeting is there" {
    fs.stat(path: "hello.txt").kind == "file"
  }
}
"#;

/// Arguments of `planc init`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder; it is made where it is missing
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let folder = args.folder.as_ref().map_or_else(|| session.current.clone(), |folder| session.path(folder));
    let cannot = |what: &str, error| {
        Fault::usage(format!("cannot {what} `{}`: {error}", inline(&folder.to_string_lossy())))
            .help("name a folder of a project: `planc init DIR`")
    };
    // What is asked about is what is open, whatever its name leads to afterwards.
    let led = Folder::of(&folder).map_err(|error| cannot("open the folder", error))?;
    let config = led.file(CONFIG_NAME);
    let is_there = config.kind().map_err(|error| cannot("look into", error))?.is_some();
    if is_there {
        return told(session, &[], &[CONFIG_NAME]);
    }
    let shown = inline(&led.path().to_string_lossy());
    if let Some(why) = unfit(led.path(), false, &Places::of_process()?) {
        return Err(Fault::usage(format!("`{shown}` cannot be a workspace: {why}"))
            .help("name the folder of a project: `planc init DIR`"));
    }
    if let Some(outer) = above(led.path()) {
        return Err(Fault::usage(format!("`{shown}` lies in the workspace of `{}`", inline(&outer.to_string_lossy())))
            .help("the operator writes a `planc.toml` there, and lists the folder in `[workspace] nested` of the outer one"));
    }
    let question =
        format!("Write `{CONFIG_NAME}` into `{shown}`? Where one is, what planc can undo needs nobody's yes.");
    let unsaid = "where a `planc.toml` is, what planc can undo needs nobody's yes: only a person on a terminal lets planc write one";
    agreed(&question).map_err(|no| match no {
        NoYes::Nobody => Fault::new(Exit::Refused, unsaid)
            .help("where nobody is, as in CI, `planc.toml` is a file of the project that somebody has put there"),
        NoYes::Other => Fault::new(Exit::Refused, "that was not `yes`; nothing was written"),
        NoYes::Interrupted => no.fault("", "nothing was written"),
    })?;
    config.create(TEMPLATE.as_bytes(), USUAL_MODE).map_err(|error| cannot("write `planc.toml` into", error))?;
    match led.file(FIRST_PLAN).create(FIRST_PLAN_TEXT.as_bytes(), USUAL_MODE) {
        Ok(()) => told(session, &[CONFIG_NAME, FIRST_PLAN], &[]),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => told(session, &[CONFIG_NAME], &[FIRST_PLAN]),
        Err(error) => Err(cannot("write a first plan into", error)),
    }
}

fn told(session: &Session, written: &[&str], kept: &[&str]) -> Result<Exit, Fault> {
    if session.out.is_json() {
        session.out.json(&serde_json::json!({ "written": written, "kept": kept }))?;
        return Ok(Exit::Success);
    }
    let mut text = String::new();
    written.iter().for_each(|name| text.push_str(&format!("wrote {name}\n")));
    kept.iter().for_each(|name| text.push_str(&format!("kept {name}, which is there already\n")));
    text.push_str(&match written {
        [] => "nothing was written\n".to_owned(),
        _ => format!("\n`planc plan {FIRST_PLAN}` shows what the plan would do.\n"),
    });
    session.out.show(&text)?;
    Ok(Exit::Success)
}
